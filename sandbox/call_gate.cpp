#include "sandbox/call_gate.h"

#include <utility>
#include <variant>

#include "sandbox/json.h"

namespace sandbox {

std::string CallGate::tokenOf(const gateway::http::RequestHead& head) {
    if (auto token = head.queryParameter("access_token")) return *token;
    return head.queryParameter("component_access_token").value_or("");
}

Verdict<CallGate::ComponentCall> CallGate::withoutToken(const gateway::http::Request& request) const {
    if (request.head.method != "POST") return refusals::postRequired();
    Verdict<ComponentCall> call = componentIn(request);
    if (!accepted(call)) return call;
    const std::string& appid = std::get<ComponentCall>(call).component_appid;
    const auto refusal = store_.read(
        [&](const State& state) { return refusalForPeer(state.component(appid), request.head.peer_address); });
    if (refusal) return *refusal;
    if (const auto limited = count(appid, request.head.path)) return *limited;
    return call;
}

Verdict<CallGate::ComponentCall> CallGate::withComponentToken(const gateway::http::Request& request) const {
    const Verdict<TokenOwner> token_owner = caller(request.head, false, componentCaller);
    if (!accepted(token_owner)) return refusalOf(token_owner);
    Verdict<ComponentCall> call = componentIn(request);
    if (!accepted(call)) return call;
    const std::string& appid = std::get<ComponentCall>(call).component_appid;
    if (appid != std::get<TokenOwner>(token_owner).component_appid) return refusals::appidInvalid();
    if (const auto limited = count(appid, request.head.path)) return *limited;
    return call;
}

Verdict<CallGate::TokenCall> CallGate::withToken(const gateway::http::Request& request, Whose whose) const {
    Verdict<TokenOwner> token_owner = caller(request.head, false, whose == Whose::kAccount ? accountCaller : anyCaller);
    if (!accepted(token_owner)) return refusalOf(token_owner);
    const Verdict<Body> body = bodyOf(request);
    if (!accepted(body)) return refusalOf(body);
    return TokenCall{.caller = std::move(std::get<TokenOwner>(token_owner)), .body = std::get<Body>(body)};
}

Verdict<TokenOwner> CallGate::accountOf(const gateway::http::RequestHead& head, bool get_allowed) const {
    return caller(head, get_allowed, accountCaller);
}

std::optional<Refusal> CallGate::count(const std::string& appid, const std::string& path) const {
    return quotas_.take(appid, path, clock_.now());
}

Verdict<TokenOwner> CallGate::caller(const gateway::http::RequestHead& head, bool get_allowed, Rule rule) const {
    const std::string token = tokenOf(head);
    return store_.read([&](const State& state) -> Verdict<TokenOwner> {
        if (const auto token_owner = ownerOfToken(state, token)) {
            const Component& component = state.component(token_owner->component_appid);
            if (const auto refusal = refusalForPeer(component, head.peer_address)) return *refusal;
        }
        if (head.method != "POST" && !(get_allowed && head.method == "GET")) return refusals::postRequired();
        return rule(state, token, clock_.now());
    });
}

Verdict<CallGate::ComponentCall> CallGate::componentIn(const gateway::http::Request& request) const {
    const Verdict<Body> body = bodyOf(request);
    if (!accepted(body)) return refusalOf(body);
    const auto appid = stringField(std::get<Body>(body), "component_appid");
    if (!appid || appid->empty()) return refusals::componentAppidMissing();
    const bool known = store_.read([&](const State& state) { return state.findComponent(*appid) != nullptr; });
    if (!known) return refusals::appidInvalid();
    return ComponentCall{.component_appid = *appid, .body = std::get<Body>(body)};
}

Verdict<CallGate::Body> CallGate::bodyOf(const gateway::http::Request& request) {
    if (request.body.empty()) return refusals::bodyEmpty();
    Body body = parseObject(request.body);
    if (body.isNull()) return refusals::bodyMalformed();
    return body;
}

}  // namespace sandbox
