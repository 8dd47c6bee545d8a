#include "sandbox/platform_control.h"

#include <charconv>
#include <cmath>
#include <functional>
#include <utility>
#include <variant>

#include "sandbox/control_answer.h"
#include "sandbox/control_views.h"
#include "sandbox/json.h"
#include "sandbox/ocr_api.h"

namespace sandbox {
namespace {

using Body = Poco::JSON::Object::Ptr;

constexpr std::int64_t kCountMax = 1'000'000;
constexpr std::int64_t kDelayMsMax = 600'000;
constexpr std::int64_t kCallsMax = 1'000'000'000;
constexpr double kAdvanceSecondsMax = 10.0 * 366 * 24 * 3600;

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

std::string readLimit(const Body& body, CallLimit& limit) {
    if (const auto unknown = unknownField(body, {"path", "appid", "per_day", "per_minute"}); !unknown.empty())
        return "unknown field " + unknown;
    limit.path = stringField(body, "path").value_or("");
    if (!limit.path.starts_with('/')) return "path does not begin with /";
    limit.appid = stringField(body, "appid").value_or("");
    if (body->has("appid") && limit.appid.empty()) return "appid is not a text";
    if (!body->has("per_day") && !body->has("per_minute")) return "one of per_day and per_minute is needed";
    const auto number = [&body](const std::string& name, std::optional<std::int64_t>& value) {
        if (!body->has(name)) return true;
        value = integerFrom(body, name, 0, kCallsMax, 0);
        return value.has_value();
    };
    if (!number("per_day", limit.per_day)) return "per_day is not a number from 0 on";
    if (!number("per_minute", limit.per_minute)) return "per_minute is not a number from 0 on";
    return {};
}

/// The platform's time that `POST /clock` asks for; a text says what is wrong.
std::string readClockMove(const Body& body, tenants::UtcTime now, tenants::UtcTime& target) {
    if (const auto unknown = unknownField(body, {"advance_s", "set"}); !unknown.empty())
        return "unknown field " + unknown;
    if (body->has("advance_s") == body->has("set")) return "exactly one of advance_s and set is needed";
    if (body->has("set")) {
        const auto time = tenants::parseRfc3339(stringField(body, "set").value_or(""));
        if (!time) return "set is not a time such as 2026-11-22T12:00:00Z";
        target = *time;
    } else {
        const auto seconds = numberField(body, "advance_s");
        if (!seconds || !(*seconds >= 0) || *seconds > kAdvanceSecondsMax)
            return "advance_s is not a number of seconds from 0 on";
        target = now + std::chrono::milliseconds{std::llround(*seconds * 1000)};
    }
    if (target < now) return "the clock only goes forward";
    if (target > now + std::chrono::seconds{static_cast<std::int64_t>(kAdvanceSecondsMax)})
        return "that is more than ten years ahead";
    return {};
}

Body counterView(const CallCounter& counter) {
    auto view = newObject();
    view->set("path", counter.path);
    view->set("appid", counter.appid);
    view->set("authorizer_appid", counter.authorizer_appid);
    view->set("calls", counter.calls);
    auto answers = newObject();
    for (const auto& [answer, count] : counter.answers) answers->set(answer, count);
    view->set("answers", answers);
    return view;
}

}  // namespace

void PlatformControl::addRoutes(gateway::http::Router& router) {
    using Self = PlatformControl;
    addRoute(router, "POST", "/faults", *this, &Self::addFault);
    addRoute(router, "GET", "/faults", *this, &Self::listFaults);
    addRoute(router, "DELETE", "/faults", *this, &Self::clearFaults);
    addRoute(router, "POST", "/answers", *this, &Self::setAnswer);
    addRoute(router, "GET", "/answers", *this, &Self::listAnswers);
    addRoute(router, "DELETE", "/answers", *this, &Self::clearAnswers);
    addRoute(router, "GET", "/calls", *this, &Self::listCalls);
    addRoute(router, "DELETE", "/calls", *this, &Self::clearCalls);
    addRoute(router, "GET", "/counters", *this, &Self::listCounters);
    addRoute(router, "DELETE", "/counters", *this, &Self::clearCounters);
    addRoute(router, "POST", "/limits", *this, &Self::setLimit);
    addRoute(router, "GET", "/limits", *this, &Self::listLimits);
    addRoute(router, "DELETE", "/limits", *this, &Self::clearLimits);
    addRoute(router, "GET", "/quirks", *this, &Self::showQuirks);
    addRoute(router, "PATCH", "/quirks", *this, &Self::patchQuirks);
    addRoute(router, "POST", "/state:save", *this, &Self::saveState);
    addRoute(router, "GET", "/clock", *this, &Self::showClock);
    addRoute(router, "POST", "/clock", *this, &Self::moveClock);
    addRoute(router, "GET", "/livez", *this, &Self::alive);
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

tenants::Task<gateway::http::Response> PlatformControl::listCounters(Request request) {
    auto counters = newArray();
    for (const CallCounter& counter : services_.calls.counters(request.head.queryParameter("path").value_or("")))
        counters->add(counterView(counter));
    auto answer = newObject();
    answer->set("counters", counters);
    co_return controlAnswer(answer);
}

tenants::Task<gateway::http::Response> PlatformControl::clearCounters(Request) {
    services_.calls.clearCounters();
    auto answer = newObject();
    answer->set("counters", newArray());
    co_return controlAnswer(answer);
}

tenants::Task<gateway::http::Response> PlatformControl::setLimit(Request request) {
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    CallLimit limit;
    if (const std::string wrong = readLimit(body, limit); !wrong.empty()) co_return controlProblem(400, wrong);
    services_.quotas.limit(std::move(limit));
    co_return limitsView();
}

tenants::Task<gateway::http::Response> PlatformControl::listLimits(Request) {
    co_return limitsView();
}

tenants::Task<gateway::http::Response> PlatformControl::clearLimits(Request) {
    services_.quotas.clearLimits();
    co_return limitsView();
}

tenants::Task<gateway::http::Response> PlatformControl::showQuirks(Request) {
    co_return quirksAnswer();
}

tenants::Task<gateway::http::Response> PlatformControl::patchQuirks(Request request) {
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    if (const auto unknown = unknownField(body, {"legacy_answers", "strict_methods"}); !unknown.empty())
        co_return controlProblem(400, "unknown field " + unknown);
    const auto legacy_answers = booleanField(body, "legacy_answers");
    if (body->has("legacy_answers") && !legacy_answers)
        co_return controlProblem(400, "legacy_answers is not true or false");
    const auto strict_methods = booleanField(body, "strict_methods");
    if (body->has("strict_methods") && !strict_methods)
        co_return controlProblem(400, "strict_methods is not true or false");
    services_.store.change([&](State& state) {
        state.quirks.legacy_answers = legacy_answers.value_or(state.quirks.legacy_answers);
        state.quirks.strict_methods = strict_methods.value_or(state.quirks.strict_methods);
    });
    co_return quirksAnswer();
}

tenants::Task<gateway::http::Response> PlatformControl::saveState(Request) {
    co_await services_.file_worker.run([this] { services_.store.flush(); });
    auto answer = newObject();
    answer->set("saved", true);
    co_return controlAnswer(answer);
}

tenants::Task<gateway::http::Response> PlatformControl::showClock(Request) {
    co_return controlAnswer(clockView());
}

tenants::Task<gateway::http::Response> PlatformControl::moveClock(Request request) {
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    tenants::UtcTime target;
    const tenants::UtcTime now = services_.clock.now();
    if (const std::string wrong = readClockMove(body, now, target); !wrong.empty())
        co_return controlProblem(400, wrong);
    std::function<void(State&)> move = [this, by = target - now](State& state) {
        state.clock_offset += by;
        services_.clock.setOffset(state.clock_offset);
    };
    const std::optional<Delivery> ticket = co_await services_.pushers.changeAndPushDueTickets(std::move(move));
    Body answer = clockView();
    answer->set("event", ticket ? std::string{deliveryName(*ticket)} : std::string{"none"});
    co_return controlAnswer(answer);
}

tenants::Task<gateway::http::Response> PlatformControl::alive(Request) {
    auto answer = newObject();
    answer->set("status", std::string{"ok"});
    co_return controlAnswer(answer);
}

gateway::http::Response PlatformControl::faultsView() const {
    auto list = newArray();
    for (const Fault& fault : services_.faults.planned()) list->add(faultView(fault));
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

gateway::http::Response PlatformControl::limitsView() const {
    auto list = newArray();
    for (const CallLimit& limit : services_.quotas.limits()) {
        auto view = newObject();
        view->set("path", limit.path);
        if (!limit.appid.empty()) view->set("appid", limit.appid);
        if (limit.per_day) view->set("per_day", *limit.per_day);
        if (limit.per_minute) view->set("per_minute", *limit.per_minute);
        list->add(view);
    }
    auto answer = newObject();
    answer->set("limits", list);
    return controlAnswer(answer);
}

gateway::http::Response PlatformControl::quirksAnswer() const {
    return controlAnswer(services_.store.read([](const State& state) { return quirksView(state.quirks); }));
}

Poco::JSON::Object::Ptr PlatformControl::clockView() const {
    const std::chrono::milliseconds offset = services_.clock.offset();
    auto view = newObject();
    view->set("now", tenants::rfc3339(services_.clock.now()));
    view->set("offset_s", static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(offset).count()));
    view->set("offset_ms", static_cast<std::int64_t>(offset.count()));
    return view;
}

}  // namespace sandbox
