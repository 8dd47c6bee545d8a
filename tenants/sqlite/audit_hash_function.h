#pragma once

#include <cstdint>

#include "tenants/base/audit.h"

namespace SQLite {
class Database;
}

namespace tenants::sqlite {

/// Gives a connection, for as long as this lives, the SQL function by which migration 0012 chains the audit of before it:
/// `audit_hash(number, at_ms, actor, action, merchant_id, target, reason, request_id, content)`. It remembers the last line,
/// and so must meet them in order of number from 1, each once: anything else is an error of SQL, and undoes the migration.
class AuditHashFunction {
public:
    explicit AuditHashFunction(SQLite::Database& database);
    AuditHashFunction(const AuditHashFunction&) = delete;
    AuditHashFunction& operator=(const AuditHashFunction&) = delete;
    ~AuditHashFunction();

    /// The hash of the next line. Throws std::runtime_error where it is not the next one.
    ChainHash next(const AuditEntry& entry);

private:
    SQLite::Database& database_;
    std::int64_t number_ = 0;
    ChainHash hash_{};
};

}  // namespace tenants::sqlite
