#pragma once

#include "tenants/sqlite/audit_table.h"
#include "tenants/sqlite/reconciliation_tables.h"
#include "tenants/sqlite/writer.h"

namespace tenants::sqlite {

/// The reports' port over the writer, which reads them as well: they are few and seldom asked for. Look-ups throw
/// std::runtime_error where the store is unavailable. All that it borrows must outlive it.
class SqliteReconciliationStore final : public ReconciliationStore {
public:
    SqliteReconciliationStore(Writer& writer, ReconciliationTables& tables, AuditTable& audit)
        : writer_(writer), tables_(tables), audit_(audit) {}

    Task<Result<Done>> save(ReconciliationReport report, std::optional<AuditNote> note = std::nullopt) override;
    Task<std::optional<ReconciliationReport>> find(ReconciliationId id) override;
    Task<std::vector<ReconciliationReport>> newest(std::size_t count) override;

private:
    Writer& writer_;
    ReconciliationTables& tables_;
    AuditTable& audit_;
};

}  // namespace tenants::sqlite
