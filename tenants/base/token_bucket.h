#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "tenants/base/clock.h"

namespace tenants {

/// Holds somebody to a rate: `per_second` on average, and up to `burst` at once after a pause. Times are of the steady
/// clock. Not safe from several threads at once.
class TokenBucket {
public:
    struct Rate {
        std::uint32_t per_second = 0;  // 0: no such limit
        std::uint32_t burst = 1;
    };

    explicit TokenBucket(Rate rate) : rate_(rate) {}

    /// Another rate from now on; what was taken stays taken.
    void setRate(Rate rate) { rate_ = rate; }

    /// Takes one token. Empty where there was one; else when there will be, and nothing was taken.
    std::optional<SteadyTime> take(SteadyTime now) {
        if (rate_.per_second == 0) return std::nullopt;
        const std::chrono::nanoseconds each{std::chrono::nanoseconds{std::chrono::seconds{1}} / rate_.per_second};
        const SteadyTime full_again = std::max(now, full_at_) + each;
        const SteadyTime there = full_again - each * std::max(1U, rate_.burst);
        if (there > now) return there;
        full_at_ = full_again;
        return std::nullopt;
    }

    /// True where nothing is left of what was taken.
    bool full(SteadyTime now) const { return full_at_ <= now; }

private:
    Rate rate_;
    SteadyTime full_at_{};  // in place of a count, which would have to be topped up
};

}  // namespace tenants
