#include "sandbox/access_tokens.h"

#include <algorithm>
#include <utility>

namespace sandbox {
namespace {

// Dead tokens are kept so that a call with one can still be told apart from a made-up token; this many are enough.
constexpr std::size_t kRememberedTokensMax = 64;

}  // namespace

void AccessTokens::issue(std::string text, tenants::UtcTime now) {
    if (!issued_.empty() && !issued_.back().superseded_at) issued_.back().superseded_at = now;
    issued_.push_back({.text = std::move(text), .expires_at = now + kAccessTokenLife});
    if (issued_.size() > kRememberedTokensMax) issued_.erase(issued_.begin());
}

void AccessTokens::expireAll(tenants::UtcTime now) {
    for (AccessToken& token : issued_) token.expires_at = std::min(token.expires_at, now);
}

void AccessTokens::killAll() {
    for (AccessToken& token : issued_) token.killed = true;
}

TokenStanding AccessTokens::standingOf(std::string_view text, tenants::UtcTime now) const {
    const auto found =
        std::find_if(issued_.rbegin(), issued_.rend(), [text](const AccessToken& token) { return token.text == text; });
    if (found == issued_.rend()) return TokenStanding::kUnknown;
    if (found->killed) return TokenStanding::kNotLatest;
    if (found->superseded_at && now >= *found->superseded_at + kAccessTokenOverlap) return TokenStanding::kNotLatest;
    return now < found->expires_at ? TokenStanding::kValid : TokenStanding::kExpired;
}

}  // namespace sandbox
