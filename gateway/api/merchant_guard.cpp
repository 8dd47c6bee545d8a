#include "gateway/api/merchant_guard.h"

#include <memory>
#include <optional>
#include <utility>

#include "gateway/api/credential.h"
#include "gateway/api/problem_error.h"

namespace gateway::api {
namespace {

struct Ticket final : http::RequestTicket {
    explicit Ticket(tenants::Caller caller_let_in) : caller(std::move(caller_let_in)) {}
    const tenants::Caller caller;
};

}  // namespace

void MerchantGuard::addRead(http::Router& router, std::string pattern, Handler handler, http::QueryNames query) const {
    query.emplace_back("access_token");
    router.add(
        {.method = "GET",
         .pattern = std::move(pattern),
         .handler =
             [handler = std::move(handler)](http::Request request) {
                 tenants::Caller caller = static_cast<const Ticket&>(*request.head.ticket).caller;
                 return handler(std::move(request), std::move(caller));
             },
         .body_bytes_max = 0,
         .admit = [this, query = std::move(query)](http::RequestHead& head) -> std::optional<http::Response> {
             auto caller = authenticator_.authenticate(credentialOf(head));
             if (!caller) return renderProblem(caller.error(), head.request_id, clock_.now());
             if (const auto fault = http::queryFault(head.query, query)) {
                 return renderProblem({tenants::ErrorCode::kInvalidInput, *fault}, head.request_id, clock_.now());
             }
             head.ticket = std::make_shared<Ticket>(*std::move(caller));
             return std::nullopt;
         }});
}

http::Response ownJson(std::string text) {
    auto response = http::textResponse(200, "application/json; charset=utf-8", std::move(text));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

}  // namespace gateway::api
