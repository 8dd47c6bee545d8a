#include "tenants/billing/quota_outlook.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tenants/base/period.h"

namespace tenants {
namespace {

/// The window of that policy; opened with nothing in it where no scan did.
WindowView& windowOf(std::vector<WindowView>& windows, std::string_view policy, const DaySpan& span) {
    const auto found = std::ranges::find(windows, policy, &WindowView::policy);
    if (found != windows.end()) return *found;
    WindowView unopened;
    unopened.policy = policy;
    unopened.span = span;
    return windows.emplace_back(std::move(unopened));
}

/// A lower limit than what is taken cannot be.
void limitTo(WindowView& window, std::optional<std::int64_t> limit) {
    window.limit = limit ? std::optional{std::max(*limit, window.used + window.held)} : std::nullopt;
}

}  // namespace

std::vector<WindowView> quotaOutlook(std::vector<WindowView> open, const Merchant& merchant, const PlanVersion* plan,
                                     UtcTime now, std::chrono::hours upstream_day_turns_at) {
    const Period month{now};
    const std::optional<std::int64_t> plan_day = plan != nullptr ? plan->terms.day_limit : std::nullopt;
    limitTo(windowOf(open, kDayPolicy, beijingDay(now)),
            std::min(merchant.day_limit, plan_day.value_or(merchant.day_limit)));
    limitTo(windowOf(open, kMonthPolicy, {month.starts(), month.ends()}),
            plan != nullptr ? plan->terms.month_limit : std::nullopt);
    const std::size_t opened = open.size();
    WindowView& upstream = windowOf(open, kUpstreamDayPolicy, beijingDay(now, upstream_day_turns_at));
    if (open.size() > opened && merchant.upstream_day_free) {
        upstream.limit = *merchant.upstream_day_free + merchant.upstream_pack_units;
    }
    std::ranges::stable_sort(open, {}, &WindowView::policy);
    return open;
}

}  // namespace tenants
