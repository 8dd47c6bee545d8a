#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tenants/base/audit.h"
#include "tenants/base/result.h"
#include "tenants/base/task.h"
#include "tenants/billing/statement.h"
#include "tenants/billing/statement_key.h"
#include "tenants/usage/upstream_days.h"

namespace tenants {

struct SignedStatement {
    Statement statement;
    StatementPublicKey key;
    StatementSignature signature{};
};

/// A merchant whose period can be closed.
struct OpenAccount {
    MerchantId merchant;
    std::string name;
    Period first_open;  // the first period that it has no statement of: not before the month in which it was made
};

/// A scan of unknown outcome, and what WeChat said of the window that it was held in.
struct UndecidedScan {
    MerchantId merchant;
    RequestId request;
    UtcTime at;
    DaySpan upstream_day;
    std::optional<UpstreamWord> word;
};

/// A statement to be frozen, and how far in the ledger its entries were summed: LedgerCursor::end.
struct ClosedSum {
    SignedStatement signed_statement;
    std::int64_t summed_through = 0;
};

enum class CloseOutcome {
    kClosed,
    kAlreadyClosed,  // there is a statement of the period: it stays as it is
    kMoved,          // an entry of the period came, or a pack was sold, since it was summed: sum again
    kNotNext,        // an earlier period is still open
};

/// Frozen statements. Reads block on the disk (call on a worker thread), are consistent, and show no other merchant's rows.
/// Changes are durable when their task ends. Safe from any thread.
class StatementStore {
public:
    virtual ~StatementStore() = default;

    virtual std::optional<SignedStatement> find(const MerchantId& merchant, Period period) const = 0;
    /// Of one merchant, newest first: of periods before `before` (none: from the newest), at most `count`.
    virtual std::vector<SignedStatement> list(const MerchantId& merchant, std::optional<Period> before,
                                              std::size_t count) const = 0;
    /// All of one period in an order that stays: `after` the last one that was given, at most `count`.
    virtual std::vector<SignedStatement> ofPeriod(Period period, const std::optional<MerchantId>& after,
                                                  std::size_t count) const = 0;
    /// Every key that ever signed, oldest first.
    virtual std::vector<StatementPublicKey> keys() const = 0;

    /// Merchants that have no statement of `period` and were there before it ended, or the one that is named.
    virtual std::vector<OpenAccount> openAccounts(Period period, const std::optional<MerchantId>& only) const = 0;
    /// Holds of scans made in `period` that are released, held or unknown, of all merchants that have any, or of one.
    virtual std::map<MerchantId, HoldTally> holds(Period period, const std::optional<MerchantId>& only) const = 0;
    /// Scans made before `before` whose outcome is unknown, of any merchant, at most `count`.
    virtual std::vector<UndecidedScan> undecided(UtcTime before, std::size_t count) const = 0;
    /// Packs that were sold before the period ended and that no statement has billed, of all merchants, or of one.
    virtual std::map<MerchantId, std::vector<SoldPack>> unbilledPacks(Period period,
                                                                      const std::optional<MerchantId>& only) const = 0;

    /// The minimum of the plan version in force at the period's last instant, of all merchants that have one, or of one.
    virtual std::map<MerchantId, MonthlyMinimum> minimums(Period period,
                                                          const std::optional<MerchantId>& only) const = 0;

    /// Freezes it, in a transaction of its own, behind which scans wait: statement, and that later entries belong to later
    /// periods. kStoreUnavailable where nothing could be written.
    /// With a note it has a line in the audit if it is closed; without one it belongs to the closing of a period.
    virtual Task<Result<CloseOutcome>> close(ClosedSum sum, std::optional<AuditNote> note = std::nullopt) = 0;

    /// Remembers that a period is being closed for all merchants, and that it has been; each in the audit, with its note,
    /// when it does so the first time.
    virtual Task<Result<Done>> beginClosing(Period period, UtcTime now, AuditNote note = {}) = 0;
    virtual Task<Result<Done>> endClosing(Period period, UtcTime now, AuditNote note = {}) = 0;
    struct Closing {
        Period period;
        UtcTime started_at;
        std::optional<UtcTime> finished_at;
    };
    virtual std::optional<Closing> closing(Period period) const = 0;
    virtual std::vector<Closing> unfinishedClosings() const = 0;  // oldest period first
};

}  // namespace tenants
