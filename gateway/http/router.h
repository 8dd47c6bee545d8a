#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/http/message.h"
#include "tenants/base/task.h"

namespace gateway::http {

/// Why the edge itself ends a request that has a route.
enum class Refusal {
    kBodyTooLarge,   // 413: longer than the route allows, known from the length or while reading chunks
    kBodyTimeout,    // 408: too slow
    kBodyMalformed,  // 400: bad chunk grammar, or cut
    kHandlerFailed,  // 500: an exception left the handler; already logged with the request id
    kOverloaded,     // 503: the queue or the number in flight is full
};

using Handler = std::function<tenants::Task<Response>(Request)>;

/// One route. `pattern` is a raw path whose segments may hold a parameter: `/admin/v1/merchants/{merchant}/keys/{key}:revoke`.
/// A parameter matches one or more characters other than '/' and ':'. Of two patterns that fit a path, the one whose first
/// differing segment is literal wins. HEAD is served by the path's GET route where it has no route of its own and that one
/// only reads.
struct Route {
    std::string method;
    std::string pattern;
    Handler handler;
    std::optional<std::size_t> body_bytes_max = {};  // none: the listener's own
    bool only_reads = true;                          // false: a GET of it has effects, which a HEAD must not have
    /// Runs when the head is complete and before any of the body is read: an answer given here refuses early (the connection is closed
    /// after it unless there is no body). It may leave a ticket in the head. Must not block. Null: none. An exception is answered
    /// like one of the handler's.
    std::function<std::optional<Response>(RequestHead&)> admit = {};
    /// Renders the edge's own refusals in the route's form. Null: plain problem+json with the refusal's status.
    std::function<Response(const RequestHead&, Refusal)> refuse = {};
};

/// The edge's own form of `refusal`, for routes without one of their own.
Response plainRefusal(const RequestHead& head, Refusal refusal);

/// Finds the route of a request. Filled before serving begins; `match` is then safe from any thread.
class Router {
public:
    Router();
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    void add(Route route);  // throws std::logic_error on a pattern that is not well-formed or there already
    struct Match {
        const Route* route = nullptr;              // null: no such path, or not this method
        std::vector<std::string> allowed_methods;  // of the path, for 405; empty: 404
    };
    /// Fills `head.path_parameters`. Refuses (no match) paths with %2f, %5c, %00, "//", backslash or dot segments, encoded
    /// or not, and with a '%' that encodes nothing.
    Match match(RequestHead& head) const;

private:
    class Path;
    const Path* find(std::string_view raw_path) const;

    std::vector<std::unique_ptr<Path>> paths_;                              // those with parameters, most literal first
    std::unordered_map<std::string_view, std::unique_ptr<Path>> literals_;  // by whole path; the key lives in the Path
};

}  // namespace gateway::http
