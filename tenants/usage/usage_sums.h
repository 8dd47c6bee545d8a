#pragma once

#include <cstdint>
#include <vector>

#include "tenants/usage/usage_entry.h"

namespace tenants {

/// What a merchant's entries of one period come to on one Beijing day of scanning.
struct DayUsage {
    UtcTime starts;            // of the day; before the period where its scans came late
    std::int64_t units = 0;    // charges less corrections
    std::int64_t entries = 0;  // corrections and waivers included
};

/// Sums of the ledger, each recomputed from its entries. Safe from any thread; reads may block on the disk.
class UsageSums {
public:
    virtual ~UsageSums() = default;

    /// In order of days; those without entries are absent. Empty where there is no such merchant.
    virtual std::vector<DayUsage> daysOf(const MerchantId& merchant, Period period) const = 0;
};

}  // namespace tenants
