#include "gateway/api/quota_route.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <sstream>
#include <string>
#include <utility>

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
    guard_.addRead(router, "/v1/quota",
                   [this](http::Request, tenants::Caller caller) { return show(std::move(caller)); });
}

tenants::Task<http::Response> QuotaRoute::show(tenants::Caller caller) const {
    const auto now = clock_.now();
    const auto windows = co_await quotas_.windowsOf(caller.merchant, now);
    Poco::JSON::Array rows;
    for (const tenants::WindowView& window : windows) rows.add(windowJson(window));
    Poco::JSON::Object object{Poco::JSON_PRESERVE_KEY_ORDER};
    object.set("merchant", caller.merchant.text());
    object.set("windows", rows);
    std::ostringstream text;
    object.stringify(text);
    auto response = ownJson(text.str());
    setRateLimitFields(response.headers, windows, now);
    co_return response;
}

}  // namespace gateway::api
