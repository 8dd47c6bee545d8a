#pragma once

#include <chrono>
#include <cstdint>

#include "tenants/billing/statement_store.h"
#include "tenants/usage/usage_ledger.h"

namespace tenants {

/// The last word on scans of unknown outcome that nobody decided: once the Beijing day of the scan has been over for some
/// time they are not billed. Each becomes a waiver in the ledger, with the reason, and gives its units back. WeChat's last
/// word of the day adds to the reason what it says of them (judgeUnknown); it never bills, since it tells how many and not
/// which, and nobody got an answer.
class UndecidedScans {
public:
    static constexpr const char* kReason =
        "no answer came and nobody decided by the end of the time for it: not billed";

    /// `wait`: from the end of the scan's day.
    UndecidedScans(const StatementStore& statements, UsageLedger& ledger, const Clock& clock, std::chrono::hours wait)
        : statements_(statements), ledger_(ledger), clock_(clock), wait_(wait) {}

    /// Waives those whose time is over, and says how many. What is decided meanwhile by somebody else stays so.
    /// kStoreUnavailable. Blocks: not on a loop's thread.
    Result<std::int64_t> waive();

private:
    const StatementStore& statements_;
    UsageLedger& ledger_;
    const Clock& clock_;
    const std::chrono::hours wait_;
};

}  // namespace tenants
