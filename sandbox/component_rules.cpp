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

/// A token that is still remembered, whatever it is worth.
TokenStanding standingOf(const State& state, const TokenOwner& owner, std::string_view token, tenants::UtcTime now) {
    if (owner.ownsItself()) return state.component(owner.component_appid).tokens.standingOf(token, now);
    const Authorizer& account = state.authorizers.at(owner.appid);
    return account.authorizations.at(owner.component_appid).tokens.standingOf(token, now);
}

/// Notes a token that was just issued as the newest of `tokens`, and who has it.
TokenGrant issueToken(State& state, AccessTokens& tokens, const TokenOwner& owner, tenants::UtcTime now) {
    std::string text = newAccessTokenText();
    for (const std::string& forgotten : tokens.issue(text, now)) state.token_owners.erase(forgotten);
    state.token_owners[text] = owner;
    return {.token = std::move(text), .expires_in = kAccessTokenLife};
}

AuthorizerGrant grantTo(State& state, const Component& component, Authorizer& account, Authorization& authorization,
                        tenants::UtcTime now) {
    authorization.code_exchanged = true;
    return {.appid = account.appid,
            .access = issueToken(state, authorization.tokens,
                                 {.component_appid = component.keys.appid, .appid = account.appid}, now),
            .refresh_token = authorization.refresh_token,
            .sets = authorization.sets};
}

template <class Codes>
void forgetOld(Codes& codes, tenants::UtcTime now) {
    std::erase_if(codes, [now](const auto& entry) { return entry.second.expires_at + kRememberExpired < now; });
}

}  // namespace

Ticket issueTicket(Component& component, tenants::UtcTime now) {
    std::vector<Ticket>& tickets = component.tickets;
    std::erase_if(tickets,
                  [now](const Ticket& ticket) { return ticket.issued_at + kTicketLife + kRememberExpired < now; });
    tickets.push_back({.text = newTicketText(), .issued_at = now});
    return tickets.back();
}

tenants::UtcTime nextTicketAt(const Component& component) {
    const std::vector<Ticket>& tickets = component.tickets;
    return tickets.empty() ? tenants::UtcTime{} : tickets.back().issued_at + kTicketInterval;
}

bool ticketIsDue(const Component& component, tenants::UtcTime now) {
    return component.timer_pushes && !component.push_stopped && !component.events_url.empty() &&
           now >= nextTicketAt(component);
}

Verdict<TokenGrant> issueComponentToken(State& state, Component& component, std::string_view secret,
                                        std::string_view ticket, tenants::UtcTime now) {
    if (secret != component.keys.secret) return refusals::secretWrong();
    const std::vector<Ticket>& tickets = component.tickets;
    const auto found =
        std::find_if(tickets.begin(), tickets.end(), [ticket](const Ticket& known) { return known.text == ticket; });
    if (found == tickets.end()) return refusals::ticketInvalid();
    if (now >= found->issued_at + kTicketLife) return refusals::ticketExpired();
    return issueToken(state, component.tokens, {.component_appid = component.keys.appid, .appid = {}}, now);
}

PreAuthCode issuePreAuthCode(Component& component, tenants::UtcTime now) {
    forgetOld(component.pre_auth_codes, now);
    PreAuthCode code{.text = newPreAuthCodeText(), .expires_at = now + kPreAuthCodeLife};
    component.pre_auth_codes.emplace(code.text, code);
    return code;
}

Verdict<AuthorizerGrant> exchangeCode(State& state, Component& component, const std::string& code,
                                      tenants::UtcTime now) {
    const auto found = component.authorization_codes.find(code);
    if (found == component.authorization_codes.end()) return refusals::codeInvalid();
    if (now >= found->second.expires_at) return refusals::codeExpired();
    const auto account = state.authorizers.find(found->second.appid);
    component.authorization_codes.erase(found);
    forgetOld(component.authorization_codes, now);
    if (account == state.authorizers.end()) return refusals::notAuthorized();
    Authorization* const authorization = account->second.authorizationOf(component.keys.appid);
    if (authorization == nullptr) return refusals::notAuthorized();
    return grantTo(state, component, account->second, *authorization, now);
}

Verdict<AuthorizerGrant> refreshAuthorizer(State& state, Component& component, const std::string& appid,
                                           std::string_view refresh_token, tenants::UtcTime now) {
    const auto account = state.authorizers.find(appid);
    if (account == state.authorizers.end()) return refusals::notAuthorized();
    Authorization* const authorization = account->second.authorizationOf(component.keys.appid);
    if (authorization == nullptr) return refusals::notAuthorized();
    if (account->second.limited()) return refusals::accountLimited();
    if (!authorization->acceptsRefreshToken(refresh_token, now)) return refusals::refreshTokenInvalid();
    if (component.rotates_refresh_tokens) authorization->rotateRefreshToken(newRefreshTokenText(), now);
    return grantTo(state, component, account->second, *authorization, now);
}

std::vector<const Authorizer*> authorizedAccounts(const State& state, const std::string& component_appid) {
    std::vector<const Authorizer*> accounts;
    for (const auto& [appid, account] : state.authorizers) {
        if (account.authorizationOf(component_appid) != nullptr) accounts.push_back(&account);
    }
    return accounts;
}

std::optional<TokenOwner> ownerOfToken(const State& state, std::string_view token) {
    const auto found = state.token_owners.find(std::string{token});
    return found == state.token_owners.end() ? std::nullopt : std::optional{found->second};
}

Verdict<TokenOwner> anyCaller(const State& state, std::string_view token, tenants::UtcTime now) {
    if (token.empty()) return refusals::tokenMissing();
    std::optional<TokenOwner> owner = ownerOfToken(state, token);
    const TokenStanding standing = owner ? standingOf(state, *owner, token, now) : TokenStanding::kUnknown;
    switch (standing) {
        case TokenStanding::kValid: return std::move(*owner);
        case TokenStanding::kExpired: return refusals::tokenExpired();
        case TokenStanding::kNotLatest: return refusals::tokenNotLatest();
        case TokenStanding::kUnknown: break;
    }
    return looksLikeToken(token) ? refusals::tokenNotLatest() : refusals::tokenMalformed();
}

Verdict<TokenOwner> componentCaller(const State& state, std::string_view token, tenants::UtcTime now) {
    const std::optional<TokenOwner> owner = ownerOfToken(state, token);
    if (owner && !owner->ownsItself()) return refusals::componentTokenNeeded();
    return anyCaller(state, token, now);
}

Verdict<TokenOwner> accountCaller(const State& state, std::string_view token, tenants::UtcTime now) {
    const std::optional<TokenOwner> owner = ownerOfToken(state, token);
    if (owner && owner->ownsItself()) return refusals::accountTokenNeeded();
    return anyCaller(state, token, now);
}

std::optional<Refusal> refusalForPeer(const Component& component, const std::string& address) {
    const std::vector<std::string>& allowed = component.ip_whitelist;
    const bool good = allowed.empty() ? address.starts_with("127.") || address == "::1"
                                      : std::find(allowed.begin(), allowed.end(), address) != allowed.end();
    return good ? std::nullopt : std::optional{refusals::addressNotAllowed()};
}

}  // namespace sandbox
