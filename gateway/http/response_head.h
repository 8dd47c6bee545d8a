#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/http/message.h"
#include "tenants/base/clock.h"

namespace gateway::http {

/// The Date header's form of a time, "Sun, 06 Nov 1994 08:49:37 GMT", made once a second. One thread.
/// Source: RFC 9110 §5.6.7.
class HttpDate {
public:
    std::string_view at(tenants::UtcTime time);

private:
    std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
    std::string text_;
};

/// What the server says in an answer's head, whatever the handler set.
struct ResponseFraming {
    std::string_view date;
    std::string_view request_id;
    bool keep_alive = true;
    int minor_version = 1;  // of the request
};

/// True of answers that never have a body, whoever asked: 204 and 304.
bool isBodiless(int status);

/// Renders status line and fields with the empty line behind them. Throws std::logic_error for a status outside 200–599.
std::string renderResponseHead(const Response& response, const ResponseFraming& framing);

}  // namespace gateway::http
