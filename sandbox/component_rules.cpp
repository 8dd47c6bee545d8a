#include "sandbox/component_rules.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "sandbox/random_text.h"

namespace sandbox {
namespace {

// Expired tickets and codes are remembered for a day, so that they are answered as expired and not as unknown.
constexpr std::chrono::hours kRememberExpired{24};

/// Real tokens are a number, an underscore, and URL-safe text; anything else is malformed and not merely unknown.
bool looksLikeToken(std::string_view text) {
    const auto underscore = text.find('_');
    if (underscore == std::string_view::npos || underscore == 0 || text.size() < 32 || text.size() > 512) return false;
    const auto urlSafe = [](char character) {
        return std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '-' || character == '_';
    };
    const std::string_view number = text.substr(0, underscore);
    const auto digit = [](char character) { return character >= '0' && character <= '9'; };
    return std::all_of(number.begin(), number.end(), digit) && std::all_of(text.begin(), text.end(), urlSafe);
}

std::optional<Refusal> refusalForStanding(TokenStanding standing, std::string_view token) {
    switch (standing) {
        case TokenStanding::kValid: return std::nullopt;
        case TokenStanding::kExpired: return refusals::tokenExpired();
        case TokenStanding::kNotLatest: return refusals::tokenNotLatest();
        case TokenStanding::kUnknown: break;
    }
    return looksLikeToken(token) ? refusals::tokenNotLatest() : refusals::tokenMalformed();
}

AuthorizerGrant grantTo(Authorizer& account, tenants::UtcTime now) {
    account.tokens.issue(newAccessTokenText(), now);
    account.code_exchanged = true;
    return {.appid = account.appid,
            .access = {.token = account.tokens.issued().back().text, .expires_in = kAccessTokenLife},
            .refresh_token = account.refresh_token,
            .sets = account.sets};
}

template <class Codes>
void forgetOld(Codes& codes, tenants::UtcTime now) {
    std::erase_if(codes, [now](const auto& entry) { return entry.second.expires_at + kRememberExpired < now; });
}

}  // namespace

Ticket issueTicket(State& state, tenants::UtcTime now) {
    std::vector<Ticket>& tickets = state.component.tickets;
    std::erase_if(tickets,
                  [now](const Ticket& ticket) { return ticket.issued_at + kTicketLife + kRememberExpired < now; });
    tickets.push_back({.text = newTicketText(), .issued_at = now});
    return tickets.back();
}

tenants::UtcTime nextTicketAt(const State& state) {
    const std::vector<Ticket>& tickets = state.component.tickets;
    return tickets.empty() ? tenants::UtcTime{} : tickets.back().issued_at + kTicketInterval;
}

Verdict<TokenGrant> issueComponentToken(State& state, const ComponentKeys& keys, std::string_view appid,
                                        std::string_view secret, std::string_view ticket, tenants::UtcTime now) {
    if (appid != keys.appid) return refusals::appidInvalid();
    if (secret != keys.secret) return refusals::secretWrong();
    const std::vector<Ticket>& tickets = state.component.tickets;
    const auto found =
        std::find_if(tickets.begin(), tickets.end(), [ticket](const Ticket& known) { return known.text == ticket; });
    if (found == tickets.end()) return refusals::ticketInvalid();
    if (now >= found->issued_at + kTicketLife) return refusals::ticketExpired();
    state.component.tokens.issue(newAccessTokenText(), now);
    return TokenGrant{.token = state.component.tokens.issued().back().text, .expires_in = kAccessTokenLife};
}

std::optional<Refusal> refusalForComponentToken(const State& state, std::string_view token, tenants::UtcTime now) {
    if (token.empty()) return refusals::tokenMissing();
    const TokenStanding standing = state.component.tokens.standingOf(token, now);
    if (standing == TokenStanding::kUnknown && accountOfToken(state, token, now).standing != TokenStanding::kUnknown) {
        return refusals::componentTokenNeeded();
    }
    return refusalForStanding(standing, token);
}

PreAuthCode issuePreAuthCode(State& state, tenants::UtcTime now) {
    forgetOld(state.pre_auth_codes, now);
    PreAuthCode code{.text = newPreAuthCodeText(), .expires_at = now + kPreAuthCodeLife};
    state.pre_auth_codes.emplace(code.text, code);
    return code;
}

Verdict<AuthorizerGrant> exchangeCode(State& state, const std::string& code, tenants::UtcTime now) {
    const auto found = state.authorization_codes.find(code);
    if (found == state.authorization_codes.end()) return refusals::codeInvalid();
    if (now >= found->second.expires_at) return refusals::codeExpired();
    const auto account = state.authorizers.find(found->second.appid);
    state.authorization_codes.erase(found);
    forgetOld(state.authorization_codes, now);
    if (account == state.authorizers.end() || !account->second.authorized) return refusals::notAuthorized();
    return grantTo(account->second, now);
}

Verdict<AuthorizerGrant> refreshAuthorizer(State& state, const std::string& appid, std::string_view refresh_token,
                                           tenants::UtcTime now) {
    const auto account = state.authorizers.find(appid);
    if (account == state.authorizers.end() || !account->second.authorized) return refusals::notAuthorized();
    if (account->second.limited()) return refusals::accountLimited();
    if (!account->second.acceptsRefreshToken(refresh_token, now)) return refusals::refreshTokenInvalid();
    return grantTo(account->second, now);
}

Verdict<Authorizer> authorizerInfo(const State& state, const std::string& appid) {
    const auto account = state.authorizers.find(appid);
    if (account == state.authorizers.end() || !account->second.authorized) return refusals::notAuthorized();
    return account->second;
}

std::vector<Authorizer> authorizedAccounts(const State& state) {
    std::vector<Authorizer> accounts;
    for (const auto& [appid, account] : state.authorizers) {
        if (account.authorized) accounts.push_back(account);
    }
    return accounts;
}

AccountOfToken accountOfToken(const State& state, std::string_view token, tenants::UtcTime now) {
    for (const auto& [appid, account] : state.authorizers) {
        const TokenStanding standing = account.tokens.standingOf(token, now);
        if (standing != TokenStanding::kUnknown) return {.appid = appid, .standing = standing};
    }
    return {};
}

std::string appidOfToken(const State& state, const ComponentKeys& keys, std::string_view token, tenants::UtcTime now) {
    if (token.empty()) return {};
    if (state.component.tokens.standingOf(token, now) != TokenStanding::kUnknown) return keys.appid;
    return accountOfToken(state, token, now).appid;
}

std::optional<Refusal> refusalForAccountToken(const State& state, std::string_view token, tenants::UtcTime now) {
    if (token.empty()) return refusals::tokenMissing();
    const TokenStanding standing = accountOfToken(state, token, now).standing;
    if (standing == TokenStanding::kUnknown &&
        state.component.tokens.standingOf(token, now) != TokenStanding::kUnknown) {
        return refusals::accountTokenNeeded();
    }
    return refusalForStanding(standing, token);
}

}  // namespace sandbox
