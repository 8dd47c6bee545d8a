#pragma once

#include "tenants/base/audit.h"
#include "tenants/sqlite/audit_table.h"
#include "tenants/sqlite/reader_pool.h"
#include "tenants/sqlite/writer.h"

namespace tenants::sqlite {

/// The audit's port over writer and readers. All that it borrows must outlive it.
class SqliteAuditLog final : public AuditLog {
public:
    SqliteAuditLog(Writer& writer, AuditTable& table, ReaderPool& readers)
        : writer_(writer), table_(table), readers_(readers) {}

    std::vector<AuditEntry> entries(const AuditFilter& filter, std::optional<std::int64_t> before,
                                    std::size_t count) const override;
    Task<Result<Done>> append(AuditNote note) override;

private:
    Writer& writer_;
    AuditTable& table_;
    ReaderPool& readers_;
};

}  // namespace tenants::sqlite
