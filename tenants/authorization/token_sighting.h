#pragma once

#include <chrono>
#include <memory>

#include "tenants/base/clock.h"
#include "tenants/base/secret.h"

namespace tenants {

/// Beyond this the wall clock leapt, and what it says of a token's end is not to be trusted.
inline constexpr std::chrono::seconds kClockLeap{60};
/// What WeChat gives every access token. Source: api_component_token, api_authorizer_token.
inline constexpr std::chrono::seconds kTokenLife{7200};

/// Both clocks at one moment: the steady one measures, the wall one says what a stored time means.
struct Moment {
    UtcTime wall;
    SteadyTime steady;

    static Moment of(const Clock& clock) { return {clock.now(), clock.steady()}; }
    /// How far the wall clock went beyond what really passed since `earlier`; negative where it was set back.
    std::chrono::milliseconds driftSince(const Moment& earlier) const;
};

enum class Freshness {
    kFresh,  // to be used as it is
    kDue,    // works as far as we know, but should be renewed
    kDead,   // may not outlive a call
};

/// Tells how fresh a token is, by what both clocks said when it was new to this process. Its age is told by the steady
/// clock; its stored end, by the wall clock, counts as long as that has not leapt. A token is fresh only if both say so;
/// one that they disagree about is due: it may work, but what is stored of its end is wrong and must be mended.
class TokenSighting {
public:
    /// `written_at`: when the token was in the store already. A wall clock that is before that was set back while nobody
    /// looked, and a stored end that lies further off than a token lives tells the same.
    Freshness judge(const SharedSecret& token, UtcTime expires_at, UtcTime written_at, std::chrono::milliseconds margin,
                    std::chrono::milliseconds call_max, Moment now);
    /// The token was got just now, by a call that began at `started`.
    void renewed(const SharedSecret& token, Moment started, std::chrono::seconds expires_in);

private:
    std::weak_ptr<const Secret> token_;  // weak: the memory of a token must not outlive its use
    Moment seen_{};
    std::chrono::milliseconds left_{0};  // at that moment
    bool doubtful_ = false;              // the wall clock had leapt before it was seen
};

}  // namespace tenants
