#pragma once

#include <SQLiteCpp/Database.h>

#include <optional>

#include "tenants/usage/ledger_check.h"

namespace tenants::sqlite {

/// Names every row that money depends on and that refers to a row which is not there: a pack, a key or an assignment of no
/// merchant, a tier of no plan version. What reads rows by way of what they belong to never meets these. Of one merchant:
/// its rows, and those that belong to nobody. Within one read transaction of the caller's.
void checkReferences(SQLite::Database& database, const std::optional<MerchantId>& merchant, LedgerReport& report);

}  // namespace tenants::sqlite
