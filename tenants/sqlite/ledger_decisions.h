#pragma once

#include "tenants/base/result.h"
#include "tenants/sqlite/audit_table.h"
#include "tenants/sqlite/closed_usage_table.h"
#include "tenants/sqlite/entry_table.h"
#include "tenants/sqlite/hold_table.h"
#include "tenants/sqlite/ledger_heads.h"
#include "tenants/sqlite/quota_book.h"
#include "tenants/usage/decision.h"

namespace tenants::sqlite {

/// What operators decide about the ledger: corrections, and what became of unknown scans. Everything here runs on the
/// writer's thread, inside its transaction, and writes its line of the audit there.
class LedgerDecisions {
public:
    struct Tables {
        LedgerHeads& heads;
        EntryTable& entries;
        ClosedUsageTable& closed;
        HoldTable& holds;
        QuotaBook& quotas;
        AuditTable& audit;
    };
    explicit LedgerDecisions(Tables tables) : tables_(tables) {}

    Result<Receipt> correct(const Correction& correction, const EntryId& id);
    Result<Receipt> decide(const Decision& decision, const EntryId& id);

private:
    Result<Receipt> repeated(const LedgerHead& head, const Decision& decision, const HoldRow& hold);
    Receipt noted(const UsageEntry& entry, const AuditNote& note);
    void correctQuotas(const LedgerHead& head, const UsageEntry& charge, UtcTime now);

    const Tables tables_;
};

}  // namespace tenants::sqlite
