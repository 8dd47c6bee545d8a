#include "tenants/authorization/token_renewal.h"

#include <algorithm>
#include <utility>

#include "tenants/base/concurrently.h"
#include "tenants/base/flag_scope.h"

namespace tenants {

/// One pass, shared by those who work on it.
struct TokenRenewal::Pass {
    std::vector<MerchantId> merchants;
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> renewed{0};
    std::atomic<std::size_t> failed{0};
    std::atomic<std::size_t> platform_failures_in_a_row{0};
};

Task<TokenRenewal::Report> TokenRenewal::renewDue() {
    Report report;
    const FlagScope running{running_};
    if (stopped_ || !running.entered()) co_return report;
    auto component = co_await tokens_.renewComponentIfDue();
    if (!component) {
        report.component_failure = std::move(component).error();
        const auto working = co_await tokens_.componentToken();
        if (!working) co_return report;
    }
    Due due = dueNow();
    report.due = due.merchants.size();
    if (due.merchants.size() > settings_.per_pass_max) due.merchants.resize(settings_.per_pass_max);
    Pass pass;
    pass.merchants = std::move(due.merchants);
    std::vector<Task<void>> workers;
    const std::size_t at_once = std::min(settings_.at_once, pass.merchants.size());
    for (std::size_t i = 0; i < at_once; ++i) workers.push_back(renewFrom(pass));
    co_await concurrently(std::move(workers));

    report.renewed = pass.renewed;
    report.failed = pass.failed;
    report.left = report.due - report.renewed - report.failed;
    if (due.of_all && (due.pausing_far_off || report.renewed != report.due)) looked_at_all_.reset();
    co_return report;
}

/// Those whose stored end comes near. At the start, and when the wall clock leapt since all were looked at, everybody:
/// what is stored may be wrong in either direction then.
TokenRenewal::Due TokenRenewal::dueNow() {
    const Moment now = Moment::of(clock_);
    const auto drift = looked_at_all_ ? now.driftSince(*looked_at_all_) : std::chrono::milliseconds::max();
    Due due;
    due.of_all = drift > kClockLeap / 2 || drift < -kClockLeap / 2;
    if (due.of_all) looked_at_all_ = now;
    const UtcTime near = now.wall + tokens_.authorizerMarginMax();
    for (const auto& authorization : store_.expiringBefore(due.of_all ? UtcTime::max() : near)) {
        const TokenKeeper::Need need = tokens_.needOf(*authorization);
        if (need == TokenKeeper::Need::kRenewal) due.merchants.push_back(authorization->merchant);
        if (need == TokenKeeper::Need::kPause && authorization->access_expires_at >= near) due.pausing_far_off = true;
    }
    return due;
}

Task<void> TokenRenewal::renewFrom(Pass& pass) {
    while (!stopped_ && pass.platform_failures_in_a_row < settings_.at_once) {
        const std::size_t mine = pass.next++;
        if (mine >= pass.merchants.size()) co_return;
        const auto renewed = co_await tokens_.renewIfDue(pass.merchants[mine]);
        if (renewed) ++pass.renewed;
        if (!renewed) ++pass.failed;
        if (!renewed && troubleOf(renewed.error()).of_platform) {
            ++pass.platform_failures_in_a_row;
        } else {
            pass.platform_failures_in_a_row = 0;
        }
    }
}

}  // namespace tenants
