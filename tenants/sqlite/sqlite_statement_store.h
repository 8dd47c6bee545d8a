#pragma once

#include "tenants/sqlite/audit_table.h"
#include "tenants/sqlite/statement_reads.h"
#include "tenants/sqlite/statement_tables.h"
#include "tenants/sqlite/writer.h"

namespace tenants::sqlite {

/// The port of statements over the writer and the readers. All that it borrows must outlive it.
class SqliteStatementStore final : public StatementReads {
public:
    SqliteStatementStore(Writer& writer, StatementTables& tables, ReaderPool& readers, AuditTable& audit)
        : StatementReads(readers), writer_(writer), tables_(tables), audit_(audit) {}

    Task<Result<CloseOutcome>> close(ClosedSum sum, std::optional<AuditNote> note = std::nullopt) override;
    Task<Result<Done>> beginClosing(Period period, UtcTime now, AuditNote note = {}) override;
    Task<Result<Done>> endClosing(Period period, UtcTime now, AuditNote note = {}) override;

private:
    Writer& writer_;
    StatementTables& tables_;
    AuditTable& audit_;
};

}  // namespace tenants::sqlite
