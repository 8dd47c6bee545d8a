#include "tenants/sqlite/sqlite_audit_log.h"

#include <limits>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelect =
    "SELECT number, at_ms, actor, action, merchant_id, target, reason, request_id FROM audit_entry "
    "WHERE number < :before ORDER BY number DESC LIMIT :count";
// The last condition is how SQLite recognises the index.
constexpr const char* kSelectOfMerchant =
    "SELECT number, at_ms, actor, action, merchant_id, target, reason, request_id FROM audit_entry "
    "WHERE number < :before AND merchant_id = :merchant AND merchant_id <> '' ORDER BY number DESC LIMIT :count";

}  // namespace

std::vector<AuditEntry> SqliteAuditLog::entries(const std::optional<MerchantId>& merchant,
                                                std::optional<std::int64_t> before, std::size_t count) const {
    ReaderPool::Reader reader = readers_.read();
    PreparedStatement select{reader.database(), merchant ? kSelectOfMerchant : kSelect};
    Query row{select};
    row.bind(":before", before.value_or(std::numeric_limits<std::int64_t>::max()))
        .bind(":count", static_cast<std::int64_t>(count));
    if (merchant) row.bind(":merchant", *merchant);
    std::vector<AuditEntry> entries;
    while (row.next()) {
        AuditNote note;
        note.at = row.time(1);
        note.actor = KeyId{row.text(2)};
        note.action = row.text(3);
        note.merchant = MerchantId{row.text(4)};
        note.target = row.text(5);
        note.reason = row.text(6);
        note.request_id = row.text(7);
        entries.push_back({row.number(0), std::move(note)});
    }
    return entries;
}

}  // namespace tenants::sqlite
