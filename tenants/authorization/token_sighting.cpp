#include "tenants/authorization/token_sighting.h"

#include <algorithm>

namespace tenants {

using std::chrono::milliseconds;

namespace {

milliseconds steadyAge(const Moment& earlier, const Moment& now) {
    return std::chrono::duration_cast<milliseconds>(now.steady - earlier.steady);
}

}  // namespace

milliseconds Moment::driftSince(const Moment& earlier) const {
    return (wall - earlier.wall) - steadyAge(earlier, *this);
}

Freshness TokenSighting::judge(const SharedSecret& token, UtcTime expires_at, UtcTime written_at, milliseconds margin,
                               milliseconds call_max, Moment now) {
    if (token == nullptr) return Freshness::kDead;
    const milliseconds wall_left = expires_at - now.wall;
    if (token_.lock() != token) {
        token_ = token;
        seen_ = now;
        left_ = std::min<milliseconds>(wall_left, kTokenLife);
        doubtful_ = now.wall + kClockLeap < written_at || wall_left > kTokenLife + kClockLeap;
    }
    const milliseconds drift = now.driftSince(seen_);
    const bool leapt = drift > kClockLeap || drift < -kClockLeap;
    const milliseconds steady_left = left_ - steadyAge(seen_, now);
    const milliseconds left = leapt ? steady_left : std::min(steady_left, wall_left);
    if (left <= call_max) return Freshness::kDead;
    return left <= margin || leapt || doubtful_ ? Freshness::kDue : Freshness::kFresh;
}

void TokenSighting::renewed(const SharedSecret& token, Moment started, std::chrono::seconds expires_in) {
    token_ = token;
    seen_ = started;
    left_ = expires_in;
    doubtful_ = false;
}

}  // namespace tenants
