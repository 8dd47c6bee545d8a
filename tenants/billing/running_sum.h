#pragma once

#include <cstdint>
#include <vector>

#include "tenants/billing/ledger_scan.h"
#include "tenants/billing/statement.h"

namespace tenants {

/// What a merchant's entries of one period come to on one Beijing day of scanning.
struct DayUsage {
    UtcTime starts;            // of the day; before the period where its scans came late
    std::int64_t units = 0;    // charges less corrections
    std::int64_t entries = 0;  // corrections and waivers included
};

/// What a merchant's entries of a period come to so far.
struct RunningSum {
    /// As it will be summed: lines of usage and corrections, not rounded, without minimum and packs sold, which closing
    /// alone decides. Of a closed period it says what the statement says of entries.
    Statement statement;
    std::vector<DayUsage> days;  // in order; those without entries are absent
};

/// Reads the merchant's entries of the period: blocks, the longer the more there are. Empty of a merchant that there is not.
RunningSum runningSum(const LedgerScan& scan, const PlanTermsSource& plans, const MerchantId& merchant, Period period);

}  // namespace tenants
