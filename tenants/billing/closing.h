#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tenants/billing/ledger_scan.h"
#include "tenants/billing/statement_store.h"

namespace tenants {

/// How far a closing has come. Written by the one who closes, read by anybody.
struct ClosingProgress {
    std::atomic<std::int64_t> entries_total{0};
    std::atomic<std::int64_t> entries_read{0};
    std::atomic<std::int64_t> merchants_total{0};
    std::atomic<std::int64_t> merchants_closed{0};
    std::atomic<bool> stop{false};  // set by anybody: ends the closing between two statements; what is frozen stays
};

/// What closing a period for all merchants came to.
struct ClosingReport {
    std::int64_t closed = 0;
    std::vector<MerchantId> earlier_open;  // have an earlier period without a statement: that comes first
    bool stopped = false;
};

/// Closes periods: sums the entries by reads that are short, then freezes each merchant's statement in a small transaction that
/// finds out whether the ledger went on meanwhile. Every step can be repeated after a crash: a statement that is there
/// stays. Blocks for as long as it takes: on a thread of its own. Safe from several threads.
class PeriodClosing {
public:
    struct Parts {
        const LedgerScan& scan;
        StatementStore& statements;
        const PlanTermsSource& plans;
        const StatementSigner& signer;
        const Clock& clock;
        std::string issuer;                 // the provider's legal name
        std::chrono::microseconds rest{0};  // after each statement, in which scans have the writer for themselves
    };
    explicit PeriodClosing(Parts parts) : parts_(std::move(parts)) {}

    /// For one merchant, with `note` in the audit; a repeat gives the same statement. kConflict: the period has not ended, or an earlier one is open;
    /// kNotFound: no such merchant, or it was not there yet; kStoreUnavailable.
    Result<SignedStatement> closeOne(const MerchantId& merchant, Period period,
                                     const std::optional<AuditNote>& note = std::nullopt);
    /// For all merchants, with `note` in the audit where the closing begins and where it ends, each once. kConflict where the period has not ended; kStoreUnavailable.
    Result<ClosingReport> closeAll(Period period, ClosingProgress& progress, const AuditNote& note = {});

private:
    struct Account {
        OpenAccount open;
        StatementBuilder builder;
    };
    using Accounts = std::unordered_map<MerchantId, Account>;

    std::optional<Error> refusal(Period period) const;
    std::int64_t sum(Accounts& accounts, Period period, const std::optional<MerchantId>& only,
                     ClosingProgress& progress) const;
    std::vector<ClosedSum> finish(const Accounts& accounts, Period period, const std::optional<MerchantId>& only,
                                  std::int64_t summed_through) const;
    Result<std::vector<MerchantId>> freeze(std::vector<ClosedSum> sums, ClosingProgress& progress,
                                           ClosingReport& report, const std::optional<AuditNote>& note);

    Parts parts_;
};

}  // namespace tenants
