#pragma once

#include <SQLiteCpp/Database.h>

#include <optional>
#include <vector>

#include "tenants/billing/statement_key.h"
#include "tenants/usage/ledger_check.h"

namespace tenants::sqlite {

/// Checks every statement's signature, that no closed period lacks its statement, and that `closed_through` says so too.
/// `keys`: those that may have signed; none: those that the database lists, which a forger could have added to. Gives the
/// ledger entries that statements name by their chain hash. Within one read transaction of the caller's.
std::vector<KnownEntry> checkStatements(SQLite::Database& database, const std::optional<MerchantId>& merchant,
                                        const std::optional<std::vector<StatementPublicKey>>& keys,
                                        LedgerReport& report);

}  // namespace tenants::sqlite
