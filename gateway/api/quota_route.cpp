#include "gateway/api/quota_route.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <sstream>
#include <string>
#include <utility>

#include "gateway/api/credential.h"
#include "gateway/api/problem_error.h"

namespace gateway::api {
namespace {

using Poco::Dynamic::Var;

constexpr std::chrono::hours kBeijing{8};

/// The same instant by Beijing's clocks.
std::string beijingText(tenants::UtcTime instant) {
    std::string text = tenants::rfc3339(instant + kBeijing);
    text.pop_back();  // Z
    return text + "+08:00";
}

Poco::JSON::Object::Ptr windowJson(const tenants::WindowView& window) {
    Poco::JSON::Object::Ptr object{new Poco::JSON::Object{Poco::JSON_PRESERVE_KEY_ORDER}};
    object->set("policy", window.policy);
    object->set("limit", window.limit ? Var{*window.limit} : Var{});
    object->set("used", window.used);
    object->set("held", window.held);
    object->set("unknown", window.unknown);
    object->set("used_elsewhere", window.used_elsewhere);
    object->set("starts_at", tenants::rfc3339(window.span.starts));
    object->set("ends_at", tenants::rfc3339(window.span.ends));
    object->set("resets_at", tenants::rfc3339(window.span.ends));
    object->set("resets_at_beijing", beijingText(window.span.ends));
    return object;
}

}  // namespace

void QuotaRoute::addRoutes(http::Router& router) {
    router.add({.method = "GET",
                .pattern = "/v1/quota",
                .handler = [this](http::Request request) { return show(std::move(request)); },
                .body_bytes_max = 0,
                .admit = [this](const http::RequestHead& head) -> std::optional<http::Response> {
                    const auto caller = authenticator_.authenticate(credentialOf(head));
                    if (caller) return std::nullopt;
                    return renderProblem(caller.error(), head.request_id, clock_.now());
                }});
}

tenants::Task<http::Response> QuotaRoute::show(http::Request request) const {
    const auto now = clock_.now();
    const auto caller = authenticator_.authenticate(credentialOf(request.head));
    if (!caller) co_return renderProblem(caller.error(), request.head.request_id, now);
    const auto windows = co_await quotas_.windowsOf(caller->merchant, now);
    Poco::JSON::Array rows;
    for (const tenants::WindowView& window : windows) rows.add(windowJson(window));
    Poco::JSON::Object object{Poco::JSON_PRESERVE_KEY_ORDER};
    object.set("merchant", caller->merchant.text());
    object.set("windows", rows);
    std::ostringstream text;
    object.stringify(text);
    auto response = http::textResponse(200, "application/json; charset=utf-8", text.str());
    response.headers.set("Cache-Control", "no-store");
    setRateLimitFields(response.headers, windows, now);
    co_return response;
}

}  // namespace gateway::api
