#include "tenants/base/audit.h"

#include <algorithm>
#include <array>

namespace tenants {
namespace {

// As docs/admin-api.md lists them.
constexpr auto kActions = std::to_array<std::string_view>({"admin_token.create",
                                                           "admin_token.revoke",
                                                           "audit.adopt",
                                                           "authorization_link.create",
                                                           "export.create",
                                                           "hold.billed",
                                                           "hold.not_billed",
                                                           "hold.waive",
                                                           "key.create",
                                                           "key.revoke",
                                                           "merchant.create",
                                                           "merchant.update",
                                                           "pack.create",
                                                           "pack.expire",
                                                           "period.close",
                                                           "period.finish",
                                                           "plan.create",
                                                           "plan_assignment.cancel",
                                                           "plan_assignment.create",
                                                           "plan_version.create",
                                                           "quota.reopen",
                                                           "reconciliation.create",
                                                           "statement.close",
                                                           "usage_entry.correct"});

}  // namespace

bool isAuditAction(std::string_view action) {
    return std::find(kActions.begin(), kActions.end(), action) != kActions.end();
}

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
