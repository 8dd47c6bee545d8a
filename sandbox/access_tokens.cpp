#include "sandbox/access_tokens.h"

#include <algorithm>
#include <utility>

namespace sandbox {
namespace {

constexpr std::size_t kDeadTokensMax = 4;
constexpr std::size_t kTokensMax = 64;

}  // namespace

std::vector<std::string> AccessTokens::issue(std::string text, tenants::UtcTime now) {
    if (!issued_.empty() && !issued_.back().superseded_at) issued_.back().superseded_at = now;
    issued_.push_back({.text = std::move(text), .expires_at = now + kAccessTokenLife});
    std::vector<std::string> forgotten;
    const auto dead =
        static_cast<std::size_t>(std::count_if(issued_.begin(), issued_.end(), [&](const AccessToken& token) {
            return standingOf(token, now) != TokenStanding::kValid;
        }));
    std::size_t too_many = std::max(dead > kDeadTokensMax ? dead - kDeadTokensMax : 0,
                                    issued_.size() > kTokensMax ? issued_.size() - kTokensMax : 0);
    for (; too_many > 0; --too_many) {  // tokens die in the order in which they were issued
        forgotten.push_back(std::move(issued_.front().text));
        issued_.erase(issued_.begin());
    }
    return forgotten;
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
    return found == issued_.rend() ? TokenStanding::kUnknown : standingOf(*found, now);
}

TokenStanding AccessTokens::standingOf(const AccessToken& token, tenants::UtcTime now) const {
    if (token.killed) return TokenStanding::kNotLatest;
    if (token.superseded_at && now >= *token.superseded_at + kAccessTokenOverlap) return TokenStanding::kNotLatest;
    return now < token.expires_at ? TokenStanding::kValid : TokenStanding::kExpired;
}

}  // namespace sandbox
