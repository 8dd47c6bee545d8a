#pragma once

#include <SQLiteCpp/Database.h>

#include <optional>

#include "tenants/usage/ledger_check.h"

namespace tenants::sqlite {

/// Recomputes windows and packs from the holds and corrections that they are sums of, and pairs every charge with the
/// hold that it came from (docs/ledger-format.md, "Sums"). Within one read transaction of the caller's.
void checkLedgerSums(SQLite::Database& database, const std::optional<MerchantId>& merchant, LedgerReport& report);

}  // namespace tenants::sqlite
