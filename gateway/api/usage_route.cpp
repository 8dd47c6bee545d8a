#include "gateway/api/usage_route.h"

#include <optional>
#include <string>
#include <utility>

#include "gateway/api/problem_error.h"
#include "tenants/base/json_text.h"
#include "tenants/billing/running_sum.h"
#include "tenants/billing/statement_text.h"

namespace gateway::api {
namespace {

using tenants::Error;
using tenants::ErrorCode;
using tenants::JsonObject;
using tenants::Period;

std::optional<Period> readPeriod(const http::RequestHead& head, tenants::UtcTime now) {
    const auto text = head.queryParameter("period");
    return text ? Period::parse(*text) : Period{now};
}

void appendDay(std::string& out, const tenants::DayUsage& day) {
    JsonObject object{out};
    object.add("day", tenants::beijingDate(day.starts)).add("units", day.units).add("entries", day.entries).end();
}

/// `closed`: the statement, where the period has one; its lines have what closing alone decides, too.
std::string usageText(const tenants::RunningSum& sum, const std::optional<tenants::SignedStatement>& closed) {
    const tenants::Statement& billed = closed ? closed->statement : sum.statement;
    std::int64_t units = 0;
    for (const tenants::DayUsage& day : sum.days) units += day.units;
    std::string text;
    JsonObject object{text};
    object.add("merchant", billed.merchant.text())
        .add("period", billed.period.text())
        .add("starts_at", tenants::rfc3339(billed.period.starts()))
        .add("ends_at", tenants::rfc3339(billed.period.ends()))
        .addOrNull("statement_number", closed ? std::optional{billed.number()} : std::nullopt)
        .add("units", units)
        .add("entries", billed.entries())
        .add("currency", "CNY")
        .add("amount_micro_yuan", billed.payable().microYuan());
    tenants::appendLines(object.begin("lines"), billed.lines);
    tenants::appendJsonArray(object.begin("days"), sum.days, appendDay);
    object.end();
    return text;
}

}  // namespace

void UsageRoute::addRoutes(http::Router& router) {
    parts_.guard.addRead(
        router, "/v1/usage",
        [this](http::Request request, tenants::Caller caller) { return show(std::move(request), std::move(caller)); },
        {"period"});
}

tenants::Task<http::Response> UsageRoute::show(http::Request request, tenants::Caller caller) const {
    const auto now = parts_.clock.now();
    const auto period = readPeriod(request.head, now);
    if (!period) {
        const Error error{ErrorCode::kInvalidInput, "period is a month such as 2026-11."};
        co_return renderProblem(error, request.head.request_id, now);
    }
    auto text = co_await parts_.workers.run([&] {
        const auto closed = parts_.statements.find(caller.merchant, *period);
        return usageText(tenants::runningSum(parts_.scan, parts_.plans, caller.merchant, *period), closed);
    });
    co_return ownJson(std::move(text));
}

}  // namespace gateway::api
