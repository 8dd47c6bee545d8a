#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tenants/sqlite/prepared_statement.h"
#include "tenants/usage/usage_entry.h"

namespace tenants::sqlite {

/// The end of one merchant's ledger and of its holds.
struct LedgerHead {
    MerchantId merchant;
    std::int64_t merchant_row = 0;
    Period made_in{UtcTime{}};  // the merchant's first period
    std::int64_t last_number = 0;
    std::optional<std::int64_t> last_entry_row;
    ChainHash last_hash{};                 // of the last entry; zeros where there is none
    std::optional<Period> closed_through;  // entries are billed in later ones
    std::optional<std::int64_t> last_hold_row;
    bool changed = false;

    /// The period that an entry is billed in, were it written now, that belongs into `period`.
    Period billedIn(Period period) const;
};

/// The heads of the merchants that scan, kept in memory by the writer's thread and written once a group.
class LedgerHeads {
public:
    explicit LedgerHeads(SQLite::Database& database);

    /// Null where there is no such merchant. Pointers stay good until `write` or `forget`.
    LedgerHead* find(const MerchantId& merchant);
    /// To be told after each change.
    void changed(LedgerHead& head);

    void write();
    void forget() noexcept;

private:
    PreparedStatement select_;
    PreparedStatement upsert_;
    std::unordered_map<MerchantId, LedgerHead> heads_;
    std::vector<LedgerHead*> changed_;
};

}  // namespace tenants::sqlite
