#pragma once

#include <SQLiteCpp/Database.h>

#include "tenants/usage/ledger_check.h"

namespace tenants::sqlite {

/// Compares every table, index, trigger and view of the file with what this program's migrations make in an empty database,
/// and names each that is missing, was added or reads otherwise. The tables in which SQLite keeps its statistics are passed
/// over. Of a file that has been through all migrations. Within one read transaction of the caller's.
void checkSchema(SQLite::Database& database, LedgerReport& report);

}  // namespace tenants::sqlite
