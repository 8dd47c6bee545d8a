#include "sandbox/platform_control.h"

#include <charconv>
#include <functional>
#include <utility>
#include <variant>

#include "sandbox/control_answer.h"
#include "sandbox/json.h"
#include "sandbox/ocr_api.h"
#include "sandbox/url.h"

namespace sandbox {
namespace {

using Body = Poco::JSON::Object::Ptr;

constexpr std::int64_t kCountMax = 1'000'000;
constexpr std::int64_t kDelayMsMax = 600'000;
constexpr std::int64_t kAdvanceSecondsMax = 10LL * 366 * 24 * 3600;

/// An integer field from `least` on; `fallback` where it was left out. Nothing where it is anything else.
std::optional<std::int64_t> integerFrom(const Body& body, const std::string& name, std::int64_t least,
                                        std::int64_t most, std::int64_t fallback) {
    if (!body->has(name)) return fallback;
    const auto value = integerField(body, name);
    return value && *value >= least && *value <= most ? value : std::nullopt;
}

/// Fills `fault` from the fields of `POST /faults`; a text says what is wrong.
std::string readFault(const Body& body, Fault& fault) {
    if (const auto unknown = unknownField(body, {"path", "appid", "errcode", "mode", "delay_ms", "count"});
        !unknown.empty()) {
        return "unknown field " + unknown;
    }
    fault.path = stringField(body, "path").value_or("");
    if (!fault.path.starts_with('/')) return "path does not begin with /";
    fault.appid = stringField(body, "appid").value_or("");
    if (body->has("errcode") == body->has("mode")) return "exactly one of errcode and mode is needed";
    if (body->has("errcode")) {
        const auto errcode = integerField(body, "errcode");
        if (!errcode || *errcode == 0 || *errcode < -100'000 || *errcode > 100'000'000)
            return "errcode is not an error number";
        fault.errcode = *errcode;
        fault.mode = FaultMode::kErrcode;
    } else {
        const auto mode = faultModeOfName(stringField(body, "mode").value_or(""));
        if (!mode || *mode == FaultMode::kErrcode)
            return "mode is not cut, reset, silent, drip, http500, not_json, early_reset or delay";
        fault.mode = *mode;
    }
    const auto delay = integerFrom(body, "delay_ms", 0, kDelayMsMax, 0);
    if (!delay) return "delay_ms is not a number from 0 to 600000";
    fault.delay = std::chrono::milliseconds{*delay};
    if (fault.mode == FaultMode::kDelay && fault.delay.count() == 0) return "mode delay needs delay_ms";
    if (fault.mode == FaultMode::kEarlyReset && fault.delay.count() != 0) return "an early reset cannot be delayed";
    const auto count = integerFrom(body, "count", 1, kCountMax, 1);
    if (!count) return "count is not a number from 1 on";
    fault.count = *count;
    return {};
}

std::string readAnswer(const Body& body, ScriptedAnswer& answer) {
    if (const auto unknown = unknownField(body, {"path", "body", "count"}); !unknown.empty())
        return "unknown field " + unknown;
    answer.path = stringField(body, "path").value_or("");
    if (answer.path != kDrivingOcrPath)
        return "only " + std::string{kDrivingOcrPath} + " can have a scripted answer; use a fault for other paths";
    if (const auto text = stringField(body, "body")) {
        answer.body = *text;
    } else if (const Body object = body->getObject("body"); !object.isNull()) {
        answer.body = render(object);
    } else {
        return "body is neither a text nor an object";
    }
    if (!body->has("count")) return {};
    answer.count = integerFrom(body, "count", 1, kCountMax, 1);
    return answer.count ? std::string{} : "count is not a number from 1 on";
}

/// Changes `plan` by the fields of `POST /events`; what they do not name stays as it was.
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

Body callView(const Call& call) {
    auto view = newObject();
    view->set("number", call.number);
    view->set("time", tenants::rfc3339(call.time));
    view->set("path", call.path);
    view->set("appid", call.appid);
    view->set("token_fingerprint", call.token_fingerprint);
    view->set("body_bytes", static_cast<std::int64_t>(call.body_bytes));
    view->set("picture_sha256", call.picture_sha256);
    std::visit([&view](const auto& answer) { view->set("answer", answer); }, call.answer);
    view->set("scripted", call.scripted);
    return view;
}

}  // namespace

void PlatformControl::addRoutes(gateway::http::Router& router) {
    using Method = tenants::Task<Response> (PlatformControl::*)(Request);
    const auto add = [this, &router](const char* method, const char* pattern, Method handler) {
        router.add({.method = method, .pattern = pattern, .handler = [this, handler](Request request) {
                        return (this->*handler)(std::move(request));
                    }});
    };
    add("POST", "/faults", &PlatformControl::addFault);
    add("GET", "/faults", &PlatformControl::listFaults);
    add("DELETE", "/faults", &PlatformControl::clearFaults);
    add("POST", "/answers", &PlatformControl::setAnswer);
    add("GET", "/answers", &PlatformControl::listAnswers);
    add("DELETE", "/answers", &PlatformControl::clearAnswers);
    add("POST", "/events", &PlatformControl::planEvents);
    add("GET", "/events", &PlatformControl::listEvents);
    add("DELETE", "/events", &PlatformControl::clearEvents);
    add("GET", "/calls", &PlatformControl::listCalls);
    add("DELETE", "/calls", &PlatformControl::clearCalls);
    add("POST", "/ticket", &PlatformControl::pushTicket);
    add("GET", "/clock", &PlatformControl::showClock);
    add("POST", "/clock", &PlatformControl::moveClock);
    add("GET", "/component", &PlatformControl::showComponent);
    add("PATCH", "/component", &PlatformControl::patchComponent);
    add("GET", "/livez", &PlatformControl::alive);
}

tenants::Task<gateway::http::Response> PlatformControl::addFault(Request request) {
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    Fault fault;
    if (const std::string wrong = readFault(body, fault); !wrong.empty()) co_return controlProblem(400, wrong);
    services_.faults.add(std::move(fault));
    co_return faultsView();
}

tenants::Task<gateway::http::Response> PlatformControl::listFaults(Request) {
    co_return faultsView();
}

tenants::Task<gateway::http::Response> PlatformControl::clearFaults(Request) {
    services_.faults.clear();
    co_return faultsView();
}

tenants::Task<gateway::http::Response> PlatformControl::setAnswer(Request request) {
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    ScriptedAnswer answer;
    if (const std::string wrong = readAnswer(body, answer); !wrong.empty()) co_return controlProblem(400, wrong);
    services_.answers.set(std::move(answer));
    co_return answersView();
}

tenants::Task<gateway::http::Response> PlatformControl::listAnswers(Request) {
    co_return answersView();
}

tenants::Task<gateway::http::Response> PlatformControl::clearAnswers(Request) {
    services_.answers.clear();
    co_return answersView();
}

tenants::Task<gateway::http::Response> PlatformControl::planEvents(Request request) {
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    EventPlan plan = services_.pusher.plan();
    if (const std::string wrong = readPlan(body, plan); !wrong.empty()) co_return controlProblem(400, wrong);
    services_.pusher.plan(std::move(plan));
    co_return eventsView();
}

tenants::Task<gateway::http::Response> PlatformControl::listEvents(Request) {
    co_return eventsView();
}

tenants::Task<gateway::http::Response> PlatformControl::clearEvents(Request) {
    services_.pusher.clearPlan();
    co_return eventsView();
}

tenants::Task<gateway::http::Response> PlatformControl::listCalls(Request request) {
    std::int64_t since = 0;
    if (const auto text = request.head.queryParameter("since"); text && !text->empty()) {
        const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), since);
        if (fault != std::errc{} || end != text->data() + text->size())
            co_return controlProblem(400, "since is not a call's number");
    }
    auto calls = newArray();
    for (const Call& call : services_.calls.list(request.head.queryParameter("path").value_or(""), since))
        calls->add(callView(call));
    auto answer = newObject();
    answer->set("calls", calls);
    co_return controlAnswer(answer);
}

tenants::Task<gateway::http::Response> PlatformControl::clearCalls(Request) {
    services_.calls.clear();
    auto answer = newObject();
    answer->set("calls", newArray());
    co_return controlAnswer(answer);
}

tenants::Task<gateway::http::Response> PlatformControl::pushTicket(Request) {
    const bool has_url = services_.store.read([](const State& state) { return !state.component.events_url.empty(); });
    if (!has_url) co_return controlProblem(409, "the component has no events_url");
    const Delivery delivery = co_await services_.pusher.pushTicket();
    co_await services_.file_worker.run([this] { services_.store.flush(); });
    Body answer = componentView();
    answer->set("event", std::string{deliveryName(delivery)});
    co_return controlAnswer(answer);
}

tenants::Task<gateway::http::Response> PlatformControl::showClock(Request) {
    co_return controlAnswer(clockView());
}

tenants::Task<gateway::http::Response> PlatformControl::moveClock(Request request) {
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    const auto advance = integerField(body, "advance_s");
    if (!advance || *advance < 0 || *advance > kAdvanceSecondsMax)
        co_return controlProblem(400, "advance_s is not a number of seconds from 0 on");
    const std::chrono::seconds by{*advance};
    std::function<void(State&)> move = [this, by](State& state) {
        state.clock_offset += by;
        services_.clock.setOffset(state.clock_offset);
    };
    const std::optional<Delivery> ticket = co_await services_.pusher.changeAndPushDueTicket(std::move(move));
    co_await services_.file_worker.run([this] { services_.store.flush(); });
    Body answer = clockView();
    answer->set("event", ticket ? std::string{deliveryName(*ticket)} : std::string{"none"});
    co_return controlAnswer(answer);
}

tenants::Task<gateway::http::Response> PlatformControl::showComponent(Request) {
    co_return controlAnswer(componentView());
}

tenants::Task<gateway::http::Response> PlatformControl::patchComponent(Request request) {
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    if (const auto unknown = unknownField(body, {"events_url", "messages_url"}); !unknown.empty()) {
        co_return controlProblem(400, "unknown field " + unknown);
    }
    const auto events_url = stringField(body, "events_url");
    const auto messages_url = stringField(body, "messages_url");
    if (body->has("events_url") && !(events_url && (events_url->empty() || isWebAddress(*events_url)))) {
        co_return controlProblem(400, "events_url is not an http or https URL");
    }
    if (body->has("messages_url") && !(messages_url && (messages_url->empty() || isWebAddress(*messages_url)))) {
        co_return controlProblem(400, "messages_url is not an http or https URL");
    }
    services_.store.change([&](State& state) {
        if (events_url) state.component.events_url = *events_url;
        if (messages_url) state.component.messages_url = *messages_url;
    });
    co_await services_.file_worker.run([this] { services_.store.flush(); });
    std::string delivery = "none";
    if (events_url && !events_url->empty()) {
        const Delivery delivered = co_await services_.pusher.pushTicket();
        delivery = deliveryName(delivered);
    }
    Body answer = componentView();
    answer->set("event", delivery);
    co_return controlAnswer(answer);
}

tenants::Task<gateway::http::Response> PlatformControl::alive(Request) {
    auto answer = newObject();
    answer->set("status", std::string{"ok"});
    co_return controlAnswer(answer);
}

gateway::http::Response PlatformControl::faultsView() const {
    auto list = newArray();
    for (const Fault& fault : services_.faults.planned()) {
        auto view = newObject();
        view->set("path", fault.path);
        if (!fault.appid.empty()) view->set("appid", fault.appid);
        if (fault.mode == FaultMode::kErrcode) {
            view->set("errcode", fault.errcode);
        } else {
            view->set("mode", std::string{faultModeName(fault.mode)});
        }
        view->set("delay_ms", static_cast<std::int64_t>(fault.delay.count()));
        view->set("count", fault.count);
        list->add(view);
    }
    auto answer = newObject();
    answer->set("faults", list);
    return controlAnswer(answer);
}

gateway::http::Response PlatformControl::answersView() const {
    auto list = newArray();
    for (const ScriptedAnswer& scripted : services_.answers.planned()) {
        auto view = newObject();
        view->set("path", scripted.path);
        view->set("body", scripted.body);
        if (scripted.count) view->set("count", *scripted.count);
        list->add(view);
    }
    auto answer = newObject();
    answer->set("answers", list);
    return controlAnswer(answer);
}

gateway::http::Response PlatformControl::eventsView() const {
    const EventPlan plan = services_.pusher.plan();
    auto planned = newObject();
    planned->set("drop", plan.drop);
    planned->set("duplicate", plan.duplicate);
    planned->set("reorder", plan.reorder);
    planned->set("delayed", plan.delayed);
    planned->set("delay_ms", static_cast<std::int64_t>(plan.delay.count()));
    if (plan.info_type) planned->set("info_type", *plan.info_type);
    auto settled = newArray();
    for (const SettledPush& push : services_.pusher.settled()) {
        auto view = newObject();
        view->set("number", push.number);
        view->set("info_type", push.info_type);
        view->set("appid", push.appid);
        view->set("event", std::string{deliveryName(push.delivery)});
        view->set("tries", push.tries);
        view->set("at", tenants::rfc3339(push.at));
        settled->add(view);
    }
    auto answer = newObject();
    answer->set("plan", planned);
    answer->set("waiting", services_.store.read(
                               [](const State& state) { return static_cast<std::int64_t>(state.outbox.size()); }));
    answer->set("settled", settled);
    return controlAnswer(answer);
}

Poco::JSON::Object::Ptr PlatformControl::clockView() const {
    auto view = newObject();
    view->set("now", tenants::rfc3339(services_.clock.now()));
    view->set("offset_s", static_cast<std::int64_t>(
                              std::chrono::duration_cast<std::chrono::seconds>(services_.clock.offset()).count()));
    return view;
}

Poco::JSON::Object::Ptr PlatformControl::componentView() const {
    auto view = newObject();
    view->set("appid", services_.keys.appid);
    services_.store.read([&](const State& state) {
        const Component& component = state.component;
        view->set("events_url", component.events_url);
        view->set("messages_url", component.messages_url);
        view->set("push_running", component.push_running);
        if (!component.tickets.empty()) {
            view->set("last_ticket_at", tenants::rfc3339(component.tickets.back().issued_at));
            view->set("last_ticket_fingerprint", fingerprint(component.tickets.back().text));
        }
        if (!component.tokens.issued().empty()) {
            view->set("last_token_fingerprint", fingerprint(component.tokens.issued().back().text));
        }
        view->set("authorizers", static_cast<std::int64_t>(state.authorizers.size()));
    });
    return view;
}

}  // namespace sandbox
