#pragma once

#include <string_view>

#include "gateway/http/message.h"
#include "tenants/base/error.h"

namespace gateway::api {

/// How the /v1 routes answer errors: a real HTTP status and a problem document (RFC 9457) with our stable `code`, which is
/// repeated in `Tollgate-Error`, the request id, `Retry-After` and `resets_at` where a later try makes sense, the policy of a
/// quota that is used up, and WeChat's number and request id where WeChat refused; never WeChat's text. `now`: to count
/// the seconds from.
http::Response renderProblem(const tenants::Error& error, std::string_view request_id, tenants::UtcTime now);

/// The same form for a fault of ours that has no place among the errors: 500, `internal_error`.
http::Response renderProblemFault(std::string_view request_id);

}  // namespace gateway::api
