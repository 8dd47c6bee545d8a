#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tenants/sqlite/ledger_heads.h"
#include "tenants/sqlite/prepared_statement.h"
#include "tenants/sqlite/quota_book.h"
#include "tenants/usage/hold.h"

namespace tenants::sqlite {

/// A hold as the writer changes it.
struct HoldRow {
    std::int64_t row = 0;
    HoldState state = HoldState::kHeld;
    std::int64_t units = 0;
    Fingerprint fingerprint;
    HoldSources sources;
    std::optional<std::int64_t> entry_row = {};  // of its charge

    /// Whether a try of `fingerprint` is a try of the same request.
    bool isOf(const Fingerprint& asked) const { return fingerprint && asked && *fingerprint == *asked; }
    /// Released, so that a try of the same request runs again.
    bool reopensFor(const Fingerprint& asked) const { return state == HoldState::kReleased && isOf(asked); }
};

struct HoldChange {
    HoldState state = HoldState::kHeld;
    std::string reason;
    UtcTime now;
    std::optional<Outcome> outcome = {};
    std::optional<std::int64_t> entry_row = {};
};

/// The table of holds. Everything here runs on the writer's thread, inside its transaction.
class HoldTable {
public:
    HoldTable(SQLite::Database& database, LedgerHeads& heads);

    std::optional<HoldRow> find(const LedgerHead& head, const RequestId& request);
    /// At most `count` that are held past their `expires_at`.
    std::vector<HoldRow> expired(UtcTime before, std::int64_t count);
    /// False where the merchant has that request already.
    bool insert(LedgerHead& head, const Reservation& reservation, const HoldSources& sources);
    void reopen(const HoldRow& hold, const Reservation& reservation, const HoldSources& sources);
    void change(const HoldRow& hold, const HoldChange& change);

private:
    SQLite::Database& database_;
    LedgerHeads& heads_;
    PreparedStatement select_;
    PreparedStatement select_expired_;
    PreparedStatement insert_;
    PreparedStatement reopen_;
    PreparedStatement update_;
};

}  // namespace tenants::sqlite
