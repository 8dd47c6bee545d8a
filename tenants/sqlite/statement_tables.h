#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>

#include "tenants/billing/statement_store.h"
#include "tenants/sqlite/ledger_heads.h"

namespace tenants::sqlite {

/// Freezes statements. Everything here runs on the writer's thread, inside its transaction.
class StatementTables {
public:
    /// `heads` says where each ledger ends, and is told through which period it is closed.
    StatementTables(SQLite::Database& database, LedgerHeads& heads);

    CloseOutcome close(const ClosedSum& sum);
    void beginClosing(Period period, UtcTime now);
    void endClosing(Period period, UtcTime now);

private:
    bool hasMoved(const LedgerHead& head, const ClosedSum& sum);
    bool packsDiffer(const LedgerHead& head, const Statement& statement);
    std::int64_t keyRow(const StatementPublicKey& key, UtcTime now);
    void insertParts(std::int64_t statement_row, const Statement& statement);
    std::optional<std::int64_t> planVersionRow(const std::optional<PlanVersionId>& version);
    std::optional<std::int64_t> packRow(const std::optional<PackId>& pack);

    SQLite::Database& database_;
    LedgerHeads& heads_;
    SQLite::Statement select_created_;
    SQLite::Statement select_entry_;
    SQLite::Statement select_unbilled_;
    SQLite::Statement select_key_;
    SQLite::Statement insert_key_;
    SQLite::Statement insert_statement_;
    SQLite::Statement insert_line_;
    SQLite::Statement insert_late_;
    SQLite::Statement insert_pending_;
    SQLite::Statement select_version_;
    SQLite::Statement select_pack_;
    SQLite::Statement begin_closing_;
    SQLite::Statement end_closing_;
};

/// The first period that a merchant made at `created_at` can have no statement of yet, closed through `closed_through`.
Period firstOpenPeriod(const std::optional<Period>& closed_through, UtcTime created_at);

/// Packs of a merchant (`:merchant`, its row) sold before `:ends` that no statement has billed: id and price, oldest first.
inline constexpr const char* kSelectUnbilledPacks =
    "SELECT id, price_micro_yuan FROM pack WHERE merchant_row = :merchant AND created_ms < :ends AND NOT EXISTS"
    " (SELECT 1 FROM statement_line WHERE pack_row = pack.row AND kind = 'purchase') ORDER BY row";

}  // namespace tenants::sqlite
