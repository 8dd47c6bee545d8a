#include "sandbox/component_api.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "sandbox/authorizer_view.h"
#include "sandbox/json.h"

namespace sandbox {
namespace {

constexpr std::string_view kQuotaPath = "/cgi-bin/openapi/quota/get";
constexpr std::string_view kOcrPath = "/cv/ocr/driving";

std::int64_t seconds(std::chrono::seconds life) {
    return life.count();
}

}  // namespace

const ComponentApi::Endpoint ComponentApi::kEndpoints[] = {
    {"/cgi-bin/component/api_start_push_ticket", Guard::kNone, &ComponentApi::startPushTicket},
    {"/cgi-bin/component/api_component_token", Guard::kNone, &ComponentApi::componentToken},
    {"/cgi-bin/component/api_create_preauthcode", Guard::kComponentToken, &ComponentApi::createPreAuthCode},
    {"/cgi-bin/component/api_query_auth", Guard::kComponentToken, &ComponentApi::queryAuth},
    {"/cgi-bin/component/api_authorizer_token", Guard::kComponentToken, &ComponentApi::authorizerToken},
    {"/cgi-bin/component/api_get_authorizer_info", Guard::kComponentToken, &ComponentApi::getAuthorizerInfo},
    {"/cgi-bin/component/api_get_authorizer_list", Guard::kComponentToken, &ComponentApi::getAuthorizerList},
};

ComponentApi::ComponentApi(StateStore& store, const ComponentKeys& keys, const PlatformClock& clock,
                           std::function<void()> restart_push)
    : store_(store), keys_(keys), clock_(clock), restart_push_(std::move(restart_push)) {}

std::optional<PlatformAnswer> ComponentApi::handle(const gateway::http::Request& request) {
    if (request.head.path == kQuotaPath) return quota(request);
    const auto endpoint = std::find_if(std::begin(kEndpoints), std::end(kEndpoints),
                                       [&request](const Endpoint& known) { return known.path == request.head.path; });
    if (endpoint == std::end(kEndpoints)) return std::nullopt;
    return guarded(*endpoint, request);
}

std::string ComponentApi::tokenOf(const gateway::http::RequestHead& head) {
    if (auto token = head.queryParameter("access_token")) return *token;
    return head.queryParameter("component_access_token").value_or("");
}

PlatformAnswer ComponentApi::guarded(const Endpoint& endpoint, const gateway::http::Request& request) {
    if (request.head.method != "POST") return refusalAnswer(refusals::postRequired());
    if (endpoint.guard == Guard::kComponentToken) {
        const std::string token = tokenOf(request.head);
        const auto refusal =
            store_.read([&](const State& state) { return refusalForComponentToken(state, token, clock_.now()); });
        if (refusal) return refusalAnswer(*refusal);
    }
    if (request.body.empty()) return refusalAnswer(refusals::bodyEmpty());
    const Body body = parseObject(request.body);
    if (body.isNull()) return refusalAnswer(refusals::bodyMalformed());
    const auto component_appid = stringField(body, "component_appid");
    if (!component_appid || component_appid->empty()) return refusalAnswer(refusals::componentAppidMissing());
    if (*component_appid != keys_.appid) return refusalAnswer(refusals::appidInvalid());
    return (this->*endpoint.answer)(body);
}

PlatformAnswer ComponentApi::startPushTicket(const Body& body) {
    const auto secret = stringField(body, "component_secret");  // not component_appsecret, as in the next one
    if (!secret) return refusalAnswer(refusals::secretMissing());
    if (*secret != keys_.secret) return refusalAnswer(refusals::secretWrong());
    const bool was_running =
        store_.change([](State& state) { return std::exchange(state.component.push_running, true); });
    if (!was_running) restart_push_();
    auto answer = newObject();
    answer->set("errcode", 0);
    answer->set("errmsg", std::string{was_running ? "in a normal state" : "ok"});
    return successAnswer(answer);
}

PlatformAnswer ComponentApi::componentToken(const Body& body) {
    const auto secret = stringField(body, "component_appsecret");
    if (!secret) return refusalAnswer(refusals::secretMissing());
    const std::string ticket = stringField(body, "component_verify_ticket").value_or("");
    const auto granted = store_.change(
        [&](State& state) { return issueComponentToken(state, keys_, keys_.appid, *secret, ticket, clock_.now()); });
    if (!accepted(granted)) return refusalAnswer(refusalOf(granted));
    const auto& grant = std::get<TokenGrant>(granted);
    auto answer = newObject();
    answer->set("component_access_token", grant.token);
    answer->set("expires_in", seconds(grant.expires_in));
    return successAnswer(answer);
}

PlatformAnswer ComponentApi::createPreAuthCode(const Body&) {
    const PreAuthCode code = store_.change([&](State& state) { return issuePreAuthCode(state, clock_.now()); });
    auto answer = newObject();
    answer->set("pre_auth_code", code.text);
    answer->set("expires_in", seconds(kPreAuthCodeLife));
    return successAnswer(answer);
}

PlatformAnswer ComponentApi::queryAuth(const Body& body) {
    const auto code = stringField(body, "authorization_code");
    if (!code || code->empty()) return refusalAnswer(refusals::argumentInvalid());
    const auto granted = store_.change([&](State& state) { return exchangeCode(state, *code, clock_.now()); });
    if (!accepted(granted)) return refusalAnswer(refusalOf(granted));
    const auto& grant = std::get<AuthorizerGrant>(granted);
    auto info = newObject();
    info->set("authorizer_appid", grant.appid);
    info->set("authorizer_access_token", grant.access.token);
    info->set("expires_in", seconds(grant.access.expires_in));
    info->set("authorizer_refresh_token", grant.refresh_token);
    info->set("func_info", functionInfo(grant.sets, FunctionDetail::kConfirmation));
    auto answer = newObject();
    answer->set("authorization_info", info);
    return successAnswer(answer);
}

PlatformAnswer ComponentApi::authorizerToken(const Body& body) {
    const auto appid = stringField(body, "authorizer_appid");
    if (!appid || appid->empty()) return refusalAnswer(refusals::appidInvalid());
    const std::string refresh_token = stringField(body, "authorizer_refresh_token").value_or("");
    const auto granted =
        store_.change([&](State& state) { return refreshAuthorizer(state, *appid, refresh_token, clock_.now()); });
    if (!accepted(granted)) return refusalAnswer(refusalOf(granted));
    const auto& grant = std::get<AuthorizerGrant>(granted);
    auto answer = newObject();
    answer->set("authorizer_access_token", grant.access.token);
    answer->set("expires_in", seconds(grant.access.expires_in));
    answer->set("authorizer_refresh_token", grant.refresh_token);
    return successAnswer(answer);
}

PlatformAnswer ComponentApi::getAuthorizerInfo(const Body& body) {
    const auto appid = stringField(body, "authorizer_appid");
    if (!appid || appid->empty()) return refusalAnswer(refusals::appidInvalid());
    const auto found = store_.read([&](const State& state) { return authorizerInfo(state, *appid); });
    if (!accepted(found)) return refusalAnswer(refusalOf(found));
    const auto& account = std::get<Authorizer>(found);
    auto answer = newObject();
    answer->set("authorizer_info", accountInfo(account));
    answer->set("authorization_info", authorizationInfo(account));
    return successAnswer(answer);
}

PlatformAnswer ComponentApi::getAuthorizerList(const Body& body) {
    const auto offset = integerField(body, "offset");
    const auto count = integerField(body, "count");
    if (!offset || !count || *offset < 0 || *count < 1 || *count > kAuthorizerListMax)
        return refusalAnswer(refusals::argumentInvalid());
    const auto accounts = store_.read([](const State& state) { return authorizedAccounts(state); });
    auto list = newArray();
    const auto total = static_cast<std::int64_t>(accounts.size());
    for (std::int64_t at = *offset; at < total && at - *offset < *count; ++at) {
        list->add(listEntry(accounts[static_cast<std::size_t>(at)]));
    }
    auto answer = newObject();
    answer->set("total_count", total);
    answer->set("list", list);
    return successAnswer(answer);
}

/// Only the OCR path has a quota that is emulated, and it belongs to the account.
PlatformAnswer ComponentApi::quota(const gateway::http::Request& request) {
    if (request.head.method != "POST") return refusalAnswer(refusals::postRequired());
    const std::string token = tokenOf(request.head);
    const tenants::UtcTime now = clock_.now();
    const auto refusal = store_.read([&](const State& state) { return refusalForAccountToken(state, token, now); });
    if (refusal && refusal->errcode == refusals::accountTokenNeeded().errcode)
        return refusalAnswer(refusals::quotaTokenMismatch());
    if (refusal) return refusalAnswer(*refusal);
    const Body body = parseObject(request.body);
    if (body.isNull()) return refusalAnswer(refusals::bodyMalformed());
    if (stringField(body, "cgi_path") != kOcrPath) return refusalAnswer(refusals::quotaPathUnknown());
    const RecognitionQuota quota = store_.read([&](const State& state) {
        const auto account = state.authorizers.find(accountOfToken(state, token, now).appid);
        return account == state.authorizers.end() ? RecognitionQuota{} : account->second.quota;
    });
    auto numbers = newObject();
    numbers->set("daily_limit", quota.day_free);
    numbers->set("used", quota.usedAt(now));
    numbers->set("remain", std::max<std::int64_t>(0, quota.day_free - quota.usedAt(now)));
    auto answer = newObject();
    answer->set("errcode", 0);
    answer->set("errmsg", std::string{"ok"});
    answer->set("quota", numbers);
    return successAnswer(answer);
}

}  // namespace sandbox
