#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenants/base/clock.h"

namespace sandbox {

/// How long an access token lives. Source: wechat-platform.md §1.
inline constexpr std::chrono::hours kAccessTokenLife{2};
/// How long a token still works after the next one was issued. Source: wechat-platform.md §9.
inline constexpr std::chrono::minutes kAccessTokenOverlap{5};

/// One access token as it was issued.
struct AccessToken {
    std::string text;
    tenants::UtcTime expires_at;
    std::optional<tenants::UtcTime> superseded_at = {};  // when a newer one was issued
    bool killed = false;                                 // a re-authorization ended it at once
};

/// What a token is worth at a moment.
enum class TokenStanding {
    kUnknown,  // never issued here, or so long ago that it is forgotten
    kValid,
    kExpired,    // its two hours are over
    kNotLatest,  // superseded longer ago than the overlap, or killed
};

/// The access tokens that one account was given, newest last. Values and rules only; the caller brings the time.
class AccessTokens {
public:
    AccessTokens() = default;
    /// For a state that was stored.
    explicit AccessTokens(std::vector<AccessToken> issued) : issued_(std::move(issued)) {}

    /// Adds a token of two hours; the one before it works five more minutes. Returns the tokens that are forgotten for
    /// it: a few dead ones stay, so that a call with one can still be told apart from a made-up token.
    std::vector<std::string> issue(std::string text, tenants::UtcTime now);
    /// Every token that still works is expired from now on.
    void expireAll(tenants::UtcTime now);
    /// Every token stops at once, as at a re-authorization.
    void killAll();

    TokenStanding standingOf(std::string_view text, tenants::UtcTime now) const;
    const std::vector<AccessToken>& issued() const noexcept { return issued_; }

private:
    TokenStanding standingOf(const AccessToken& token, tenants::UtcTime now) const;

    std::vector<AccessToken> issued_;
};

}  // namespace sandbox
