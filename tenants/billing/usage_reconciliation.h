#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tenants/billing/ledger_scan.h"
#include "tenants/billing/statement_store.h"
#include "tenants/billing/usage_causes.h"

namespace tenants {

/// What a day has on the statement of its own month.
struct StatedDay {
    std::string number;      // the statement's name
    std::int64_t units = 0;  // of the day's scans
    StatementCauses causes;
    bool agrees = true;  // the statement's lines have as many units as its entries, over the whole month
};

/// One merchant and one window of WeChat's quota: the ledger, WeChat's word and the statement side by side.
struct ReconciledDay {
    UpstreamDay day;
    LedgerDay ledger;
    WordState word = WordState::kMissing;
    std::optional<UpstreamCauses> causes;  // none: nothing was heard
    std::optional<StatedDay> statement;    // none: the month is not closed

    std::int64_t notRecognised() const;  // 0 and more
    std::int64_t running() const;        // of the units that are set aside those that are not unknown
    /// WeChat's number less the units billed; 0 where nothing was heard.
    std::int64_t upstreamDifference() const;
};

/// Sums over days. WeChat's side counts only days whose last word was heard, the statement's only those of closed months.
struct UsageReconciliationTotals {
    std::int64_t days = 0, last_word = 0, open = 0, stale = 0, missing = 0;
    std::int64_t charges = 0, not_recognised = 0, corrections = 0, waivers = 0, unknown = 0, held = 0, released = 0;
    std::int64_t upstream_used = 0;    // these three: of days whose last word was heard
    std::int64_t upstream_billed = 0;  // units billed of the same days
    UpstreamCauses causes;
    std::int64_t stated_days = 0;  // these five: of days of closed months
    std::int64_t stated_units = 0;
    std::int64_t stated_billed = 0;
    std::int64_t disagreeing = 0;  // whose statement does not agree with its entries
    StatementCauses statement_causes;

    void add(const ReconciledDay& day);
    /// All numbers in an order that stays, by blanks; and back from it: empty for anything else.
    std::string text() const;
    static std::optional<UsageReconciliationTotals> parse(std::string_view text);
    bool operator==(const UsageReconciliationTotals&) const = default;
};

struct UsageReconciliationSource {
    const UpstreamDays& days;
    const LedgerScan& scan;
    const StatementStore& statements;
};

struct UsageReconciliationPage {
    std::vector<ReconciledDay> days;
    std::optional<UpstreamDayPlace> next;  // where to go on; none: that was the last page
};

/// The days behind `after`, at most `count` and of at most a hundred merchants, so that a page takes a bounded time. Of each
/// merchant the entries from the first of these days' month on are read. Changes nothing. Blocks.
UsageReconciliationPage reconcileUsage(const UsageReconciliationSource& source, const UpstreamDayRange& range,
                                       const std::optional<UpstreamDayPlace>& after, std::size_t count, UtcTime now);

/// The windows that start on the Beijing day with that date (2026-11-28), and in that month; empty for anything else.
std::optional<DaySpan> beijingDayNamed(std::string_view date);

/// JSON, as docs/reconciliation.md describes it.
void appendJson(std::string& out, const ReconciledDay& day);
void appendJson(std::string& out, const UsageReconciliationTotals& totals);

}  // namespace tenants
