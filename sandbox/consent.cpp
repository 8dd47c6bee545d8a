#include "sandbox/consent.h"

#include <algorithm>
#include <utility>

#include "gateway/http/message.h"
#include "sandbox/events.h"
#include "sandbox/random_text.h"
#include "sandbox/url.h"

namespace sandbox {
namespace {

// The redirect says 600 s, the event names an hour; both codes are good for one exchange. Source: wechat-platform.md §1, §4.3 V2.
constexpr std::chrono::seconds kRedirectCodeLife{600};
constexpr std::chrono::seconds kEventCodeLife{3600};

AuthorizationCode issueCode(Component& component, const std::string& appid, std::chrono::seconds life,
                            tenants::UtcTime now) {
    AuthorizationCode code{.text = newAuthorizationCodeText(), .appid = appid, .expires_at = now + life};
    component.authorization_codes.emplace(code.text, code);
    return code;
}

bool offered(const Authorizer& account, const AuthorizationLink& link) {
    if (account.limited()) return false;
    if (!link.biz_appid.empty()) return account.appid == link.biz_appid;
    const bool mini_program = account.kind == AccountKind::kMiniProgram;
    if (link.auth_type == "1") return !mini_program;
    if (link.auth_type == "2") return mini_program;
    return true;
}

std::string redirectTo(const std::string& redirect_uri, const AuthorizationCode& code) {
    const bool has_query = redirect_uri.find('?') != std::string::npos;
    return redirect_uri + (has_query ? "&" : "?") + "auth_code=" + percentEncoded(code.text) +
           "&expires_in=" + std::to_string(kRedirectCodeLife.count());
}

}  // namespace

std::optional<AuthorizationLink> readAuthorizationLink(std::string_view raw_query) {
    gateway::http::RequestHead head;
    head.query = raw_query;
    AuthorizationLink link;
    link.component_appid = head.queryParameter("component_appid").value_or("");
    link.pre_auth_code = head.queryParameter("pre_auth_code").value_or("");
    link.redirect_uri = head.queryParameter("redirect_uri").value_or("");
    link.auth_type = head.queryParameter("auth_type").value_or("3");
    link.biz_appid = head.queryParameter("biz_appid").value_or("");
    if (link.component_appid.empty() || link.pre_auth_code.empty() || link.redirect_uri.empty()) return std::nullopt;
    return link;
}

std::optional<AuthorizationLink> readAuthorizationUrl(std::string_view url) {
    const auto question = url.find('?');
    if (question == std::string_view::npos) return std::nullopt;
    const std::string_view query = url.substr(question + 1);
    return readAuthorizationLink(query.substr(0, query.find('#')));
}

std::optional<ConsentFault> faultOfLink(const State& state, const AuthorizationLink& link, tenants::UtcTime now) {
    const Component* const component = state.findComponent(link.component_appid);
    if (component == nullptr)
        return ConsentFault{"the link's component_appid is not one of this platform's components"};
    if (link.auth_type != "1" && link.auth_type != "2" && link.auth_type != "3")
        return ConsentFault{"the link's auth_type is not 1, 2 or 3"};
    if (!isWebAddress(link.redirect_uri)) return ConsentFault{"the link's redirect_uri is not an http or https URL"};
    const auto code = component->pre_auth_codes.find(link.pre_auth_code);
    if (code == component->pre_auth_codes.end()) return ConsentFault{"the link's pre_auth_code was not issued here"};
    if (now >= code->second.expires_at) return ConsentFault{"the link's pre_auth_code is expired"};
    return std::nullopt;
}

std::vector<Authorizer> accountsOffered(const State& state, const AuthorizationLink& link) {
    std::vector<Authorizer> accounts;
    for (const auto& [appid, account] : state.authorizers) {
        if (offered(account, link)) accounts.push_back(account);
    }
    return accounts;
}

std::variant<Consent, ConsentFault> giveConsent(State& state, const AuthorizationLink& link, const std::string& appid,
                                                const std::optional<std::set<int>>& sets, tenants::UtcTime now) {
    if (const auto fault = faultOfLink(state, link, now)) return *fault;
    const auto found = state.authorizers.find(appid);
    if (found == state.authorizers.end()) return ConsentFault{"there is no such account"};
    Authorizer& account = found->second;
    if (!offered(account, link))
        return ConsentFault{"the link does not offer this account: its kind, its status, or biz_appid excludes it"};

    Component& component = state.component(link.component_appid);
    const bool first_time = account.authorizationOf(component.keys.appid) == nullptr;
    const std::set<int> before = account.setsFor(component.keys.appid);
    const std::set<int> granted = sets.value_or(before);
    account.sets = granted;
    account.authorizations[component.keys.appid].authorize(granted, newRefreshTokenText(), now);
    Consent consent{.redirect = redirectTo(link.redirect_uri, issueCode(component, appid, kRedirectCodeLife, now)),
                    .event = {}};
    if (first_time || granted != before) {
        const AuthorizationCode code = issueCode(component, appid, kEventCodeLife, now);
        const std::string_view info_type = first_time ? kAuthorizedEvent : kUpdateAuthorizedEvent;
        consent.event = addAuthorizationEvent(state, component, info_type, code, link.pre_auth_code, now);
    }
    return consent;
}

std::optional<Event> reauthorizeAccount(State& state, Component& component, Authorizer& account,
                                        const std::optional<std::set<int>>& sets, tenants::UtcTime now) {
    const std::set<int> before = account.setsFor(component.keys.appid);
    account.authorizations.at(component.keys.appid).authorize(before, newRefreshTokenText(), now);
    return changeSets(state, component, account, sets.value_or(before), now);
}

std::optional<Event> changeSets(State& state, Component& component, Authorizer& account, const std::set<int>& sets,
                                tenants::UtcTime now) {
    account.sets = sets;
    Authorization* const authorization = account.authorizationOf(component.keys.appid);
    if (authorization == nullptr || authorization->sets == sets) return std::nullopt;
    authorization->sets = sets;
    const AuthorizationCode code = issueCode(component, account.appid, kEventCodeLife, now);
    // There was no link, so the pre-auth code is one that the platform makes for itself.
    return addAuthorizationEvent(state, component, kUpdateAuthorizedEvent, code, issuePreAuthCode(component, now).text,
                                 now);
}

}  // namespace sandbox
