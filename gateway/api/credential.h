#pragma once

#include <string>
#include <utility>

#include "gateway/http/bearer.h"
#include "gateway/http/message.h"

namespace gateway::api {

/// What a merchant proves itself with: `access_token` in the query, or else a bearer token. Empty where there is neither.
inline std::string credentialOf(const http::RequestHead& head) {
    if (auto token = head.queryParameter("access_token"); token && !token->empty()) return *std::move(token);
    return std::string{http::bearerToken(head)};
}

}  // namespace gateway::api
