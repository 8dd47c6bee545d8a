#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <set>

#include "tenants/sqlite/ledger_heads.h"
#include "tenants/sqlite/prepared_statement.h"
#include "tenants/usage/usage_entry.h"

namespace tenants::sqlite {

/// A usage entry and the rows that it names.
struct EntryRow {
    UsageEntry entry;
    std::optional<std::int64_t> plan_version_row;
    std::optional<std::int64_t> pack_row;
};

/// The ledger's table, as the writer's thread adds to it. It is never changed otherwise.
class EntryTable {
public:
    EntryTable(SQLite::Database& database, LedgerHeads& heads);

    /// What a charge says that comes of this hold: all but its id, its times of writing, and what `append` fills in.
    EntryRow ofHold(const LedgerHead& head, std::int64_t hold_row);
    /// The merchant's entry of that number. Walks at most 64 rows where the entry is not among the last ones.
    std::optional<EntryRow> find(const LedgerHead& head, std::int64_t number);
    /// The one in that row, of that merchant.
    EntryRow at(const LedgerHead& head, std::int64_t row);
    /// The correction of that entry, and the last waiver of that request.
    std::optional<EntryRow> correctionOf(const LedgerHead& head, std::int64_t number);
    std::optional<EntryRow> waiverOf(const LedgerHead& head, const RequestId& request);
    /// Adds `added` to the end of the merchant's ledger and gives its row: the one place where a ledger grows. Number,
    /// period and hash are filled in here, from the head; `added.entry.period` is the one that it would be billed in
    /// were no period closed.
    std::int64_t append(LedgerHead& head, EntryRow& added);
    /// Nothing of the transaction happened.
    void forget() noexcept { begun_periods_.clear(); }

private:
    void beginPeriod(Period period, std::int64_t row);

    SQLite::Database& database_;
    LedgerHeads& heads_;
    PreparedStatement select_hold_;
    PreparedStatement select_milestone_;
    PreparedStatement select_row_;
    PreparedStatement select_correction_;
    PreparedStatement select_waiver_;
    PreparedStatement insert_;
    PreparedStatement begin_period_;
    std::set<Period> begun_periods_;  // that ledger_period has
};

}  // namespace tenants::sqlite
