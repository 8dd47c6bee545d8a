#include "gateway/api/merchant_statements.h"

#include <string>
#include <utility>

#include "gateway/api/problem_error.h"
#include "tenants/base/json_text.h"
#include "tenants/billing/statement_text.h"

namespace gateway::api {
namespace {

using tenants::Error;
using tenants::ErrorCode;
using tenants::Period;

constexpr std::size_t kStatementsMax = 120;  // ten years, newest first

}  // namespace

void MerchantStatements::addRoutes(http::Router& router) {
    guard_.addRead(router, "/v1/statements",
                   [this](http::Request, tenants::Caller caller) { return list(std::move(caller)); });
    guard_.addRead(router, "/v1/statements/{period}", [this](http::Request request, tenants::Caller caller) {
        return show(std::move(request), std::move(caller));
    });
}

tenants::Task<http::Response> MerchantStatements::list(tenants::Caller caller) {
    const auto found =
        co_await workers_.run([&] { return statements_.list(caller.merchant, std::nullopt, kStatementsMax); });
    std::string body;
    tenants::JsonObject object{body};
    tenants::appendJsonArray(object.begin("statements"), found,
                             [](std::string& out, const auto& one) { out += tenants::signedText(one); });
    object.end();
    co_return ownJson(std::move(body));
}

tenants::Task<http::Response> MerchantStatements::show(http::Request request, tenants::Caller caller) {
    const auto period = Period::parse(request.head.pathParameter("period"));
    if (!period) {
        const Error error{ErrorCode::kInvalidInput, "The period is a month such as 2026-11."};
        co_return renderProblem(error, request.head.request_id, clock_.now());
    }
    const auto found = co_await workers_.run([&] { return statements_.find(caller.merchant, *period); });
    if (!found) {
        const Error error{ErrorCode::kNotFound, "There is no statement of " + period->text() + "."};
        co_return renderProblem(error, request.head.request_id, clock_.now());
    }
    co_return ownJson(tenants::signedText(*found));
}

}  // namespace gateway::api
