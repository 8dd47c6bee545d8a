#include "gateway/admin/closing_desk.h"

#include <exception>
#include <utility>

namespace gateway::admin {
namespace {

constexpr std::size_t kNamedMax = 100;

bool runs(const std::string& state) {
    return state == "pending" || state == "running";
}

}  // namespace

tenants::Result<ClosingBegun> ClosingDesk::begin(tenants::Period period, const tenants::AuditNote& note) {
    if (clock_.now() < period.ends()) {
        return tenants::Error{tenants::ErrorCode::kConflict,
                              "The period " + period.text() + " ends at " + tenants::rfc3339(period.ends()) + "."};
    }
    const auto stored = statements_.closing(period);
    if (stored && stored->finished_at) return ClosingBegun::kDoneBefore;
    const auto remembered = tenants::runBlocking(statements_.beginClosing(period, clock_.now(), note));
    if (!remembered) return remembered.error();
    const std::scoped_lock lock{mutex_};
    std::shared_ptr<Run>& known = runs_[period];
    if (known) {
        const std::scoped_lock run_lock{known->mutex};
        if (runs(known->state)) return ClosingBegun::kRuns;
    }
    known = std::make_shared<Run>(period);
    lane_.add([this, run = known] { this->run(run); });
    return ClosingBegun::kRuns;
}

void ClosingDesk::run(const std::shared_ptr<Run>& run) {
    {
        const std::scoped_lock lock{mutex_, run->mutex};
        if (stopped_) return;
        run->state = "running";
    }
    try {
        const auto report = closing_.closeAll(run->period, run->progress);
        if (!report) return end(*run, "failed", report.error().for_caller);
        log_.info("period_closed", {{"period", run->period.text()},
                                    {"merchants", report->closed},
                                    {"earlier_open", static_cast<std::int64_t>(report->earlier_open.size())},
                                    {"stopped", report->stopped}});
        {
            const std::scoped_lock lock{run->mutex};
            for (const tenants::MerchantId& merchant : report->earlier_open) {
                if (run->earlier_open.size() < kNamedMax) run->earlier_open.push_back(merchant.text());
            }
        }
        if (report->stopped) return end(*run, "pending", {});
        const std::size_t left = report->earlier_open.size();
        if (left == 0) return end(*run, "done", {});
        const std::string who = left == 1 ? "1 merchant has" : std::to_string(left) + " merchants have";
        end(*run, "failed", who + " an earlier period that has to be closed first.");
    } catch (const std::exception& failure) {
        log_.error("closing_failed", {{"period", run->period.text()}, {"detail", failure.what()}});
        end(*run, "failed", "It failed inside; the log says why. It can be begun again.");
    }
}

void ClosingDesk::end(Run& run, std::string state, std::string error) {
    const std::scoped_lock lock{run.mutex};
    run.state = std::move(state);
    run.error = std::move(error);
}

std::optional<ClosingView> ClosingDesk::find(tenants::Period period) const {
    std::optional<ClosingView> view = running(period);
    // Read afterwards, so that of a run that is done its end is known.
    const auto stored = statements_.closing(period);
    if (!stored) return view;
    if (!view) view = ClosingView{period, "pending", {}, {}, {}, {}, {}, {}, {}, {}};
    view->started_at = stored->started_at;
    view->finished_at = stored->finished_at;
    if (stored->finished_at) view->state = "done";
    return view;
}

/// What this process knows of it.
std::optional<ClosingView> ClosingDesk::running(tenants::Period period) const {
    const std::scoped_lock lock{mutex_};
    const auto known = runs_.find(period);
    if (known == runs_.end()) return std::nullopt;
    const Run& run = *known->second;
    const std::scoped_lock run_lock{run.mutex};
    ClosingView view{period, run.state, {}, {}, {}, {}, {}, {}, run.earlier_open, run.error};
    view.entries_read = run.progress.entries_read;
    view.entries_total = run.progress.entries_total;
    view.merchants_closed = run.progress.merchants_closed;
    view.merchants_total = run.progress.merchants_total;
    return view;
}

void ClosingDesk::resume() {
    for (const auto& unfinished : statements_.unfinishedClosings()) {
        const auto begun = begin(unfinished.period);
        if (!begun)
            log_.warning("closing_not_resumed",
                         {{"period", unfinished.period.text()}, {"detail", begun.error().for_caller}});
    }
}

void ClosingDesk::stop() {
    const std::scoped_lock lock{mutex_};
    stopped_ = true;
    for (const auto& [period, run] : runs_) run->progress.stop = true;
}

}  // namespace gateway::admin
