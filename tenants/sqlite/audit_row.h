#pragma once

#include "tenants/base/audit.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {

/// Of number, at_ms, actor, action, merchant_id, target, reason, request_id, content of audit_entry, the first columns of the
/// row; without its hash, which is not for every reader what its type promises.
inline AuditEntry auditEntryOf(const Query& row) {
    AuditEntry entry;
    entry.number = row.number(0);
    entry.note.at = row.time(1);
    entry.note.actor = KeyId{row.text(2)};
    entry.note.action = row.text(3);
    entry.note.merchant = MerchantId{row.text(4)};
    entry.note.target = row.text(5);
    entry.note.reason = row.text(6);
    entry.note.request_id = row.text(7);
    if (!row.isNull(8)) entry.content = row.text(8);
    return entry;
}

}  // namespace tenants::sqlite
