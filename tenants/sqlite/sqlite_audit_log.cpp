#include "tenants/sqlite/sqlite_audit_log.h"

#include <limits>
#include <string>
#include <utility>

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
        AuditNote note;
        note.at = row.time(1);
        note.actor = KeyId{row.text(2)};
        note.action = row.text(3);
        note.merchant = MerchantId{row.text(4)};
        note.target = row.text(5);
        note.reason = row.text(6);
        note.request_id = row.text(7);
        entries.push_back({row.number(0), std::move(note), row.isNull(8) ? std::nullopt : std::optional{row.text(8)},
                           hashOf(row.blob(9))});
    }
    return entries;
}

}  // namespace tenants::sqlite
