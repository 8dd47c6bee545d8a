#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tenants/base/hash_chain.h"
#include "tenants/usage/ledger_check.h"

namespace tenants::sqlite {

/// The audit's own chain, and what it says of the rows that plans, packs, keys and periods are (AuditedRows). Within one
/// read transaction of the caller's. Remembers one hash a row that the audit names: about 100 bytes each.
class AuditCheck {
public:
    AuditCheck(SQLite::Database& database, LedgerReport& report) : database_(database), report_(report) {}

    /// Recomputes the chain; of `known`, which are audit entries, and what it does not reach any more is a fault. Gives the
    /// ledger entries that the audit names by their hash.
    std::vector<KnownEntry> walk(const std::vector<KnownEntry>& known);
    /// Compares the rows with what the last audit entry about each says; those of one merchant and of all, or all.
    void compareRows(const std::optional<MerchantId>& merchant);

private:
    struct Said {
        std::int64_t number = 0;  // of the audit entry
        ChainHash content{};      // hash of the content
    };

    void fault(std::string text) { report_.add("", std::move(text)); }
    void lose(std::int64_t first, std::int64_t last, const std::string& where);
    std::string contentAt(std::int64_t number);

    SQLite::Database& database_;
    LedgerReport& report_;
    std::unordered_map<std::string, Said> said_;  // by merchant and target, the last one
};

}  // namespace tenants::sqlite
