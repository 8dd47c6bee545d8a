#include "gateway/admin/reconciliation_routes.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/admin/problem.h"
#include "tenants/base/json_text.h"

namespace gateway::admin {
namespace {

using tenants::DaySpan;
using tenants::Error;
using tenants::ErrorCode;
using tenants::MerchantId;
using tenants::Money;
using tenants::Period;
using tenants::ShadowPrice;
using tenants::UpstreamDayPlace;
using tenants::UsageReconciliationTotals;

constexpr std::size_t kShadowPageMax = 100;  // merchants, each with a walk along its entries

Error invalid(std::string text) {
    return {ErrorCode::kInvalidInput, std::move(text)};
}

std::string parameter(const http::Request& request, std::string_view name) {
    return request.head.queryParameter(name).value_or(std::string{});
}

/// The merchant that the query names, which is there; empty where it names none.
tenants::Result<std::optional<MerchantId>> merchantOf(const http::Request& request,
                                                      const tenants::MerchantStore& merchants) {
    const std::string text = parameter(request, "merchant");
    if (text.empty()) return std::optional<MerchantId>{};
    const MerchantId merchant{text};
    if (!merchants.find(merchant)) return Error{ErrorCode::kNotFound, "no such merchant"};
    return std::optional{merchant};
}

/// The windows that are asked for: of `day`, or of `period`.
tenants::Result<DaySpan> spanOf(const std::string& day, const std::string& month) {
    if (day.empty() == month.empty()) return invalid("either day or period is needed");
    if (!day.empty()) {
        const auto named = tenants::beijingDayNamed(day);
        if (!named) return invalid("day must be a date such as 2026-11-28");
        return *named;
    }
    const auto period = Period::parse(month);
    if (!period) return invalid("period must be a month such as 2026-11");
    return DaySpan{period->starts(), period->ends()};
}

std::int64_t numberOf(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size()) throw std::logic_error("page token is not ours");
    return number;
}

/// What a page token holds: words, the last of which may have blanks. It was signed by us, so anything else is a fault of
/// ours.
std::vector<std::string_view> wordsOf(std::string_view key, std::size_t count) {
    std::vector<std::string_view> words;
    while (words.size() + 1 < count) {
        const std::size_t blank = key.find(' ');
        if (blank == std::string_view::npos) throw std::logic_error("page token is not ours");
        words.push_back(key.substr(0, blank));
        key.remove_prefix(blank + 1);
    }
    words.push_back(key);
    return words;
}

struct ShadowTotals {
    std::int64_t merchants = 0;
    std::int64_t entries = 0;
    Money payable;
    Money shadow;

    void add(const ShadowPrice& price) {
        ++merchants;
        entries += price.entries;
        payable = payable.plus(price.payable);
        shadow = shadow.plus(price.shadow_payable);
    }
    void append(std::string& out) const {
        tenants::JsonObject object{out};
        object.add("merchants", merchants)
            .add("entries", entries)
            .add("payable_micro_yuan", payable.microYuan())
            .add("shadow_payable_micro_yuan", shadow.microYuan())
            .add("difference_micro_yuan", shadow.minus(payable).microYuan())
            .end();
    }
};

template <class Items>
http::Response pageResponse(std::string_view name, const Items& items, const auto& append_totals,
                            const std::string& next) {
    std::string body;
    tenants::JsonObject object{body};
    tenants::appendJsonArray(object.begin(name), items,
                             [](std::string& out, const auto& item) { appendJson(out, item); });
    append_totals(object.begin("totals"));
    object.add("next_page_token", next).end();
    return http::textResponse(200, "application/json", body);
}

}  // namespace

void ReconciliationRoutes::addRoutes(http::Router& router, const AdminGuard& guard) {
    guard.addRoute(
        router, "GET", "/admin/v1/usage-reconciliations",
        [this](http::Request request) { return listUsage(std::move(request)); },
        listQuery({"period", "day", "merchant"}));
    guard.addRoute(
        router, "GET", "/admin/v1/shadow-prices",
        [this](http::Request request) { return listShadowPrices(std::move(request)); },
        listQuery({"period", "plan_version", "merchant"}));
}

tenants::Task<http::Response> ReconciliationRoutes::listUsage(http::Request request) {
    const std::string day = parameter(request, "day");
    const std::string month = parameter(request, "period");
    const auto span = spanOf(day, month);
    if (!span) co_return problem(span.error(), request.head.request_id);
    const auto merchant = merchantOf(request, parts_.merchants);
    if (!merchant) co_return problem(merchant.error(), request.head.request_id);
    // Another name where the totals in its tokens have other numbers: then an older token is refused.
    const std::string list =
        "usage-reconciliations with held of " + (*merchant ? (*merchant)->text() : "") + " " + day + month;
    const auto page = parts_.pages.read(request.head, list);
    if (!page) co_return problem(page.error(), request.head.request_id);

    std::optional<UpstreamDayPlace> after;
    UsageReconciliationTotals totals;
    if (!page->after.empty()) {
        const auto words = wordsOf(page->after, 3);
        after = UpstreamDayPlace{MerchantId{std::string{words[0]}},
                                 tenants::UtcTime{std::chrono::milliseconds{numberOf(words[1])}}};
        const auto before = UsageReconciliationTotals::parse(words[2]);
        if (!before) throw std::logic_error("page token is not ours");
        totals = *before;
    }
    const auto found = co_await parts_.workers.run([&] {
        return tenants::reconcileUsage(parts_.usage, {span->starts, span->ends, *merchant}, after, page->size,
                                       parts_.clock.now());
    });
    for (const tenants::ReconciledDay& one : found.days) totals.add(one);
    std::string next;
    if (found.next) {
        next = parts_.pages.token(list, found.next->merchant.text() + " " +
                                            std::to_string(found.next->starts.time_since_epoch().count()) + " " +
                                            totals.text());
    }
    co_return pageResponse(
        "usage_reconciliations", found.days, [&](std::string& out) { appendJson(out, totals); }, next);
}

tenants::Task<http::Response> ReconciliationRoutes::listShadowPrices(http::Request request) {
    const std::string month = parameter(request, "period");
    const auto period = Period::parse(month);
    if (!period) co_return problem(invalid("period must be a month such as 2026-11"), request.head.request_id);
    const std::string version_text = parameter(request, "plan_version");
    const auto version = tenants::planVersionFromText(version_text);
    if (!version) co_return problem(invalid("plan_version must be one such as std@2"), request.head.request_id);
    const auto merchant = merchantOf(request, parts_.merchants);
    if (!merchant) co_return problem(merchant.error(), request.head.request_id);
    const auto pricing = tenants::ShadowPricing::of(parts_.shadow, *period, *version);
    if (!pricing) co_return problem(pricing.error(), request.head.request_id);
    const std::string list =
        "shadow-prices of " + (*merchant ? (*merchant)->text() : "") + " " + month + " " + version_text;
    const auto page = parts_.pages.read(request.head, list);
    if (!page) co_return problem(page.error(), request.head.request_id);

    MerchantId after;
    ShadowTotals totals;
    if (!page->after.empty()) {
        const auto words = wordsOf(page->after, 5);
        after = MerchantId{std::string{words[0]}};
        totals = {numberOf(words[1]), numberOf(words[2]), Money{numberOf(words[3])}, Money{numberOf(words[4])}};
    }
    const std::size_t size = std::min(page->size, kShadowPageMax);
    std::vector<MerchantId> asked;
    bool more = false;
    if (*merchant) {
        asked.push_back(**merchant);
    } else {
        for (const auto& one : parts_.merchants.list(after, size)) asked.push_back(one->id);
        more = asked.size() == size;
    }
    const auto prices = co_await parts_.workers.run([&] { return pricing->pricesOf(asked); });
    for (const ShadowPrice& price : prices) totals.add(price);
    std::string next;
    if (more) {
        next = parts_.pages.token(list, asked.back().text() + " " + std::to_string(totals.merchants) + " " +
                                            std::to_string(totals.entries) + " " +
                                            std::to_string(totals.payable.microYuan()) + " " +
                                            std::to_string(totals.shadow.microYuan()));
    }
    co_return pageResponse(
        "shadow_prices", prices, [&](std::string& out) { totals.append(out); }, next);
}

}  // namespace gateway::admin
