#include "gateway/admin/statement_routes.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/admin/json.h"
#include "gateway/admin/problem.h"
#include "gateway/admin/statement_page.h"
#include "tenants/base/digest.h"
#include "tenants/base/json_text.h"
#include "tenants/billing/statement_text.h"

namespace gateway::admin {
namespace {

using tenants::Error;
using tenants::ErrorCode;
using tenants::MerchantId;
using tenants::Period;

constexpr std::string_view kPageSuffix = ".html";

http::Response refused(const http::Request& request, ErrorCode code, std::string text) {
    return problem(Error{code, std::move(text)}, request.head.request_id);
}

/// Empty where the path names no month.
std::optional<Period> periodOf(const http::Request& request) {
    return Period::parse(request.head.pathParameter("period"));
}

http::Response noSuchPeriod(const http::Request& request) {
    return refused(request, ErrorCode::kInvalidInput, "the period must be a month such as 2026-11");
}

http::Response statementJson(const tenants::SignedStatement& statement) {
    return http::textResponse(200, "application/json", tenants::signedText(statement) + "\n");
}

http::Response pageResponse(const tenants::SignedStatement& statement) {
    auto response = http::textResponse(200, "text/html; charset=utf-8", statementPage(statement));
    response.headers.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    response.headers.set("Cache-Control", "no-store");
    return response;
}

Poco::Dynamic::Var numberOrNull(const std::optional<std::int64_t>& number) {
    return number ? Poco::Dynamic::Var{*number} : Poco::Dynamic::Var{};
}

Poco::JSON::Object::Ptr closingJson(const ClosingView& view) {
    auto object = jsonObject();
    object->set("period", view.period.text());
    object->set("state", view.state);
    object->set("started_at", jsonTime(view.started_at));
    object->set("finished_at", jsonTime(view.finished_at));
    auto progress = jsonObject();
    progress->set("entries_read", numberOrNull(view.entries_read));
    progress->set("entries_total", numberOrNull(view.entries_total));
    progress->set("merchants_closed", numberOrNull(view.merchants_closed));
    progress->set("merchants_total", numberOrNull(view.merchants_total));
    object->set("progress", progress);
    Poco::JSON::Array earlier_open;
    for (const std::string& merchant : view.earlier_open) earlier_open.add(merchant);
    object->set("earlier_open", earlier_open);
    object->set("error", view.error.empty() ? Poco::Dynamic::Var{} : Poco::Dynamic::Var{view.error});
    return object;
}

}  // namespace

void StatementRoutes::addRoutes(http::Router& router) {
    const auto add = parts_.guard.routesOf(router, *this);
    add("GET", "/admin/v1/merchants/{merchant}/statements", &StatementRoutes::list, listQuery());
    add("GET", "/admin/v1/merchants/{merchant}/statements/{period}", &StatementRoutes::show);
    add("POST", "/admin/v1/merchants/{merchant}/statements/{period}:close", &StatementRoutes::close);
    add("POST", "/admin/v1/periods/{period}:close", &StatementRoutes::closeAll);
    add("GET", "/admin/v1/periods/{period}", &StatementRoutes::showClosing);
    add("GET", "/admin/v1/statement-key", &StatementRoutes::showKeys);
}

tenants::Task<http::Response> StatementRoutes::list(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    if (!parts_.merchants.find(merchant)) co_return refused(request, ErrorCode::kNotFound, "no such merchant");
    const std::string list = "statements of " + merchant.text();
    const auto page = parts_.pages.read(request.head, list);
    if (!page) co_return problem(page.error(), request.head.request_id);
    const std::optional<Period> before = Period::parse(page->after);
    const auto found =
        co_await parts_.workers.run([&] { return parts_.statements.list(merchant, before, page->size + 1); });
    std::string body;
    tenants::JsonObject object{body};
    const std::size_t shown = std::min(found.size(), page->size);
    const std::vector<tenants::SignedStatement> statements{found.begin(),
                                                           found.begin() + static_cast<std::ptrdiff_t>(shown)};
    tenants::appendJsonArray(
        object.begin("statements"), statements,
        [](std::string& out, const tenants::SignedStatement& one) { out += tenants::signedText(one); });
    const bool has_more = found.size() > page->size;
    object.add("next_page_token",
               has_more ? parts_.pages.token(list, statements.back().statement.period.text()) : std::string{});
    object.end();
    co_return http::textResponse(200, "application/json", body);
}

tenants::Task<http::Response> StatementRoutes::show(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    std::string name = request.head.pathParameter("period");
    const bool page = name.ends_with(kPageSuffix);
    if (page) name.resize(name.size() - kPageSuffix.size());
    const std::optional<Period> period = Period::parse(name);
    if (!period) co_return noSuchPeriod(request);
    const auto found = co_await parts_.workers.run([&] { return parts_.statements.find(merchant, *period); });
    if (!found) co_return refused(request, ErrorCode::kNotFound, "there is no statement of that period");
    co_return page ? pageResponse(*found) : statementJson(*found);
}

tenants::Task<http::Response> StatementRoutes::close(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    const std::optional<Period> period = periodOf(request);
    if (!period) co_return noSuchPeriod(request);
    const auto note = parts_.guard.noteOf(request.head, parts_.clock.now());
    const auto closed = co_await parts_.workers.run([&] { return parts_.closing.closeOne(merchant, *period, note); });
    if (!closed) co_return problem(closed.error(), request.head.request_id);
    parts_.log.info(
        "statement_closed",
        {{"request_id", request.head.request_id}, {"merchant", merchant.text()}, {"period", period->text()}});
    co_return statementJson(*closed);
}

tenants::Task<http::Response> StatementRoutes::closeAll(http::Request request) {
    const std::optional<Period> period = periodOf(request);
    if (!period) co_return noSuchPeriod(request);
    const auto note = parts_.guard.noteOf(request.head, parts_.clock.now());
    const auto begun = co_await parts_.workers.run([&] { return parts_.desk.begin(*period, note); });
    if (!begun) co_return problem(begun.error(), request.head.request_id);
    if (*begun == ClosingBegun::kDoneBefore) co_return co_await showClosing(std::move(request));
    parts_.log.info("period_closing_begun", {{"request_id", request.head.request_id}, {"period", period->text()}});
    auto response = co_await showClosing(std::move(request));
    response.status = 202;
    response.headers.set("Location", "/admin/v1/periods/" + period->text());
    co_return response;
}

tenants::Task<http::Response> StatementRoutes::showClosing(http::Request request) {
    const std::optional<Period> period = periodOf(request);
    if (!period) co_return noSuchPeriod(request);
    const auto view = co_await parts_.workers.run([&] { return parts_.desk.find(*period); });
    if (!view) co_return refused(request, ErrorCode::kNotFound, "nobody has closed that period for all merchants");
    co_return jsonResponse(200, closingJson(*view));
}

tenants::Task<http::Response> StatementRoutes::showKeys(http::Request /*request*/) {
    auto keys = co_await parts_.workers.run([&] { return parts_.statements.keys(); });
    const tenants::StatementPublicKey& active = parts_.signer.publicKey();
    if (std::find(keys.begin(), keys.end(), active) == keys.end()) keys.push_back(active);
    Poco::JSON::Array array;
    for (const tenants::StatementPublicKey& key : keys) {
        auto object = jsonObject();
        object->set("id", key.id);
        object->set("algorithm", "Ed25519");
        object->set("public_key", tenants::hexText(key.bytes));
        object->set("active", key == active);
        array.add(object);
    }
    auto object = jsonObject();
    object->set("keys", array);
    co_return jsonResponse(200, object);
}

}  // namespace gateway::admin
