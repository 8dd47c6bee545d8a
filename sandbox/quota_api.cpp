#include "sandbox/quota_api.h"

#include <algorithm>
#include <string>
#include <variant>

#include "sandbox/component_api.h"
#include "sandbox/json.h"
#include "sandbox/ocr_api.h"

namespace sandbox {
namespace {

// Source: wechat-platform.md §3.12.
constexpr std::chrono::hours kRidLife{7 * 24};

/// 76021 for a path that has no quota here, 76022 where another kind of account owns it.
std::optional<Refusal> refusalForPath(const std::string& path, const TokenOwner& caller) {
    const bool of_account = path == kDrivingOcrPath;
    if (!of_account && !ComponentApi::owns(path)) return refusals::quotaPathUnknown();
    if (of_account == caller.ownsItself()) return refusals::quotaTokenMismatch();
    return std::nullopt;
}

}  // namespace

std::optional<PlatformAnswer> QuotaApi::handle(const gateway::http::Request& request) {
    const std::string& path = request.head.path;
    if (path == "/cgi-bin/openapi/quota/get") return show(request);
    if (path == "/cgi-bin/openapi/quota/clear") return clearPath(request);
    if (path == "/cgi-bin/clear_quota") return clearAccount(request);
    if (path == "/cgi-bin/component/clear_quota/v2") return clearWithSecret(request);
    if (path == "/cgi-bin/component/clear_quota") return clearComponent(request);
    if (path == "/cgi-bin/openapi/rid/get") return showRequest(request);
    return std::nullopt;
}

PlatformAnswer QuotaApi::show(const gateway::http::Request& request) {
    const auto call = gate_.withToken(request, CallGate::Whose::kAnybody);
    if (!accepted(call)) return refusalAnswer(refusalOf(call));
    const auto& [caller, body] = std::get<CallGate::TokenCall>(call);
    const std::string path = stringField(body, "cgi_path").value_or("");
    if (const auto refusal = refusalForPath(path, caller)) return refusalAnswer(*refusal);
    const tenants::UtcTime now = clock_.now();
    CallUsage usage = quotas_.usage(caller.speaksFor(), path, now);
    if (path == kDrivingOcrPath) {  // the market's quota goes before the calls' one
        const auto quota =
            store_.read([&caller = caller](const State& state) { return state.authorizers.at(caller.appid).quota; });
        usage.daily_limit = quota.day_free;
        usage.used = quota.usedAt(now);
    }
    auto numbers = newObject();
    numbers->set("daily_limit", usage.daily_limit);
    numbers->set("used", usage.used);
    numbers->set("remain", std::max<std::int64_t>(0, usage.daily_limit - usage.used));
    auto answer = newObject();
    answer->set("errcode", 0);
    answer->set("errmsg", std::string{"ok"});
    answer->set("quota", numbers);
    if (usage.per_minute) {
        auto rate = newObject();
        rate->set("call_count", *usage.per_minute);
        rate->set("refresh_second", 60);
        answer->set("rate_limit", rate);
    }
    return successAnswer(answer);
}

PlatformAnswer QuotaApi::clearPath(const gateway::http::Request& request) {
    const auto call = gate_.withToken(request, CallGate::Whose::kAnybody);
    if (!accepted(call)) return refusalAnswer(refusalOf(call));
    const auto& [caller, body] = std::get<CallGate::TokenCall>(call);
    const std::string path = stringField(body, "cgi_path").value_or("");
    if (const auto refusal = refusalForPath(path, caller)) return refusalAnswer(*refusal);
    return reset(caller.speaksFor(), path);
}

PlatformAnswer QuotaApi::clearAccount(const gateway::http::Request& request) {
    const auto call = gate_.withToken(request, CallGate::Whose::kAnybody);
    if (!accepted(call)) return refusalAnswer(refusalOf(call));
    const auto& [caller, body] = std::get<CallGate::TokenCall>(call);
    if (stringField(body, "appid") != caller.speaksFor()) return refusalAnswer(refusals::appidInvalid());
    return reset(caller.speaksFor(), {});
}

PlatformAnswer QuotaApi::clearWithSecret(const gateway::http::Request& request) {
    const auto call = gate_.withoutToken(request);
    if (!accepted(call)) return refusalAnswer(refusalOf(call));
    const auto& [component_appid, body] = std::get<CallGate::ComponentCall>(call);
    const auto secret = stringField(body, "appsecret");
    if (!secret) return refusalAnswer(refusals::secretMissing());
    const std::string appid = stringField(body, "appid").value_or(component_appid);
    const auto refusal = store_.read([&, &component = component_appid](const State& state) -> std::optional<Refusal> {
        if (state.component(component).keys.secret != *secret) return refusals::secretWrong();
        if (appid == component) return std::nullopt;
        const Authorizer* const account = state.findAuthorizer(appid);
        const bool authorized = account != nullptr && account->authorizationOf(component) != nullptr;
        return authorized ? std::nullopt : std::optional{refusals::notAuthorized()};
    });
    return refusal ? refusalAnswer(*refusal) : reset(appid, {});
}

/// The form of old clients: the component's own counters by its own token.
PlatformAnswer QuotaApi::clearComponent(const gateway::http::Request& request) {
    const auto call = gate_.withComponentToken(request);
    if (!accepted(call)) return refusalAnswer(refusalOf(call));
    return reset(std::get<CallGate::ComponentCall>(call).component_appid, {});
}

PlatformAnswer QuotaApi::showRequest(const gateway::http::Request& request) {
    const auto call = gate_.withToken(request, CallGate::Whose::kAnybody);
    if (!accepted(call)) return refusalAnswer(refusalOf(call));
    const auto& [caller, body] = std::get<CallGate::TokenCall>(call);
    const std::string rid = stringField(body, "rid").value_or("");
    if (!isRid(rid)) return refusalAnswer(refusals::ridMalformed());
    const auto record = rids_.find(rid);
    if (!record) return refusalAnswer(refusals::ridUnknown());
    if (record->component_appid != caller.component_appid) return refusalAnswer(refusals::ridOfAnother());
    if (clock_.now() >= record->invoked_at + kRidLife) return refusalAnswer(refusals::ridTooOld());
    auto shown = newObject();
    shown->set("invoke_time",
               static_cast<std::int64_t>(
                   std::chrono::duration_cast<std::chrono::seconds>(record->invoked_at.time_since_epoch()).count()));
    shown->set("cost_in_ms", record->cost_ms);
    shown->set("request_url", record->url);
    shown->set("request_body", record->request_body);
    shown->set("response_body", record->answer_body);
    shown->set("client_ip", record->peer_address);
    auto answer = newObject();
    answer->set("errcode", 0);
    answer->set("errmsg", std::string{"ok"});
    answer->set("request", shown);
    return successAnswer(answer);
}

PlatformAnswer QuotaApi::reset(const std::string& appid, const std::string& path) {
    const auto refusal = quotas_.reset(appid, path, clock_.now());
    return refusal ? refusalAnswer(*refusal) : doneAnswer();
}

}  // namespace sandbox
