#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "tenants/base/clock.h"
#include "tenants/base/task.h"

namespace gateway::wechat {

/// One request to the upstream host. `target` is path and query in their wire form: it carries an access token and is
/// never logged (see redacted_url.h). The body parts are sent one after the other and borrowed until the call ends.
struct HttpsRequest {
    std::string method;
    std::string target;
    std::string content_type;  // empty: no such header
    std::span<const std::string_view> body_parts;
};

/// A whole answer: its length was exact, or its last chunk was seen.
struct HttpsAnswer {
    int status = 0;
    std::string content_type;
    std::string body;
};

/// Did any byte of the request reach the kernel? Only where none did can the peer not have acted on it.
enum class Sent { kNothing, kSomething };

/// No whole answer. `reason` is a stable short text for the log and holds nothing of the request.
struct HttpsFailure {
    Sent sent = Sent::kNothing;
    bool timed_out = false;
    std::string reason;
};

/// The upstream host as its clients see it: the seam between what is asked and how it travels.
class HttpsCaller {
public:
    virtual ~HttpsCaller() = default;

    /// Sends one request and ends by `deadline` whatever the peer does. Expected failures are values. The caller's
    /// executor runs the call and gets its result; implementations say which threads may call.
    virtual tenants::Task<std::variant<HttpsAnswer, HttpsFailure>> call(HttpsRequest request,
                                                                        tenants::SteadyTime deadline) = 0;
};

}  // namespace gateway::wechat
