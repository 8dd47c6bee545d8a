#include "sandbox/component_control.h"

#include <utility>

#include "gateway/net/socket_address.h"
#include "gateway/wechat/push_crypto.h"
#include "sandbox/control_answer.h"
#include "sandbox/control_views.h"
#include "sandbox/json.h"
#include "sandbox/url.h"

namespace sandbox {
namespace {

using Body = Poco::JSON::Object::Ptr;

constexpr std::int64_t kCountMax = 1'000'000;
constexpr std::int64_t kDelayMsMax = 600'000;

/// Changes `plan` by the fields of `POST /events`; what they do not name stays as it was. A text says what is wrong.
std::string readPlan(const Body& body, EventPlan& plan) {
    if (const auto unknown = unknownField(body, {"drop", "delay_ms", "duplicate", "reorder", "count", "info_type"});
        !unknown.empty()) {
        return "unknown field " + unknown;
    }
    if (!body->has("drop") && !body->has("delay_ms") && !body->has("duplicate") && !body->has("reorder")) {
        return "one of drop, delay_ms, duplicate and reorder is needed";
    }
    const auto drop = integerFrom(body, "drop", 0, kCountMax, plan.drop);
    const auto duplicate = integerFrom(body, "duplicate", 0, kCountMax, plan.duplicate);
    const auto reorder = integerFrom(body, "reorder", 0, kCountMax, plan.reorder);
    const auto delay = integerFrom(body, "delay_ms", 0, kDelayMsMax, plan.delay.count());
    const auto delayed = integerFrom(body, "count", 1, kCountMax, 1);
    if (!drop || !duplicate || !reorder || !delay || !delayed) return "a number is missing, negative, or too large";
    if (body->has("count") && !body->has("delay_ms")) return "count belongs to delay_ms: so many pushes are delayed";
    if (body->has("info_type") && !stringField(body, "info_type")) return "info_type is not a text";
    plan.drop = *drop;
    plan.duplicate = *duplicate;
    plan.reorder = *reorder;
    if (body->has("delay_ms")) {
        plan.delay = std::chrono::milliseconds{*delay};
        plan.delayed = *delayed;
    }
    plan.info_type = stringField(body, "info_type");
    return {};
}

/// The fields of `PATCH /component`; those that were left out stay empty.
struct ConsolePatch {
    std::optional<std::string> events_url;
    std::optional<std::string> messages_url;
    std::optional<std::vector<std::string>> ip_whitelist;
    std::optional<std::string> encoding_aes_key;
    std::optional<std::int64_t> old_key_pushes;
    std::optional<bool> push_running;
    std::optional<bool> timer_pushes;
    std::optional<bool> platform_stamps;
    std::optional<bool> rotates_refresh_tokens;
};

std::string readUrls(const Body& body, ConsolePatch& patch) {
    const auto url = [&body](const std::string& name, std::optional<std::string>& value) {
        value = stringField(body, name);
        return !body->has(name) || (value && (value->empty() || isWebAddress(*value)));
    };
    if (!url("events_url", patch.events_url)) return "events_url is not an http or https URL";
    if (!url("messages_url", patch.messages_url)) return "messages_url is not an http or https URL";
    return {};
}

std::string readWhitelist(const Body& body, ConsolePatch& patch) {
    if (!body->has("ip_whitelist")) return {};
    patch.ip_whitelist = textsField(body, "ip_whitelist");
    if (!patch.ip_whitelist) return "ip_whitelist is not a list of addresses";
    for (const std::string& address : *patch.ip_whitelist) {
        if (!gateway::net::SocketAddress::parse(address, 0)) return "ip_whitelist holds something else than addresses";
    }
    return {};
}

std::string readKeyChange(const Body& body, ConsolePatch& patch) {
    patch.encoding_aes_key = stringField(body, "encoding_aes_key");
    if (body->has("encoding_aes_key") &&
        !(patch.encoding_aes_key && gateway::wechat::isEncodingAesKey(*patch.encoding_aes_key))) {
        return "encoding_aes_key is not 43 characters of A-Z, a-z and 0-9";
    }
    if (!body->has("old_key_pushes")) return {};
    patch.old_key_pushes = integerFrom(body, "old_key_pushes", 0, kCountMax, 0);
    return patch.old_key_pushes ? std::string{} : "old_key_pushes is not a number from 0 on";
}

std::string readConsolePatch(const Body& body, ConsolePatch& patch) {
    if (const auto unknown =
            unknownField(body, {"events_url", "messages_url", "ip_whitelist", "encoding_aes_key", "old_key_pushes",
                                "push_running", "timer_pushes", "platform_stamps", "rotates_refresh_tokens"});
        !unknown.empty()) {
        return "unknown field " + unknown;
    }
    for (const auto& reader : {readUrls, readWhitelist, readKeyChange}) {
        if (std::string wrong = reader(body, patch); !wrong.empty()) return wrong;
    }
    const auto flag = [&body](const std::string& name, std::optional<bool>& value) {
        value = booleanField(body, name);
        return !body->has(name) || value;
    };
    if (!flag("push_running", patch.push_running)) return "push_running is not true or false";
    if (!flag("timer_pushes", patch.timer_pushes)) return "timer_pushes is not true or false";
    if (!flag("platform_stamps", patch.platform_stamps)) return "platform_stamps is not true or false";
    if (!flag("rotates_refresh_tokens", patch.rotates_refresh_tokens))
        return "rotates_refresh_tokens is not true or false";
    return {};
}

void apply(const ConsolePatch& patch, Component& component) {
    if (patch.events_url) component.events_url = *patch.events_url;
    if (patch.messages_url) component.messages_url = *patch.messages_url;
    if (patch.ip_whitelist) component.ip_whitelist = *patch.ip_whitelist;
    if (patch.encoding_aes_key) {
        component.previous_aes_key = component.currentAesKey();
        component.changed_aes_key = *patch.encoding_aes_key;
        component.old_key_pushes = 0;
    }
    if (patch.old_key_pushes) component.old_key_pushes = *patch.old_key_pushes;
    if (patch.push_running) {
        component.push_stopped = !*patch.push_running;
        if (*patch.push_running) component.push_running = true;
    }
    if (patch.timer_pushes) component.timer_pushes = *patch.timer_pushes;
    if (patch.platform_stamps) component.platform_stamps = *patch.platform_stamps;
    if (patch.rotates_refresh_tokens) component.rotates_refresh_tokens = *patch.rotates_refresh_tokens;
}

}  // namespace

void ComponentControl::addRoutes(gateway::http::Router& router) {
    using Self = ComponentControl;
    addRoute(router, "GET", "/components", *this, &Self::list);
    addRoute(router, "GET", "/component", *this, &Self::show);
    addRoute(router, "PATCH", "/component", *this, &Self::patch);
    addRoute(router, "POST", "/ticket", *this, &Self::pushTicket);
    addRoute(router, "POST", "/events", *this, &Self::planEvents);
    addRoute(router, "GET", "/events", *this, &Self::listEvents);
    addRoute(router, "DELETE", "/events", *this, &Self::clearEvents);
}

tenants::Task<gateway::http::Response> ComponentControl::list(Request) {
    auto components = newArray();
    store_.read([&](const State& state) {
        for (const Component& component : state.components) components->add(componentView(state, component));
    });
    auto answer = newObject();
    answer->set("components", components);
    co_return controlAnswer(answer);
}

tenants::Task<gateway::http::Response> ComponentControl::show(Request request) {
    const auto appid = componentParameter(request, store_);
    co_return appid ? view(*appid, std::nullopt) : unknownComponent();
}

tenants::Task<gateway::http::Response> ComponentControl::patch(Request request) {
    const auto appid = componentParameter(request, store_);
    if (!appid) co_return unknownComponent();
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    ConsolePatch patch;
    if (const std::string wrong = readConsolePatch(body, patch); !wrong.empty()) co_return controlProblem(400, wrong);
    const bool done = store_.change([&](State& state) {
        Component& component = state.component(*appid);
        if (patch.old_key_pushes.value_or(0) > 0 && !patch.encoding_aes_key && component.previous_aes_key.empty())
            return false;
        apply(patch, component);
        return true;
    });
    if (!done) co_return controlProblem(409, "there is no old key: encoding_aes_key was never changed");
    std::optional<Delivery> delivery;
    if (patch.events_url && !patch.events_url->empty()) delivery = co_await pushers_.of(*appid).pushTicket();
    co_return view(*appid, delivery);
}

tenants::Task<gateway::http::Response> ComponentControl::pushTicket(Request request) {
    const auto appid = componentParameter(request, store_);
    if (!appid) co_return unknownComponent();
    const bool has_url = store_.read([&](const State& state) { return !state.component(*appid).events_url.empty(); });
    if (!has_url) co_return controlProblem(409, "the component has no events_url");
    const Delivery delivery = co_await pushers_.of(*appid).pushTicket();
    co_return view(*appid, delivery);
}

tenants::Task<gateway::http::Response> ComponentControl::planEvents(Request request) {
    const auto appid = componentParameter(request, store_);
    if (!appid) co_return unknownComponent();
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    EventPusher& pusher = pushers_.of(*appid);
    EventPlan plan = pusher.plan();
    if (const std::string wrong = readPlan(body, plan); !wrong.empty()) co_return controlProblem(400, wrong);
    pusher.plan(std::move(plan));
    co_return eventsView(*appid);
}

tenants::Task<gateway::http::Response> ComponentControl::listEvents(Request request) {
    const auto appid = componentParameter(request, store_);
    co_return appid ? eventsView(*appid) : unknownComponent();
}

tenants::Task<gateway::http::Response> ComponentControl::clearEvents(Request request) {
    const auto appid = componentParameter(request, store_);
    if (!appid) co_return unknownComponent();
    pushers_.of(*appid).clearPlan();
    co_return eventsView(*appid);
}

gateway::http::Response ComponentControl::view(const std::string& appid, std::optional<Delivery> delivery) const {
    Body answer = store_.read([&](const State& state) { return componentView(state, state.component(appid)); });
    answer->set("event", std::string{delivery ? deliveryName(*delivery) : "none"});
    return controlAnswer(answer);
}

gateway::http::Response ComponentControl::eventsView(const std::string& appid) const {
    const EventPusher& pusher = pushers_.of(appid);
    const EventPlan plan = pusher.plan();
    auto planned = newObject();
    planned->set("drop", plan.drop);
    planned->set("duplicate", plan.duplicate);
    planned->set("reorder", plan.reorder);
    planned->set("delayed", plan.delayed);
    planned->set("delay_ms", static_cast<std::int64_t>(plan.delay.count()));
    if (plan.info_type) planned->set("info_type", *plan.info_type);
    auto settled = newArray();
    for (const SettledPush& push : pusher.settled()) {
        auto entry = newObject();
        entry->set("number", push.number);
        entry->set("info_type", push.info_type);
        entry->set("appid", push.appid);
        entry->set("event", std::string{deliveryName(push.delivery)});
        entry->set("tries", push.tries);
        entry->set("at", tenants::rfc3339(push.at));
        settled->add(entry);
    }
    auto answer = newObject();
    answer->set("plan", planned);
    answer->set("waiting", store_.read([&](const State& state) {
        return static_cast<std::int64_t>(state.component(appid).outbox.size());
    }));
    answer->set("settled", settled);
    return controlAnswer(answer);
}

}  // namespace sandbox
