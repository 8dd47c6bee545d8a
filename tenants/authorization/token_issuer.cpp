#include "tenants/authorization/token_issuer.h"

#include <algorithm>
#include <utility>

namespace tenants {

namespace {

constexpr std::chrono::minutes kRenewedBeforeEnd{5};  // as WeChat's own stable token is

Error secretInvalid() {
    return {ErrorCode::kCredentialInvalid, "The secret is not a valid API key."};
}

}  // namespace

Result<IssuedToken> TokenIssuer::issue(const AppId& appid, std::string_view api_key, Freshness freshness) {
    const auto key = authenticator_.keyOf(api_key);
    if (key == nullptr) return secretInvalid();
    const auto merchant = merchants_.find(key->merchant);
    const auto authorization = platforms_.of(*merchant).authorizations().find(key->merchant);
    if (authorization == nullptr || authorization->appid != appid) {
        return Error{ErrorCode::kAppidInvalid, "The appid is not that of the account which this merchant authorized."};
    }
    const UtcTime now = clock_.now();
    const Issue issued = issueOf(key->lookup, now, freshness);
    const UtcTime expires_at = std::min(issued.at + kLifetime, key->expires_at.value_or(UtcTime::max()));
    const auto expires_in = std::chrono::floor<std::chrono::seconds>(expires_at - now);
    // Clients take 0 for "for ever" or for a fault of ours; a key in its last second is as good as gone.
    if (expires_in.count() < 1) return secretInvalid();
    return IssuedToken{tokens_.write({key->lookup, key->merchant, issued.at, expires_at, issued.id}),
                       expires_in,
                       {key->merchant, key->id, key->lookup}};
}

TokenIssuer::Issue TokenIssuer::issueOf(const std::string& key_lookup, UtcTime now, Freshness freshness) {
    Issue fresh{now, randomIdText("")};
    if (freshness == Freshness::kNew) return fresh;
    const std::scoped_lock lock{mutex_};
    Issue& shared = shared_.try_emplace(key_lookup, fresh).first->second;
    const bool leapt_back = shared.at > now;
    const bool ends_soon = now >= shared.at + kLifetime - kRenewedBeforeEnd;
    if (freshness == Freshness::kForced || leapt_back || ends_soon) shared = std::move(fresh);
    return shared;
}

}  // namespace tenants
