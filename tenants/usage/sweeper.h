#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "tenants/base/clock.h"
#include "tenants/base/result.h"
#include "tenants/base/task.h"
#include "tenants/usage/usage_ledger.h"

namespace tenants {

/// Decides which holds nobody will finish any more, so that a crash or a lost coroutine leaves `unknown` and never a
/// hold that stays `held`. Knows when, not how: the ledger does the turning. Safe from any thread.
class Sweeper {
public:
    Sweeper(UsageLedger& ledger, const Clock& clock) : ledger_(ledger), clock_(clock) {}

    /// Before the first scan of this process is accepted: nothing that is held can still be running. Gives the number
    /// of holds turned; kStoreUnavailable where the store cannot write.
    Task<Result<std::int64_t>> sweepAll();
    /// While running, every 15 seconds or so: holds past their expiry. Where the wall clock leapt ahead since the last
    /// run, the leap is not held against calls that are under way; the run after it finds what was left.
    Task<Result<std::int64_t>> sweepExpired();

private:
    struct Run {
        UtcTime wall;
        SteadyTime steady;
    };

    UsageLedger& ledger_;
    const Clock& clock_;
    std::mutex mutex_;
    std::optional<Run> last_;
};

}  // namespace tenants
