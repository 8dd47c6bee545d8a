#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>

#include "tenants/billing/statement_store.h"
#include "tenants/sqlite/ledger_heads.h"
#include "tenants/sqlite/prepared_statement.h"

namespace tenants::sqlite {

/// Freezes statements. Everything here runs on the writer's thread, inside its transaction.
class StatementTables {
public:
    /// `heads` says where each ledger ends, and is told through which period it is closed.
    StatementTables(SQLite::Database& database, LedgerHeads& heads);

    CloseOutcome close(const ClosedSum& sum);
    void beginClosing(Period period, UtcTime now);
    /// False where it had ended before.
    bool endClosing(Period period, UtcTime now);

private:
    bool hasMoved(const LedgerHead& head, const ClosedSum& sum);
    bool packsDiffer(const LedgerHead& head, const Statement& statement);
    std::int64_t keyRow(const StatementPublicKey& key, UtcTime now);
    void insertParts(std::int64_t statement_row, const Statement& statement);
    std::optional<std::int64_t> planVersionRow(const std::optional<PlanVersionId>& version);
    std::optional<std::int64_t> packRow(const std::optional<PackId>& pack);

    SQLite::Database& database_;
    LedgerHeads& heads_;
    PreparedStatement select_created_;
    PreparedStatement select_entry_;
    PreparedStatement select_unbilled_;
    PreparedStatement select_key_;
    PreparedStatement insert_key_;
    PreparedStatement insert_statement_;
    PreparedStatement insert_line_;
    PreparedStatement insert_late_;
    PreparedStatement insert_pending_;
    PreparedStatement select_version_;
    PreparedStatement select_pack_;
    PreparedStatement begin_closing_;
    PreparedStatement end_closing_;
};

/// The first period that a merchant made at `created_at` can have no statement of yet, closed through `closed_through`.
Period firstOpenPeriod(const std::optional<Period>& closed_through, UtcTime created_at);

/// Packs of a merchant (`:merchant`, its row) sold before `:ends` that no statement has billed: id and price, oldest first.
inline constexpr const char* kSelectUnbilledPacks =
    "SELECT id, price_micro_yuan FROM pack WHERE merchant_row = :merchant AND created_ms < :ends AND NOT EXISTS"
    " (SELECT 1 FROM statement_line WHERE pack_row = pack.row AND kind = 'purchase') ORDER BY row";

}  // namespace tenants::sqlite
