#pragma once

#include <memory>
#include <optional>

#include "gateway/net/descriptor.h"
#include "gateway/net/socket_address.h"
#include "gateway/net/watch.h"
#include "tenants/base/task.h"

namespace gateway::net {

/// A connection just accepted: non-blocking, closed on exec.
struct AcceptedSocket {
    Descriptor socket;
    SocketAddress peer;
};

/// A bound and listening TCP socket. Made on any thread; accepted from and closed on one loop's thread. Several with
/// the same address share its connections (SO_REUSEPORT): one a loop.
class ListeningSocket {
public:
    /// `address` with port 0 takes any free one. Throws std::system_error that names the address.
    explicit ListeningSocket(const SocketAddress& address, int backlog = 1024);
    ~ListeningSocket();
    ListeningSocket(ListeningSocket&&) noexcept;
    ListeningSocket& operator=(ListeningSocket&&) = delete;

    const SocketAddress& address() const noexcept { return address_; }  // with the port that it got
    std::uint16_t port() const noexcept { return address_.port(); }

    /// The next connection; empty once closed. Connections that are gone before they are taken are passed over; where
    /// descriptors or memory run out it tries again a little later, for as long as it takes. One coroutine at a time.
    tenants::Task<std::optional<AcceptedSocket>> accept();
    /// Takes no more connections and ends `accept`. On the loop's thread, or before the first `accept`.
    void close();

private:
    class Accept;

    Descriptor socket_;
    SocketAddress address_;
    std::unique_ptr<Watch> watch_;  // from the first `accept` on: then it is known which loop serves it
    bool closed_ = false;
};

}  // namespace gateway::net
