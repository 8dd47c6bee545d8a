#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gateway/net/event_loop.h"
#include "gateway/net/resolver.h"
#include "gateway/net/stream.h"
#include "gateway/wechat/answer_reader.h"
#include "gateway/wechat/https_caller.h"
#include "tenants/base/clock.h"
#include "tenants/base/task.h"

namespace gateway::net {
class TlsContext;
}  // namespace gateway::net

namespace gateway::wechat {

/// HTTP/1.1 to one upstream host, over TLS only, on the loops that serve the merchants. Every call ends by an absolute
/// deadline, whatever the peer does; redirects are answers like any other; bodies are never chunked. A request is
/// repeated at most once, and only where not a byte of it was sent; repeats after failed connects are held to a tenth
/// of the calls. `call` runs on the thread of one of the given loops. Ends after the calls, and before the loops'
/// objects.
class HttpsClient final : public HttpsCaller {
public:
    struct Options {
        std::string host = {};  // resolved, and sent as Host; the TLS context pins it
        std::uint16_t port = 443;
        std::chrono::milliseconds connect_max{3000};  // look-up, connect and TLS together
        std::chrono::milliseconds call_max{8000};     // all of a call, however late the caller's deadline
        std::chrono::milliseconds idle_age_max{30'000};
        // Of each loop. As many as may be in flight: calls that end together and begin again would shake hands anew.
        std::size_t idle_connections_max = 512;
        std::size_t in_flight_max = 512;  // on all loops together
        AnswerLimits answer = {};
    };

    /// What the client counts, for metrics and tests.
    struct Counts {
        std::uint64_t calls = 0;
        std::uint64_t connections = 0;  // that stood, handshake included
        std::uint64_t reused = 0;       // calls that went out on a pooled connection
        std::uint64_t repeats = 0;
        std::uint64_t in_flight = 0;
    };

    HttpsClient(Options options, std::shared_ptr<const net::TlsContext> tls, net::Resolver& resolver,
                std::vector<net::EventLoop*> loops, const tenants::Clock& clock);
    ~HttpsClient() override;

    /// Throws std::invalid_argument for a method, target or content type that would not stay one line of the head, and
    /// std::system_error where the kernel refuses a socket its place on the loop.
    tenants::Task<std::variant<HttpsAnswer, HttpsFailure>> call(HttpsRequest request,
                                                                tenants::SteadyTime deadline) override;

    /// Closes the idle connections of every loop soon, and keeps none from now on. Any thread; for the shutdown.
    void closeIdleConnections();

    Counts counts() const;  // any thread; not one instant's picture

private:
    class Pool;
    class InFlight;
    class RetryBudget;
    struct Attempt;
    using Outcome = std::variant<HttpsAnswer, HttpsFailure>;
    using Connected = std::variant<net::Stream, Attempt>;

    std::string renderHead(const HttpsRequest& request) const;
    Pool& poolOfThisLoop() const;
    tenants::Task<Attempt> attempt(Pool& pool, std::span<const std::string_view> message, bool may_reuse,
                                   std::size_t connects_before, tenants::SteadyTime deadline);
    tenants::Task<Connected> connect(std::size_t connects_before, tenants::SteadyTime deadline);
    tenants::Task<Attempt> exchange(Pool& pool, net::Stream stream, bool reused,
                                    std::span<const std::string_view> message, tenants::SteadyTime deadline);

    const Options options_;
    const std::shared_ptr<const net::TlsContext> tls_;
    net::Resolver& resolver_;
    const tenants::Clock& clock_;
    std::vector<std::shared_ptr<Pool>> pools_;
    std::unique_ptr<RetryBudget> retry_budget_;
    std::atomic<std::uint64_t> calls_{0};
    std::atomic<std::uint64_t> connections_{0};
    std::atomic<std::uint64_t> reused_{0};
    std::atomic<std::uint64_t> repeats_{0};
    std::atomic<std::uint64_t> in_flight_{0};
};

}  // namespace gateway::wechat
