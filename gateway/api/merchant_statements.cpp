#include "gateway/api/merchant_statements.h"

#include <optional>
#include <string>
#include <utility>

#include "gateway/http/bearer.h"
#include "tenants/base/json_text.h"
#include "tenants/billing/statement_text.h"

namespace gateway::api {
namespace {

using tenants::Period;

constexpr std::size_t kStatementsMax = 120;  // ten years, newest first

http::Response refused(const http::Request& request, const tenants::Error& error) {
    auto response = http::problemResponse(401, tenants::stableCode(error.code), request.head.request_id);
    response.headers.set("WWW-Authenticate", "Bearer");
    return response;
}

}  // namespace

void MerchantStatements::addRoutes(http::Router& router) {
    router.add({.method = "GET", .pattern = "/v1/statements", .handler = [this](http::Request request) {
                    return list(std::move(request));
                }});
    router.add({.method = "GET", .pattern = "/v1/statements/{period}", .handler = [this](http::Request request) {
                    return show(std::move(request));
                }});
}

tenants::Task<http::Response> MerchantStatements::list(http::Request request) {
    const auto caller = authenticator_.authenticate(http::bearerToken(request.head));
    if (!caller) co_return refused(request, caller.error());
    const auto found =
        co_await workers_.run([&] { return statements_.list(caller->merchant, std::nullopt, kStatementsMax); });
    std::string body;
    tenants::JsonObject object{body};
    tenants::appendJsonArray(object.begin("statements"), found,
                             [](std::string& out, const auto& one) { out += tenants::signedText(one); });
    object.end();
    co_return http::textResponse(200, "application/json", std::move(body));
}

tenants::Task<http::Response> MerchantStatements::show(http::Request request) {
    const auto caller = authenticator_.authenticate(http::bearerToken(request.head));
    if (!caller) co_return refused(request, caller.error());
    const auto period = Period::parse(request.head.pathParameter("period"));
    if (!period) co_return http::problemResponse(400, "invalid_input", request.head.request_id);
    const auto found = co_await workers_.run([&] { return statements_.find(caller->merchant, *period); });
    if (!found) co_return http::problemResponse(404, "not_found", request.head.request_id);
    co_return http::textResponse(200, "application/json", tenants::signedText(*found));
}

}  // namespace gateway::api
