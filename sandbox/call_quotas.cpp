#include "sandbox/call_quotas.h"

#include <algorithm>
#include <chrono>

namespace sandbox {
namespace {

constexpr std::int64_t kDailyLimit = 1'000'000;
// Source: wechat-platform.md §3.11.
constexpr int kResetsPerMonth = 10;

tenants::UtcTime minuteOf(tenants::UtcTime now) {
    return std::chrono::floor<std::chrono::minutes>(now);
}

/// Calendar months in Beijing since year 0.
std::int64_t monthOf(tenants::UtcTime now) {
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(now + std::chrono::hours{8})};
    return std::int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month());
}

}  // namespace

void CallQuotas::Window::count(tenants::UtcTime window_starts) {
    used = usedIn(window_starts) + 1;
    starts = window_starts;
}

void CallQuotas::limit(CallLimit limit) {
    const std::scoped_lock lock{mutex_};
    std::erase_if(limits_,
                  [&limit](const CallLimit& known) { return known.path == limit.path && known.appid == limit.appid; });
    limits_.push_back(std::move(limit));
}

std::vector<CallLimit> CallQuotas::limits() const {
    const std::scoped_lock lock{mutex_};
    return limits_;
}

void CallQuotas::clearLimits() {
    const std::scoped_lock lock{mutex_};
    limits_.clear();
}

std::optional<Refusal> CallQuotas::take(const std::string& appid, const std::string& path, tenants::UtcTime now) {
    const std::scoped_lock lock{mutex_};
    const CallLimit* const limit = limitFor(appid, path);
    Counter& counter = counters_[{appid, path}];
    const tenants::UtcTime day = tenants::beijingDay(now).starts;
    if (limit != nullptr && limit->per_minute && counter.minute.usedIn(minuteOf(now)) >= *limit->per_minute)
        return refusals::minuteLimitReached();
    const std::int64_t per_day = limit == nullptr ? kDailyLimit : limit->per_day.value_or(kDailyLimit);
    if (counter.day.usedIn(day) >= per_day) return refusals::dayLimitReached();
    counter.day.count(day);
    counter.minute.count(minuteOf(now));
    return std::nullopt;
}

CallUsage CallQuotas::usage(const std::string& appid, const std::string& path, tenants::UtcTime now) const {
    const std::scoped_lock lock{mutex_};
    const CallLimit* const limit = limitFor(appid, path);
    CallUsage usage{.daily_limit = kDailyLimit};
    if (limit != nullptr) {
        usage.daily_limit = limit->per_day.value_or(kDailyLimit);
        usage.per_minute = limit->per_minute;
    }
    const auto counter = counters_.find({appid, path});
    if (counter != counters_.end()) usage.used = counter->second.day.usedIn(tenants::beijingDay(now).starts);
    return usage;
}

std::optional<Refusal> CallQuotas::reset(const std::string& appid, const std::string& path, tenants::UtcTime now) {
    const std::scoped_lock lock{mutex_};
    Resets& resets = resets_[appid];
    if (resets.month != monthOf(now)) resets = {.month = monthOf(now), .count = 0};
    if (resets.count >= kResetsPerMonth) return refusals::resetsUsedUp();
    ++resets.count;
    std::erase_if(counters_, [&](const auto& entry) {
        return entry.first.first == appid && (path.empty() || entry.first.second == path);
    });
    return std::nullopt;
}

const CallLimit* CallQuotas::limitFor(const std::string& appid, const std::string& path) const {
    const CallLimit* found = nullptr;
    for (const CallLimit& limit : limits_) {
        if (limit.path != path || (!limit.appid.empty() && limit.appid != appid)) continue;
        if (found == nullptr || !limit.appid.empty()) found = &limit;
    }
    return found;
}

}  // namespace sandbox
