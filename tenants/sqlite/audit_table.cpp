#include "tenants/sqlite/audit_table.h"

#include "tenants/sqlite/audited_rows.h"
#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelectLast = "SELECT number, hash FROM audit_entry ORDER BY number DESC LIMIT 1";
constexpr const char* kSelectContent =
    "SELECT content FROM audit_entry WHERE target = :target AND merchant_id = :merchant AND content IS NOT NULL "
    "ORDER BY number DESC LIMIT 1";
constexpr const char* kInsert =
    "INSERT INTO audit_entry (number, at_ms, actor, action, merchant_id, target, reason, request_id, content, hash) "
    "VALUES (:number, :at, :actor, :action, :merchant, :target, :reason, :request, :content, :hash)";

}  // namespace

AuditTable::AuditTable(SQLite::Database& database)
    : database_(database),
      select_last_(database, kSelectLast),
      select_content_(database, kSelectContent),
      insert_(database, kInsert) {}

void AuditTable::append(const AuditNote& note, std::optional<std::string> content) {
    AuditEntry entry{1, note, std::move(content), {}};
    ChainHash before{};
    {
        Query last{select_last_};
        if (last.next()) {
            entry.number = last.number(0) + 1;
            before = hashOf(last.blob(1));
        }
    }
    entry.hash = auditHash(before, entry);
    Query{insert_}
        .bind(":number", entry.number)
        .bind(":at", note.at)
        .bind(":actor", note.actor)
        .bind(":action", note.action)
        .bind(":merchant", note.merchant)
        .bind(":target", note.target)
        .bind(":reason", note.reason)
        .bind(":request", note.request_id)
        .bind(":content", entry.content)
        .bindBlob(":hash", bytesOf(entry.hash))
        .run();
}

void AuditTable::appendChange(const AuditNote& note) {
    std::optional<std::string> content = contentOf(database_, note.merchant, note.target);
    if (content) {
        Query known{select_content_};
        known.bind(":target", note.target).bind(":merchant", note.merchant);
        if (known.next() && known.text(0) == *content) return;
    }
    append(note, std::move(content));
}

}  // namespace tenants::sqlite
