#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/refusal.h"
#include "sandbox/state.h"
#include "tenants/base/clock.h"

namespace sandbox {

/// What the platform decides about calls of a third-party platform's own account. All of them change or read a state
/// that the caller holds, at a time that the caller gives; a component is one of that state's. Source:
/// wechat-platform.md §3.

inline constexpr std::chrono::hours kTicketLife{12};
inline constexpr std::chrono::minutes kTicketInterval{10};
inline constexpr std::chrono::seconds kPreAuthCodeLife{600};
/// Page size of api_get_authorizer_list.
inline constexpr std::int64_t kAuthorizerListMax = 500;

/// A token as it is handed out.
struct TokenGrant {
    std::string token;
    std::chrono::seconds expires_in{0};
};

/// An authorizer's tokens as they are handed out.
struct AuthorizerGrant {
    std::string appid;
    TokenGrant access;
    std::string refresh_token;
    std::set<int> sets;
};

/// A new ticket; the older ones stay good for their 12 hours.
Ticket issueTicket(Component& component, tenants::UtcTime now);
/// When the timer pushes the next ticket: ten minutes after the last one, at once where there is none.
tenants::UtcTime nextTicketAt(const Component& component);
/// True where the timer has to push a ticket: it is time, somebody is there, and nobody stopped it.
bool ticketIsDue(const Component& component, tenants::UtcTime now);

/// The component token for a good secret and ticket. Refusals: 40125, 61005, 61006.
Verdict<TokenGrant> issueComponentToken(State& state, Component& component, std::string_view secret,
                                        std::string_view ticket, tenants::UtcTime now);
PreAuthCode issuePreAuthCode(Component& component, tenants::UtcTime now);

/// Exchanges an authorization code, once. Refusals: 61009, 61010, 61003 where the authorization was withdrawn meanwhile.
Verdict<AuthorizerGrant> exchangeCode(State& state, Component& component, const std::string& code,
                                      tenants::UtcTime now);
/// A new access token. The refresh token in the answer is the account's current one, which need not be the one that was
/// sent. Refusals: 61003, 50002, 61023.
Verdict<AuthorizerGrant> refreshAuthorizer(State& state, Component& component, const std::string& appid,
                                           std::string_view refresh_token, tenants::UtcTime now);
/// Every account that authorized the component, in order of its appid. Valid as long as the state is held.
std::vector<const Authorizer*> authorizedAccounts(const State& state, const std::string& component_appid);

/// Whose token it is, dead ones that are remembered included; nothing for a token that nobody was given.
std::optional<TokenOwner> ownerOfToken(const State& state, std::string_view token);
/// Whose component token it is. Refusals: 40001, 40014, 41001, 42001, 61014.
Verdict<TokenOwner> componentCaller(const State& state, std::string_view token, tenants::UtcTime now);
/// Whose account token it is. Refusals: 40001, 40014, 41001, 42001, 61015.
Verdict<TokenOwner> accountCaller(const State& state, std::string_view token, tenants::UtcTime now);
/// Either. Refusals: 40001, 40014, 41001, 42001.
Verdict<TokenOwner> anyCaller(const State& state, std::string_view token, tenants::UtcTime now);

/// 61004 where the component's whitelist does not hold that address.
std::optional<Refusal> refusalForPeer(const Component& component, const std::string& address);

}  // namespace sandbox
