#include "sandbox/component_api.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "sandbox/authorizer_view.h"
#include "sandbox/json.h"

namespace sandbox {
namespace {

std::int64_t seconds(std::chrono::seconds life) {
    return life.count();
}

}  // namespace

const ComponentApi::Endpoint ComponentApi::kEndpoints[] = {
    {"/cgi-bin/component/api_start_push_ticket", Guard::kSecret, &ComponentApi::startPushTicket},
    {"/cgi-bin/component/api_component_token", Guard::kSecret, &ComponentApi::componentToken},
    {"/cgi-bin/component/api_create_preauthcode", Guard::kComponentToken, &ComponentApi::createPreAuthCode},
    {"/cgi-bin/component/api_query_auth", Guard::kComponentToken, &ComponentApi::queryAuth},
    {"/cgi-bin/component/api_authorizer_token", Guard::kComponentToken, &ComponentApi::authorizerToken},
    {"/cgi-bin/component/api_get_authorizer_info", Guard::kComponentToken, &ComponentApi::getAuthorizerInfo},
    {"/cgi-bin/component/api_get_authorizer_list", Guard::kComponentToken, &ComponentApi::getAuthorizerList},
};

ComponentApi::ComponentApi(StateStore& store, const CallGate& gate, const PlatformClock& clock,
                           std::function<void(const std::string&)> restart_push)
    : store_(store), gate_(gate), clock_(clock), restart_push_(std::move(restart_push)) {}

const ComponentApi::Endpoint* ComponentApi::find(std::string_view path) {
    const auto* const found = std::find_if(std::begin(kEndpoints), std::end(kEndpoints),
                                           [path](const Endpoint& known) { return known.path == path; });
    return found == std::end(kEndpoints) ? nullptr : found;
}

bool ComponentApi::owns(std::string_view path) {
    return find(path) != nullptr;
}

std::optional<PlatformAnswer> ComponentApi::handle(const gateway::http::Request& request) {
    const Endpoint* const endpoint = find(request.head.path);
    if (endpoint == nullptr) return std::nullopt;
    const Verdict<Call> call =
        endpoint->guard == Guard::kSecret ? gate_.withoutToken(request) : gate_.withComponentToken(request);
    if (!accepted(call)) return refusalAnswer(refusalOf(call));
    return (this->*endpoint->answer)(std::get<Call>(call));
}

PlatformAnswer ComponentApi::startPushTicket(const Call& call) {
    const auto secret = stringField(call.body, "component_secret");  // not component_appsecret, as in the next one
    if (!secret) return refusalAnswer(refusals::secretMissing());
    enum class Found { kOtherSecret, kRunning, kStopped };
    const Found found = store_.change([&](State& state) {
        Component& component = state.component(call.component_appid);
        if (*secret != component.keys.secret) return Found::kOtherSecret;
        const bool ran = std::exchange(component.push_running, true);
        const bool stopped = std::exchange(component.push_stopped, false);
        return ran && !stopped ? Found::kRunning : Found::kStopped;
    });
    if (found == Found::kOtherSecret) return refusalAnswer(refusals::secretWrong());
    if (found == Found::kStopped) restart_push_(call.component_appid);
    auto answer = newObject();
    answer->set("errcode", 0);
    answer->set("errmsg", std::string{found == Found::kRunning ? "in a normal state" : "ok"});
    return successAnswer(answer);
}

PlatformAnswer ComponentApi::componentToken(const Call& call) {
    const auto secret = stringField(call.body, "component_appsecret");
    if (!secret) return refusalAnswer(refusals::secretMissing());
    const std::string ticket = stringField(call.body, "component_verify_ticket").value_or("");
    const auto granted = store_.change([&](State& state) {
        return issueComponentToken(state, state.component(call.component_appid), *secret, ticket, clock_.now());
    });
    if (!accepted(granted)) return refusalAnswer(refusalOf(granted));
    const auto& grant = std::get<TokenGrant>(granted);
    auto answer = newObject();
    answer->set("component_access_token", grant.token);
    answer->set("expires_in", seconds(grant.expires_in));
    return successAnswer(answer);
}

PlatformAnswer ComponentApi::createPreAuthCode(const Call& call) {
    const PreAuthCode code = store_.change(
        [&](State& state) { return issuePreAuthCode(state.component(call.component_appid), clock_.now()); });
    auto answer = newObject();
    answer->set("pre_auth_code", code.text);
    answer->set("expires_in", seconds(kPreAuthCodeLife));
    return successAnswer(answer);
}

PlatformAnswer ComponentApi::queryAuth(const Call& call) {
    const auto code = stringField(call.body, "authorization_code");
    if (!code || code->empty()) return refusalAnswer(refusals::argumentInvalid());
    const auto granted = store_.change(
        [&](State& state) { return exchangeCode(state, state.component(call.component_appid), *code, clock_.now()); });
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

PlatformAnswer ComponentApi::authorizerToken(const Call& call) {
    const auto appid = stringField(call.body, "authorizer_appid");
    if (!appid || appid->empty()) return refusalAnswer(refusals::appidInvalid());
    const std::string refresh_token = stringField(call.body, "authorizer_refresh_token").value_or("");
    bool hidden = false;
    const auto granted = store_.change([&](State& state) {
        const Authorizer* const account = state.findAuthorizer(*appid);
        hidden = account != nullptr && account->hidden_refresh_token.contains(RefreshTokenPlace::kRefresh);
        return refreshAuthorizer(state, state.component(call.component_appid), *appid, refresh_token, clock_.now());
    });
    if (!accepted(granted)) return refusalAnswer(refusalOf(granted));
    const auto& grant = std::get<AuthorizerGrant>(granted);
    auto answer = newObject();
    answer->set("authorizer_access_token", grant.access.token);
    answer->set("expires_in", seconds(grant.access.expires_in));
    if (!hidden) answer->set("authorizer_refresh_token", grant.refresh_token);
    return successAnswer(answer);
}

PlatformAnswer ComponentApi::getAuthorizerInfo(const Call& call) {
    const auto appid = stringField(call.body, "authorizer_appid");
    if (!appid || appid->empty()) return refusalAnswer(refusals::appidInvalid());
    auto answer = newObject();
    const bool authorized = store_.read([&](const State& state) {
        const Authorizer* const account = state.findAuthorizer(*appid);
        if (account == nullptr || account->authorizationOf(call.component_appid) == nullptr) return false;
        answer->set("authorizer_info", accountInfo(*account));
        answer->set("authorization_info", authorizationInfo(*account, call.component_appid));
        return true;
    });
    return authorized ? successAnswer(answer) : refusalAnswer(refusals::notAuthorized());
}

PlatformAnswer ComponentApi::getAuthorizerList(const Call& call) {
    const auto offset = integerField(call.body, "offset");
    const auto count = integerField(call.body, "count");
    if (!offset || !count || *offset < 0 || *count < 1 || *count > kAuthorizerListMax)
        return refusalAnswer(refusals::argumentInvalid());
    auto list = newArray();
    const std::int64_t total = store_.read([&](const State& state) {
        const auto accounts = authorizedAccounts(state, call.component_appid);
        const auto known = static_cast<std::int64_t>(accounts.size());
        for (std::int64_t at = *offset; at < known && at - *offset < *count; ++at)
            list->add(listEntry(*accounts[static_cast<std::size_t>(at)], call.component_appid));
        return known;
    });
    auto answer = newObject();
    answer->set("total_count", total);
    answer->set("list", list);
    return successAnswer(answer);
}

}  // namespace sandbox
