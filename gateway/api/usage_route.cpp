#include "gateway/api/usage_route.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "gateway/api/credential.h"
#include "gateway/api/problem_error.h"

namespace gateway::api {
namespace {

using tenants::Error;
using tenants::ErrorCode;
using tenants::Period;

constexpr std::chrono::hours kBeijing{8};
constexpr std::size_t kDateCharacters = 10;

std::optional<Period> readPeriod(const http::RequestHead& head, tenants::UtcTime now) {
    const auto text = head.queryParameter("period");
    return text ? Period::parse(*text) : Period{now};
}

}  // namespace

void UsageRoute::addRoutes(http::Router& router) {
    router.add({.method = "GET",
                .pattern = "/v1/usage",
                .handler = [this](http::Request request) { return show(std::move(request)); },
                .body_bytes_max = 0,
                .admit = [this](const http::RequestHead& head) -> std::optional<http::Response> {
                    const auto caller = authenticator_.authenticate(credentialOf(head));
                    if (caller) return std::nullopt;
                    return renderProblem(caller.error(), head.request_id, clock_.now());
                }});
}

tenants::Task<http::Response> UsageRoute::show(http::Request request) const {
    const auto now = clock_.now();
    const auto caller = authenticator_.authenticate(credentialOf(request.head));
    if (!caller) co_return renderProblem(caller.error(), request.head.request_id, now);
    const auto period = readPeriod(request.head, now);
    if (!period) {
        const Error error{ErrorCode::kInvalidInput, "period is a month such as 2026-11."};
        co_return renderProblem(error, request.head.request_id, now);
    }
    const auto days = co_await workers_.run([&] { return sums_.daysOf(caller->merchant, *period); });

    Poco::JSON::Array rows;
    std::int64_t units = 0;
    std::int64_t entries = 0;
    for (const tenants::DayUsage& day : days) {
        Poco::JSON::Object row{Poco::JSON_PRESERVE_KEY_ORDER};
        row.set("day", tenants::rfc3339(day.starts + kBeijing).substr(0, kDateCharacters));
        row.set("units", day.units);
        row.set("entries", day.entries);
        rows.add(row);
        units += day.units;
        entries += day.entries;
    }
    Poco::JSON::Object object{Poco::JSON_PRESERVE_KEY_ORDER};
    object.set("merchant", caller->merchant.text());
    object.set("period", period->text());
    object.set("starts_at", tenants::rfc3339(period->starts()));
    object.set("ends_at", tenants::rfc3339(period->ends()));
    object.set("units", units);
    object.set("entries", entries);
    object.set("days", rows);
    std::ostringstream text;
    object.stringify(text);
    auto response = http::textResponse(200, "application/json; charset=utf-8", text.str());
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

}  // namespace gateway::api
