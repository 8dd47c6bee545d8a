#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "tenants/base/clock.h"
#include "tenants/base/token_bucket.h"

namespace tenants {

/// How many repeats may be made: `percent` of the requests, of which up to `saved_max` repeats are saved up, so that when
/// everything fails the load grows by that share and no more. A token bucket beside it keeps what was saved in a quiet hour from
/// going out in one moment. Begins with all that can be saved. Any thread; paying in takes no lock.
class RetryBudget {
public:
    struct Settings {
        std::uint32_t percent = 10;
        std::uint32_t saved_max = 10;
        TokenBucket::Rate rate{20, 10};
    };

    explicit RetryBudget(Settings settings)
        : percent_(settings.percent), hundredths_max_(kRepeat * settings.saved_max), bucket_(settings.rate) {
        hundredths_.store(hundredths_max_, std::memory_order_relaxed);
    }

    /// Once a request.
    void payIn() noexcept {
        std::int64_t have = hundredths_.load(std::memory_order_relaxed);
        while (have < hundredths_max_ &&
               !hundredths_.compare_exchange_weak(have, std::min(hundredths_max_, have + percent_),
                                                  std::memory_order_relaxed)) {
        }
    }

    /// True: one repeat may be made now, and is paid for.
    bool take(SteadyTime now) {
        const std::scoped_lock lock{mutex_};
        if (hundredths_.load(std::memory_order_relaxed) < kRepeat || bucket_.take(now)) return false;
        // Nobody else takes away under the lock, so what was there is there.
        hundredths_.fetch_sub(kRepeat, std::memory_order_relaxed);
        return true;
    }

private:
    static constexpr std::int64_t kRepeat = 100;

    const std::int64_t percent_;
    const std::int64_t hundredths_max_;
    std::atomic<std::int64_t> hundredths_{0};
    std::mutex mutex_;
    TokenBucket bucket_;
};

}  // namespace tenants
