#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sandbox/component_rules.h"
#include "sandbox/state.h"
#include "tenants/base/clock.h"

namespace sandbox {

/// What the authorization page is opened with. Source: wechat-platform.md §3.5.
struct AuthorizationLink {
    std::string component_appid;
    std::string pre_auth_code;
    std::string redirect_uri;
    std::string auth_type = "3";  // 1 official accounts, 2 mini programs, 3 both
    std::string biz_appid = {};   // only this account may be authorized; empty: any
};

/// The link's parameters from its raw query. Nothing where one is missing, empty or badly encoded.
std::optional<AuthorizationLink> readAuthorizationLink(std::string_view raw_query);
/// The same from a whole URL, whatever its host: both the PC and the H5 form carry the same parameters.
std::optional<AuthorizationLink> readAuthorizationUrl(std::string_view url);

/// Why a consent cannot be given: a text for the one who tries.
struct ConsentFault {
    std::string detail;
};

/// What a consent leads to.
struct Consent {
    std::string redirect;        // where the merchant's browser is sent
    std::optional<Event> event;  // nothing where a renewed authorization changed nothing
};

/// Why this link opens no page: an unknown component, an unknown or expired pre-auth code, a redirect that is no URL.
std::optional<ConsentFault> faultOfLink(const State& state, const AuthorizationLink& link, tenants::UtcTime now);

/// The accounts that the page offers for this link; cancelled, frozen and banned ones are not shown.
std::vector<Authorizer> accountsOffered(const State& state, const AuthorizationLink& link);

/// The merchant's admin confirms: the link's component is authorized with `sets` (left out: those that it has), with
/// new tokens.
/// The first time the event is `authorized`; later `updateauthorized`, and only if the sets changed.
std::variant<Consent, ConsentFault> giveConsent(State& state, const AuthorizationLink& link, const std::string& appid,
                                                const std::optional<std::set<int>>& sets, tenants::UtcTime now);

/// A merchant renews the authorization in WeChat's own pages, with `sets` (left out: those that it has): new refresh token,
/// older tokens die at once; nothing is sent unless the sets changed. The component must be authorized.
std::optional<Event> reauthorizeAccount(State& state, Component& component, Authorizer& account,
                                        const std::optional<std::set<int>>& sets, tenants::UtcTime now);

/// A merchant changes the sets without opening a link. Tokens live on, so that calls between the change and its event are
/// answered by the new sets; the event's code can be exchanged. Nothing where nothing changes or the component is not
/// authorized; then the next consent grants these.
std::optional<Event> changeSets(State& state, Component& component, Authorizer& account, const std::set<int>& sets,
                                tenants::UtcTime now);

}  // namespace sandbox
