#pragma once

#include <chrono>
#include <vector>

#include "tenants/base/clock.h"
#include "tenants/billing/plan.h"
#include "tenants/merchant/merchant.h"
#include "tenants/usage/usage_entry.h"

namespace tenants {

/// The merchant's windows as the next scan will find them, in the order of their policies: `open` are those that scans have
/// opened. `plan` is the version that counts at `now`, null for none; WeChat's day turns at that Beijing hour.
std::vector<WindowView> quotaOutlook(std::vector<WindowView> open, const Merchant& merchant, const PlanVersion* plan,
                                     UtcTime now, std::chrono::hours upstream_day_turns_at);

}  // namespace tenants
