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

/// What the platform decides about calls of the third-party platform's own account. All of them change or read a state
/// that the caller holds, at a time that the caller gives. Source: wechat-platform.md §3.

/// The secrets of the component, from the configuration.
struct ComponentKeys {
    std::string appid;
    std::string secret;
    std::string push_token;
    std::string encoding_aes_key;
};

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
Ticket issueTicket(State& state, tenants::UtcTime now);
/// When the timer pushes the next ticket: ten minutes after the last one, at once where there is none.
tenants::UtcTime nextTicketAt(const State& state);

/// The component token for a good secret and ticket. Refusals: 40013, 40125, 61005, 61006.
Verdict<TokenGrant> issueComponentToken(State& state, const ComponentKeys& keys, std::string_view appid,
                                        std::string_view secret, std::string_view ticket, tenants::UtcTime now);
/// Why `token` may not call the component's endpoints: 40001, 40014, 41001, 42001, 61014; empty where it may.
std::optional<Refusal> refusalForComponentToken(const State& state, std::string_view token, tenants::UtcTime now);

PreAuthCode issuePreAuthCode(State& state, tenants::UtcTime now);

/// Exchanges an authorization code, once. Refusals: 61009, 61010, 61003 where the authorization was withdrawn meanwhile.
Verdict<AuthorizerGrant> exchangeCode(State& state, const std::string& code, tenants::UtcTime now);
/// A new access token. The refresh token in the answer is the account's current one, which need not be the one that was
/// sent. Refusals: 61003, 50002, 61023.
Verdict<AuthorizerGrant> refreshAuthorizer(State& state, const std::string& appid, std::string_view refresh_token,
                                           tenants::UtcTime now);
/// The account, if it is authorized. Refusal: 61003.
Verdict<Authorizer> authorizerInfo(const State& state, const std::string& appid);
/// Every authorized account in order of its appid.
std::vector<Authorizer> authorizedAccounts(const State& state);

/// The account that `token` belongs to and what it is worth; no account for an unknown token.
struct AccountOfToken {
    std::string appid;
    TokenStanding standing = TokenStanding::kUnknown;
};
AccountOfToken accountOfToken(const State& state, std::string_view token, tenants::UtcTime now);
/// The appid whose token it is, the component's included; empty for a token that nobody was given.
std::string appidOfToken(const State& state, const ComponentKeys& keys, std::string_view token, tenants::UtcTime now);
/// Why `token` may not make calls for an account: 40001, 40014, 41001, 42001, 61015; empty where it may.
std::optional<Refusal> refusalForAccountToken(const State& state, std::string_view token, tenants::UtcTime now);

}  // namespace sandbox
