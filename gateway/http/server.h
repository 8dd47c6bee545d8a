#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/http/router.h"

namespace gateway::net {
class EventLoop;
class TlsContext;
}  // namespace gateway::net

namespace gateway::http {

/// Limits and deadlines of one listener; the defaults are the documented ones (docs/limits.md). Bytes, steady clock.
struct Limits {
    std::size_t uri_bytes_max = 4096;                 // 414
    std::size_t head_bytes_max = 16 * 1024;           // 431
    std::size_t head_fields_max = 64;                 // 431
    std::size_t field_value_bytes_max = 4096;         // 431
    std::chrono::milliseconds head_deadline{5000};    // from its first byte → 408
    std::chrono::milliseconds idle_deadline{60'000};  // between requests
    std::chrono::milliseconds handshake_deadline{5000};
    std::size_t body_bytes_max = 64 * 1024;           // 413, where the route has no limit of its own
    std::chrono::milliseconds body_deadline{15'000};  // → 408
    std::size_t body_bytes_per_second_min = 20'000;   // after the grace → 408; 0: no such limit
    std::chrono::milliseconds body_grace{2000};       // a body may begin slowly: TCP does
    std::chrono::milliseconds send_deadline{10'000};
    std::size_t connections_max = 16'384;         // one more is closed as soon as it was accepted
    std::size_t connections_per_address_max = 0;  // the same for one client address; 0: no such limit
};

/// What the access log is told of one answered request. Never the query, a header or a body.
struct AccessRecord {
    // error_code: the Tollgate-Error header, if any. Method and pattern are empty where the request had none that counts.
    std::string method, route_pattern, request_id, peer_address, error_code;
    int status = 0;
    std::size_t body_bytes_in = 0, body_bytes_out = 0;
    std::chrono::microseconds duration{0};  // from the request's first byte until the answer was with the kernel
};

/// Serves HTTP/1.1 and 1.0, plain and TLS, on the given loops (one listening socket a loop, SO_REUSEPORT), strictly: what
/// net::RequestHeadParser and net::ChunkedDecoder refuse is answered with a problem document and the connection closed.
/// A connection is one coroutine; an idle one holds no buffer. Every request that reaches its handler is handled to its
/// end, whatever the client does; answers go out in the order of the requests.
class Server {
public:
    /// Neither may throw.
    struct Callbacks {
        std::function<void(const AccessRecord&)> on_answered;  // any loop's thread; must not block
        /// An exception that left a handler, `admit` or `refuse`; with an empty id: one that ended a connection.
        std::function<void(const std::string& request_id, std::exception_ptr)> on_failure;
    };
    /// `loops` and `router` outlive the server.
    Server(std::vector<net::EventLoop*> loops, const Router& router, Limits limits, Callbacks callbacks);
    /// Shuts down if that was not done, then waits until the last handler has ended. The loops must still run, and this
    /// must not be one of their threads.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds (port 0: any free one) and starts accepting once the loops run. Returns the port. Throws std::system_error naming the
    /// address, std::invalid_argument if that is not a numeric one.
    std::uint16_t listen(const std::string& address, std::uint16_t port,
                         std::shared_ptr<const net::TlsContext> tls = nullptr);

    /// Stops accepting, closes idle connections, ends requests that are still being sent after a second, lets those that
    /// have reached their handler finish until `deadline` from now, then aborts the rest: their sockets at once, while a
    /// handler that still runs is left to end by its own deadlines. Blocking; call from a thread that is not a loop's. True if
    /// every request that reached its handler was finished and answered.
    bool shutdown(std::chrono::milliseconds deadline);

private:
    class Shard;
    struct Shared;

    std::unique_ptr<Shared> shared_;
    std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace gateway::http
