#pragma once

#include <string>
#include <string_view>

#include "gateway/http/message.h"
#include "tenants/base/result.h"

namespace gateway::admin {

/// RFC 9457 problem details: `type` about:blank, `title`, `status`, `detail`, `instance`, and our `code` and `request_id`.
http::Response problem(int status, std::string_view code, std::string_view detail, std::string_view request_id);

/// The same for an expected outcome of the domain; its status as in
/// gateway/http/error_status.h. A refusal by WeChat adds
/// `upstream_code` and `upstream_request_id`, never WeChat's text.
http::Response problem(const tenants::Error& error, std::string_view request_id);

}  // namespace gateway::admin
