#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"

namespace tenants {

/// How many percent of a limit have to be gone for a warning.
inline constexpr std::int64_t kWarnedFirst = 80;
inline constexpr std::int64_t kWarnedLast = 95;

/// The level that so many of `all` units reach: 80 or 95; 0: none yet.
constexpr std::int64_t warnedLevel(std::int64_t gone, std::int64_t all) {
    const auto percent = all == 0 ? 0.0L : static_cast<long double>(gone) * 100 / static_cast<long double>(all);
    return percent >= kWarnedLast ? kWarnedLast : percent >= kWarnedFirst ? kWarnedFirst : 0;
}

/// A window or a pack of which 80 or 95 percent are used or held; told once each and level, after the commit that passed it.
struct QuotaWarning {
    MerchantId merchant;
    std::string policy;  // of a pack `pack`
    std::optional<PackId> pack;
    DaySpan span;              // of a pack from its start until it expires
    std::int64_t percent = 0;  // 80 or 95; a step over both tells the higher one alone
    std::int64_t limit = 0;
    std::int64_t used = 0;
    std::int64_t held = 0;
    std::int64_t used_elsewhere = 0;  // of WeChat's quota, not within `limit`
};

}  // namespace tenants
