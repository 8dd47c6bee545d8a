#include "tenants/usage/sweeper.h"

namespace tenants {

namespace {

// The wall clock is disciplined in small steps all the time; what is beyond this is a leap.
constexpr std::chrono::seconds kLeap{60};

}  // namespace

Task<Result<std::int64_t>> Sweeper::sweepAll() {
    const UtcTime now = clock_.now();
    co_return co_await ledger_.sweep(UtcTime::max(), now);
}

Task<Result<std::int64_t>> Sweeper::sweepExpired() {
    const Run run{clock_.now(), clock_.steady()};
    UtcTime before = run.wall;
    {
        const std::scoped_lock lock{mutex_};
        if (last_) {
            const UtcTime expected =
                last_->wall + std::chrono::duration_cast<std::chrono::milliseconds>(run.steady - last_->steady);
            if (run.wall - expected > kLeap) before = expected;
        }
        last_ = run;
    }
    co_return co_await ledger_.sweep(before, run.wall);
}

}  // namespace tenants
