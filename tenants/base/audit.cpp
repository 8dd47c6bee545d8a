#include "tenants/base/audit.h"

namespace tenants {

ChainHash auditHash(const ChainHash& before, const AuditEntry& entry) {
    ChainFields fields;
    fields.text(kAuditFormat);
    fields.number(entry.number);
    fields.time(entry.note.at);
    fields.text(entry.note.actor.text());
    fields.text(entry.note.action);
    fields.text(entry.note.merchant.text());
    fields.text(entry.note.target);
    fields.text(entry.note.reason);
    fields.text(entry.note.request_id);
    fields.textIfAny(entry.content);
    return linkHash(before, fields.take());
}

}  // namespace tenants
