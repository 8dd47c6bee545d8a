#include "tenants/sqlite/audit_table.h"

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kInsert =
    "INSERT INTO audit_entry (at_ms, actor, action, merchant_id, target, reason, request_id) "
    "VALUES (:at, :actor, :action, :merchant, :target, :reason, :request)";

}  // namespace

AuditTable::AuditTable(SQLite::Database& database) : insert_(database, kInsert) {}

void AuditTable::append(const AuditNote& note) {
    Query{insert_}
        .bind(":at", note.at)
        .bind(":actor", note.actor)
        .bind(":action", note.action)
        .bind(":merchant", note.merchant)
        .bind(":target", note.target)
        .bind(":reason", note.reason)
        .bind(":request", note.request_id)
        .run();
}

}  // namespace tenants::sqlite
