#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <unordered_map>

#include "tenants/base/ids.h"

namespace tenants::sqlite {

/// The outside names of the rows that ledger entries name, asked for once each: they never change. One thread.
class LedgerNames {
public:
    /// Each throws std::runtime_error where there is no such row.
    const MerchantId& merchant(SQLite::Database& database, std::int64_t row);
    const PlanVersionId& planVersion(SQLite::Database& database, std::int64_t row);
    const PackId& pack(SQLite::Database& database, std::int64_t row);

private:
    std::unordered_map<std::int64_t, MerchantId> merchants_;
    std::unordered_map<std::int64_t, PlanVersionId> plan_versions_;
    std::unordered_map<std::int64_t, PackId> packs_;
};

}  // namespace tenants::sqlite
