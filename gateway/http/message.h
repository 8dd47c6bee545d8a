#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/http/body_bytes.h"
#include "tenants/base/task.h"

namespace gateway::http {

/// Header fields in order of arrival; names compare without case. What is not well-formed cannot get in, so that no
/// answer can be split in two: `add` and `set` throw std::logic_error on a name that is not a token and on a value with CR,
/// LF, NUL or another control byte.
class Headers {
public:
    void add(std::string name, std::string value);
    void set(std::string name, std::string value);  // replaces all of that name
    /// The first value of `name`, or null.
    const std::string* find(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }
    void reserve(std::size_t fields) { fields_.reserve(fields); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

struct Response;

/// What a route's `admit` set aside for a request that it let in; ends with the request, and before its answer is sent.
class RequestTicket {
public:
    RequestTicket() = default;
    virtual ~RequestTicket() = default;
    /// Whether the request may be worked on now. Where not, its connection asks again a little later, a second long at most, and
    /// reads nothing of the body meanwhile.
    virtual bool mayStart() { return true; }
    /// Whether the request's fate needs a look that may wait. Then `decide` is awaited, once and before `mayStart` and the body.
    virtual bool isUndecided() const { return false; }
    /// The refusal, or nothing to let the request in.
    virtual tenants::Task<std::optional<Response>> decide();
    RequestTicket(const RequestTicket&) = delete;
    RequestTicket& operator=(const RequestTicket&) = delete;
};

/// What is known of a request when its head has been read. Paths and queries are raw: percent-encoding is left alone.
struct RequestHead {
    std::string method;  // as sent; routes name the ones they take
    std::string path;    // raw, begins with '/', without the query
    std::string query;   // raw, without '?'; empty where there is none
    Headers headers;
    std::string request_id;    // the caller's X-Request-Id where it is well-formed, else ours (req_…)
    std::string peer_address;  // "127.0.0.1"
    bool tls = false;
    std::vector<std::pair<std::string, std::string>>
        path_parameters;                    // filled by the router: {merchant} → its raw segment
    std::shared_ptr<RequestTicket> ticket;  // null where the route's `admit` gave none

    /// The decoded value of a query parameter: the first of that name; '+' and %20 are spaces. Empty optional: not there, or broken encoding.
    std::optional<std::string> queryParameter(std::string_view name) const;
    std::string pathParameter(std::string_view name) const;  // empty where the route has none of that name
};

struct Request {
    RequestHead head;
    BodyBytes body;  // whole, de-chunked, in the buffer that it was read into; moved, never copied
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    bool close = false;  // close the connection after this answer
    /// How long the answer is held back: for refusals to clients that would come again as soon as they hear them.
    std::chrono::milliseconds held_back{0};
};

/// A response with a body of that type and its length. The server adds Date, Content-Length, Connection, X-Request-Id,
/// in place of any that a handler may have set.
Response textResponse(int status, std::string content_type, std::string body);

/// The phrase that belongs to a status, "Not Found"; empty for one that has none here.
std::string_view statusPhrase(int status);

/// The edge's own refusals: a problem document (RFC 9457) with `status`, its phrase as the title, `detail` in words for the
/// caller, a stable `code` that is repeated in the header Tollgate-Error, and the request id, which `instance` is made of.
/// None of the texts holds what JSON would escape.
Response problemResponse(int status, std::string_view code, std::string_view request_id, std::string_view detail);

}  // namespace gateway::http
