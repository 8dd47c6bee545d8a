#pragma once

#include <SQLiteCpp/Database.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tenants/base/ids.h"

namespace tenants::sqlite {

/// A kind of rows of which the audit keeps, with each change, what they are afterwards: so the rows prove themselves by the
/// audit's chain. What scans change of them (units used and held, WeChat's quota) is left out.
struct AuditedRows {
    std::string_view prefix;  // of the targets; empty: the target is empty, the merchant itself
    /// Selects `merchant`, `target` and `content`, as AuditNote and AuditEntry have them, of every row. Migration 0012
    /// wrote the same texts for the rows that it found.
    const char* select;
    bool all;  // every row is named by the audit: one that is not was added by somebody else
};

std::span<const AuditedRows> auditedRows();

/// What the target is now; empty where it is no row that is kept.
std::optional<std::string> contentOf(SQLite::Database& database, const MerchantId& merchant, const std::string& target);

}  // namespace tenants::sqlite
