#pragma once

#include <SQLiteCpp/Database.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "tenants/billing/pack.h"

namespace tenants::sqlite {

/// The merchant's pack of that id as the table has it.
std::optional<Pack> findPack(SQLite::Database& database, const MerchantId& merchant, const PackId& pack);

/// Newest first: those made before `before` (none: from the newest; one that the merchant has not: nothing), at most
/// `count`.
std::vector<Pack> listPacks(SQLite::Database& database, const MerchantId& merchant, const std::optional<PackId>& before,
                            std::size_t count);

}  // namespace tenants::sqlite
