#pragma once

#include <map>

#include "tenants/usage/usage_entry.h"

namespace SQLite {
class Database;
}

namespace tenants::sqlite {

/// Gives a connection, for as long as this lives, the SQL function by which migration 0009 chains the entries of before it:
/// `ledger_hash(merchant, number, id, kind, units, request_id, key_id, x_request_id, outcome, at_ms, recorded_ms, period)`
/// is the chain hash of that entry; a thirteenth argument is its plan version, as `std@7`, or NULL. It remembers each merchant's last one, and so must meet the entries of a merchant
/// in order of number from 1, each once: anything else is an error of SQL, and undoes the migration.
class LedgerHashFunction {
public:
    explicit LedgerHashFunction(SQLite::Database& database);
    LedgerHashFunction(const LedgerHashFunction&) = delete;
    LedgerHashFunction& operator=(const LedgerHashFunction&) = delete;
    ~LedgerHashFunction();

    /// The hash of the next entry of its merchant. Throws std::runtime_error where it is not the next one.
    ChainHash next(const UsageEntry& entry);

private:
    struct End {
        std::int64_t number = 0;
        ChainHash hash{};
    };

    SQLite::Database& database_;
    std::map<MerchantId, End> ends_;
};

}  // namespace tenants::sqlite
