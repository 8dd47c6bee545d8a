#pragma once

#include <cstdint>
#include <string>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"

namespace tenants {

/// A window of which 80 or 95 percent are used or held; told once a window and level, after the commit that passed it.
struct QuotaWarning {
    MerchantId merchant;
    std::string policy;
    DaySpan span;
    std::int64_t percent = 0;  // 80 or 95; a step over both tells the higher one alone
    std::int64_t limit = 0;
    std::int64_t used = 0;
    std::int64_t held = 0;
    std::int64_t used_elsewhere = 0;  // of WeChat's quota, not within `limit`
};

}  // namespace tenants
