#pragma once

#include <SQLiteCpp/Database.h>

#include <optional>
#include <string>
#include <utility>

#include "tenants/base/audit.h"
#include "tenants/base/result.h"
#include "tenants/sqlite/prepared_statement.h"

namespace tenants::sqlite {

/// The audit, as the writer's thread adds to it, inside the transaction of the deed.
class AuditTable {
public:
    explicit AuditTable(SQLite::Database& database);

    /// Throws where it cannot be written: then the deed must not happen either.
    void append(const AuditNote& note) { append(note, std::nullopt); }
    void append(const AuditNote& note, std::optional<std::string> content);
    /// With what the target is now; nothing where that is what the audit says of it already.
    void appendChange(const AuditNote& note);

    /// Writes what was done, where it was; gives `done` on.
    template <class T>
    Result<T> noted(Result<T> done, const AuditNote& note) {
        if (done) appendChange(note);
        return done;
    }

private:
    SQLite::Database& database_;
    PreparedStatement select_last_;
    PreparedStatement select_content_;
    PreparedStatement insert_;
};

}  // namespace tenants::sqlite
