#pragma once

#include <string_view>

#include "gateway/http/message.h"
#include "tenants/base/result.h"

namespace gateway::api {

/// WeChat's number for one of our codes on the drop-in routes. Source: the error table of the public contract.
/// A refused upstream token is never 40001 here: stock clients answer that with calls of their own.
int dropInErrcode(const tenants::Error& error);

/// HTTP 200 with `{"errcode":N,"errmsg":"…. rid: <request id>"}`, `Tollgate-Error`, and `Retry-After` where a later try
/// makes sense. `now`: to count the seconds from.
http::Response renderDropInError(const tenants::Error& error, std::string_view request_id, tenants::UtcTime now);

/// The same with another number, for routes on which WeChat counts otherwise.
http::Response renderDropInError(int errcode, const tenants::Error& error, std::string_view request_id,
                                 tenants::UtcTime now);

/// The same form for a fault of ours that has no place in the table: errcode -1, `internal_error`.
http::Response renderDropInFault(std::string_view request_id);

}  // namespace gateway::api
