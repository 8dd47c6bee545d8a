#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "gateway/http/bearer.h"
#include "gateway/http/form.h"
#include "gateway/http/message.h"

namespace gateway::api {

/// What a merchant proves itself with: `access_token` in the query, or else a bearer token. Empty where there is neither,
/// kAmbiguousCredential where there are several `access_token`, several bearer tokens, or one of each that differ.
inline std::string credentialOf(const http::RequestHead& head) {
    const std::string_view bearer = http::bearerToken(head);
    auto token = head.queryParameter("access_token");
    if (!token || token->empty()) {
        return std::string{http::formCount(head.query, "access_token") > 1 ? http::kAmbiguousCredential : bearer};
    }
    const bool differs = !bearer.empty() && bearer != *token;
    if (differs || http::formCount(head.query, "access_token") > 1) return std::string{http::kAmbiguousCredential};
    return *std::move(token);
}

}  // namespace gateway::api
