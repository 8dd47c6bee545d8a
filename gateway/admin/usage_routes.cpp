#include "gateway/admin/usage_routes.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gateway/admin/json.h"
#include "gateway/admin/problem.h"
#include "tenants/base/digest.h"
#include "tenants/billing/quota_outlook.h"

namespace gateway::admin {
namespace {

using Poco::Dynamic::Var;
using tenants::Error;
using tenants::ErrorCode;
using tenants::HoldState;
using tenants::MerchantId;

http::Response noSuchMerchant(const http::Request& request) {
    return problem(Error{ErrorCode::kNotFound, "no such merchant"}, request.head.request_id);
}

/// The number that a page token holds; the token was signed by us, so anything else is a fault of ours.
std::optional<std::int64_t> numberBefore(const std::string& key) {
    if (key.empty()) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (failure != std::errc{} || end != key.data() + key.size()) throw std::logic_error("page token without a number");
    return number;
}

Poco::JSON::Object::Ptr entryJson(const tenants::UsageEntry& entry) {
    auto object = jsonObject();
    object->set("id", entry.id.text());
    object->set("number", entry.number);
    object->set("kind", std::string{tenants::entryKindText(entry.kind)});
    object->set("units", entry.units);
    object->set("request_id", entry.request.text());
    object->set("x_request_id", entry.x_request_id);
    object->set("key_id", entry.key.text());
    object->set("at", tenants::rfc3339(entry.at));
    object->set("recorded_at", tenants::rfc3339(entry.recorded_at));
    object->set("outcome", std::string{tenants::entryOutcomeText(entry.kind)});
    object->set("period", entry.period.text());
    object->set("plan_version", entry.plan_version ? Var{entry.plan_version->text()} : Var{});
    object->set("pack", entry.pack ? Var{entry.pack->text()} : Var{});
    object->set("corrects", entry.corrects ? Var{*entry.corrects} : Var{});
    object->set("price_micro_yuan", entry.price ? Var{entry.price->microYuan()} : Var{});
    object->set("reason", entry.reason);
    object->set("hash", tenants::hexText(entry.hash));
    return object;
}

Poco::JSON::Object::Ptr holdJson(const tenants::HoldView& hold) {
    auto object = jsonObject();
    object->set("request_id", hold.request.text());
    object->set("x_request_id", hold.x_request_id);
    object->set("state", std::string{tenants::holdStateText(hold.state)});
    object->set("units", hold.units);
    object->set("at", tenants::rfc3339(hold.at));
    object->set("reason", hold.reason);
    return object;
}

Poco::JSON::Object::Ptr windowJson(const tenants::WindowView& window) {
    auto object = jsonObject();
    object->set("policy", window.policy);
    object->set("starts_at", tenants::rfc3339(window.span.starts));
    object->set("ends_at", tenants::rfc3339(window.span.ends));
    object->set("limit", window.limit ? Var{*window.limit} : Var{});
    object->set("used", window.used);
    object->set("held", window.held);
    object->set("unknown", window.unknown);
    object->set("used_elsewhere", window.used_elsewhere);
    object->set("warned_percent", window.warned_percent);
    return object;
}

/// One page of `rows`, of which one more than the page holds was asked for.
template <class Row, class Render, class Number>
http::Response renderPage(const char* name, const std::vector<Row>& rows, const PageRequest& page, const Pages& pages,
                          const std::string& list, Render render, Number number_of) {
    Poco::JSON::Array array;
    for (std::size_t i = 0; i < rows.size() && i < page.size; ++i) array.add(render(rows[i]));
    auto object = jsonObject();
    object->set(name, array);
    const bool has_more = rows.size() > page.size;
    object->set("next_page_token",
                has_more ? pages.token(list, std::to_string(number_of(rows[page.size - 1]))) : std::string{});
    return jsonResponse(200, object);
}

}  // namespace

void UsageRoutes::addRoutes(http::Router& router) {
    const auto add = guard_.routesOf(router, *this);
    add("GET", "/admin/v1/merchants/{merchant}/usage-entries", &UsageRoutes::listEntries, listQuery());
    add("GET", "/admin/v1/merchants/{merchant}/holds", &UsageRoutes::listHolds, listQuery({"state"}));
    add("GET", "/admin/v1/merchants/{merchant}/quota", &UsageRoutes::showQuota);
    add("POST", "/admin/v1/merchants/{merchant}/quota:reopen", &UsageRoutes::reopenUpstreamQuota);
}

tenants::Task<http::Response> UsageRoutes::listEntries(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    if (!merchants_.find(merchant)) co_return noSuchMerchant(request);
    const std::string list = "usage-entries of " + merchant.text();
    const auto page = pages_.read(request.head, list);
    if (!page) co_return problem(page.error(), request.head.request_id);
    const auto before = numberBefore(page->after);
    const auto rows = co_await workers_.run([&] { return ledger_.entries(merchant, before, page->size + 1); });
    co_return renderPage("usage_entries", rows, *page, pages_, list, entryJson,
                         [](const tenants::UsageEntry& entry) { return entry.number; });
}

tenants::Task<http::Response> UsageRoutes::listHolds(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    if (!merchants_.find(merchant)) co_return noSuchMerchant(request);
    std::optional<HoldState> state;
    const auto state_text = request.head.queryParameter("state");
    if (state_text && !state_text->empty()) {
        state = tenants::holdStateFromText(*state_text);
        if (!state) {
            co_return problem(Error{ErrorCode::kInvalidInput, "state must be held, settled, released or unknown"},
                              request.head.request_id);
        }
    }
    const std::string list = "holds in state " + state_text.value_or("") + " of " + merchant.text();
    const auto page = pages_.read(request.head, list);
    if (!page) co_return problem(page.error(), request.head.request_id);
    const auto before = numberBefore(page->after);
    const auto rows = co_await workers_.run([&] { return ledger_.holds(merchant, state, before, page->size + 1); });
    co_return renderPage("holds", rows, *page, pages_, list, holdJson,
                         [](const tenants::HoldView& hold) { return hold.row; });
}

tenants::Task<http::Response> UsageRoutes::showQuota(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    const auto known = merchants_.find(merchant);
    if (!known) co_return noSuchMerchant(request);
    const auto now = clock_.now();
    auto windows = co_await workers_.run([&] { return ledger_.openWindows(merchant, now); });
    const tenants::PlanVersion* const plan = plans_.inForce(merchant, now);
    windows = tenants::quotaOutlook(std::move(windows), *known, plan, now, upstream_day_turns_at_);
    Poco::JSON::Array rows;
    for (const auto& window : windows) rows.add(windowJson(window));
    auto object = jsonObject();
    object->set("windows", rows);
    object->set("plan_version", plan != nullptr ? Var{plan->id.text()} : Var{});
    object->set("upstream_day_free", known->upstream_day_free ? Var{*known->upstream_day_free} : Var{});
    object->set("upstream_pack_units", known->upstream_pack_units);
    co_return jsonResponse(200, object);
}

tenants::Task<http::Response> UsageRoutes::reopenUpstreamQuota(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    if (!merchants_.find(merchant)) co_return noSuchMerchant(request);
    const tenants::UtcTime now = clock_.now();
    const auto reopened = co_await ledger_.reopenUpstreamWindow(merchant, now, guard_.noteOf(request.head, now));
    if (!reopened) co_return problem(reopened.error(), request.head.request_id);
    log_.info("upstream_quota_reopened", {{"request_id", request.head.request_id}, {"merchant", merchant.text()}});
    co_return co_await showQuota(std::move(request));
}

}  // namespace gateway::admin
