#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/log/log.h"
#include "gateway/net/slow_lane.h"
#include "tenants/billing/closing.h"

namespace gateway::admin {

/// What a closing of a period for all merchants looks like from outside.
struct ClosingView {
    tenants::Period period;
    std::string state;  // pending, running, done, failed
    std::optional<tenants::UtcTime> started_at, finished_at;
    /// None where it ended before this process began.
    std::optional<std::int64_t> entries_read, entries_total, merchants_closed, merchants_total;
    std::vector<std::string> earlier_open;  // merchants that have an earlier period open; the first hundred
    std::string error;
};

/// Whether a closing that is asked for runs from now on, or was done before.
enum class ClosingBegun { kRuns, kDoneBefore };

/// Runs closings of whole periods, one at a time, behind everything else. Safe from any thread.
class ClosingDesk {
public:
    ClosingDesk(tenants::PeriodClosing& closing, tenants::StatementStore& statements, net::SlowLane& lane,
                const tenants::Clock& clock, log::Log& log)
        : closing_(closing), statements_(statements), lane_(lane), clock_(clock), log_(log) {}

    /// Begins it, with `note` in the audit where it was not begun before, or finds the one that runs; from then on a restart
    /// goes on with it. One that is done is found too and stays as it is. kConflict where the period has not ended;
    /// kStoreUnavailable. Blocks on the disk.
    tenants::Result<ClosingBegun> begin(tenants::Period period, const tenants::AuditNote& note = {});
    /// Empty where the period was never to be closed for all. Blocks on the disk.
    std::optional<ClosingView> find(tenants::Period period) const;
    /// Goes on with what the last process left. Blocks on the disk.
    void resume();
    /// Whatever runs ends soon, and can be gone on with.
    void stop();

private:
    struct Run {
        explicit Run(tenants::Period of) : period(of) {}
        const tenants::Period period;
        tenants::ClosingProgress progress;
        mutable std::mutex mutex;  // of what follows
        std::string state = "pending";
        std::string error;
        std::vector<std::string> earlier_open;
    };

    std::optional<ClosingView> running(tenants::Period period) const;
    void run(const std::shared_ptr<Run>& run);
    static void end(Run& run, std::string state, std::string error);

    tenants::PeriodClosing& closing_;
    tenants::StatementStore& statements_;
    net::SlowLane& lane_;
    const tenants::Clock& clock_;
    log::Log& log_;
    mutable std::mutex mutex_;
    std::map<tenants::Period, std::shared_ptr<Run>> runs_;
    bool stopped_ = false;
};

}  // namespace gateway::admin
