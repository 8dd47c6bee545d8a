#pragma once

#include <SQLiteCpp/Database.h>

#include "tenants/base/audit.h"
#include "tenants/sqlite/prepared_statement.h"

namespace tenants::sqlite {

/// The audit, as the writer's thread adds to it, inside the transaction of the deed.
class AuditTable {
public:
    explicit AuditTable(SQLite::Database& database);

    /// Throws where it cannot be written: then the deed must not happen either.
    void append(const AuditNote& note);

private:
    PreparedStatement insert_;
};

}  // namespace tenants::sqlite
