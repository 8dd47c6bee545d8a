#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "gateway/net/event_loop.h"
#include "gateway/net/listening_socket.h"
#include "gateway/net/tls_context.h"
#include "sandbox/platform_connection.h"
#include "tenants/base/task.h"

namespace sandbox {

/// The platform's HTTPS listener on one event loop. A server of its own on the gateway's request reader, because it must be
/// able to misbehave: reset before the body was read, cut, drip and be silent as the fault script says, and answer HTTP 412
/// with an empty body to a chunked request. The gateway's server gives its handlers whole requests and takes whole answers;
/// hooks for all that would be a danger in the one place that must never do it.
class PlatformServer {
public:
    PlatformServer(gateway::net::EventLoop& loop, PlatformServices services) : loop_(loop), services_(services) {}
    /// Shuts down if that was not done.
    ~PlatformServer();
    PlatformServer(const PlatformServer&) = delete;
    PlatformServer& operator=(const PlatformServer&) = delete;

    /// Binds (port 0: any free one) and accepts once the loop runs; once. Returns the port. Throws std::system_error that
    /// names the address, std::invalid_argument if that is not a numeric one.
    std::uint16_t listen(const std::string& address, std::uint16_t port,
                         std::shared_ptr<const gateway::net::TlsContext> tls);
    /// Breaks off every connection and returns when all are gone; a picture that is being read is waited for. Not from the
    /// loop's thread, which must be running.
    void shutdown();

private:
    tenants::Task<void> acceptAll();
    tenants::Task<void> serve(gateway::net::AcceptedSocket accepted);
    tenants::Task<void> serveStream(gateway::net::Descriptor socket, std::string peer_address);
    void closeAll();
    void enter();
    void leave();

    gateway::net::EventLoop& loop_;
    const PlatformServices services_;
    std::shared_ptr<const gateway::net::TlsContext> tls_;
    bool listening_ = false;                               // the owner's thread only
    std::optional<gateway::net::ListeningSocket> socket_;  // the loop's thread only once it accepts
    std::set<int> open_sockets_;                           // the loop's thread only
    bool closing_ = false;                                 // the loop's thread only
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t running_ = 0;  // coroutines that are not over
};

}  // namespace sandbox
