#include "gateway/admin/admin_guard.h"

#include <string_view>
#include <utility>

#include "gateway/admin/problem.h"
#include "gateway/http/bearer.h"

namespace gateway::admin {

std::optional<http::Response> AdminGuard::check(const http::RequestHead& head) const {
    const std::string_view text = http::bearerToken(head);
    const auto lookup = tenants::credentialLookup(tenants::CredentialKind::kAdminToken, text);
    const auto token = lookup ? store_.findAdminToken(*lookup) : nullptr;
    if (token && !token->revoked_at && hasher_.matches(text, token->hash)) return std::nullopt;
    auto response =
        problem(401, "credential_invalid", "an admin token is needed: Authorization: Bearer tga_…", head.request_id);
    response.headers.set("WWW-Authenticate", "Bearer");
    return response;
}

void AdminGuard::addRoute(http::Router& router, std::string method, std::string pattern, http::Handler handler) const {
    router.add({.method = std::move(method),
                .pattern = std::move(pattern),
                .handler = std::move(handler),
                .admit = [this](const http::RequestHead& head) { return check(head); }});
}

}  // namespace gateway::admin
