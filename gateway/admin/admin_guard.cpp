#include "gateway/admin/admin_guard.h"

#include <stdexcept>
#include <string_view>
#include <utility>

#include "gateway/admin/problem.h"
#include "gateway/http/bearer.h"

namespace gateway::admin {

/// The token that the request carries; null where there is none or its secret is another.
std::shared_ptr<const tenants::AdminToken> AdminGuard::tokenOf(const http::RequestHead& head) const {
    const std::string_view text = http::bearerToken(head);
    const auto lookup = tenants::credentialLookup(tenants::CredentialKind::kAdminToken, text);
    auto token = lookup ? store_.findAdminToken(*lookup) : nullptr;
    return token && hasher_.matches(text, token->hash) ? token : nullptr;
}

tenants::AuditNote AdminGuard::noteOf(const http::RequestHead& head, tenants::UtcTime now, std::string reason) const {
    const auto token = tokenOf(head);
    if (token == nullptr) throw std::logic_error("a request without a token passed the guard");
    tenants::AuditNote note;
    note.actor = token->id;
    note.reason = std::move(reason);
    note.request_id = head.request_id;
    note.at = now;
    return note;
}

std::optional<http::Response> AdminGuard::check(const http::RequestHead& head) const {
    const auto token = tokenOf(head);
    if (token && !token->revoked_at) return std::nullopt;
    auto response =
        problem(401, "credential_invalid", "an admin token is needed: Authorization: Bearer tga_…", head.request_id);
    response.headers.set("WWW-Authenticate", "Bearer");
    return response;
}

void AdminGuard::addRoute(http::Router& router, std::string method, std::string pattern, http::Handler handler,
                          http::QueryNames query) const {
    router.add({.method = std::move(method),
                .pattern = std::move(pattern),
                .handler = std::move(handler),
                .admit = [this, query = std::move(query)](const http::RequestHead& head) {
                    auto refused = check(head);
                    if (refused) return refused;
                    const auto fault = http::queryFault(head.query, query);
                    if (fault) refused = problem({tenants::ErrorCode::kInvalidInput, *fault}, head.request_id);
                    return refused;
                }});
}

}  // namespace gateway::admin
