#include "tenants/sqlite/sqlite_audit_log.h"

#include <limits>
#include <string>
#include <utility>

#include "tenants/sqlite/audit_row.h"
#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/query.h"
#include "tenants/sqlite/write.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelect =
    "SELECT number, at_ms, actor, action, merchant_id, target, reason, request_id, content, hash FROM audit_entry "
    "WHERE number < :before";
// The last condition is how SQLite recognises the index.
constexpr const char* kOfMerchant = " AND merchant_id = :merchant AND merchant_id <> ''";
constexpr const char* kOfAction = " AND action = :action";
constexpr const char* kNewestFirst = " ORDER BY number DESC LIMIT :count";

}  // namespace

Task<Result<Done>> SqliteAuditLog::append(AuditNote note) {
    Write write{writer_, [&]() -> Result<Done> {
                    table_.append(note);
                    return Done{};
                }};
    co_return co_await write;
}

std::vector<AuditEntry> SqliteAuditLog::entries(const AuditFilter& filter, std::optional<std::int64_t> before,
                                                std::size_t count) const {
    std::string sql = kSelect;
    if (filter.merchant) sql += kOfMerchant;
    if (!filter.action.empty()) sql += kOfAction;
    ReaderPool::Reader reader = readers_.read();
    PreparedStatement select{reader.database(), sql + kNewestFirst};
    Query row{select};
    row.bind(":before", before.value_or(std::numeric_limits<std::int64_t>::max()))
        .bind(":count", static_cast<std::int64_t>(count));
    if (filter.merchant) row.bind(":merchant", *filter.merchant);
    if (!filter.action.empty()) row.bind(":action", filter.action);
    std::vector<AuditEntry> entries;
    while (row.next()) {
        AuditEntry entry = auditEntryOf(row);
        entry.hash = hashOf(row.blob(9));
        entries.push_back(std::move(entry));
    }
    return entries;
}

}  // namespace tenants::sqlite
