#pragma once

#include "tenants/base/audit.h"
#include "tenants/sqlite/reader_pool.h"

namespace tenants::sqlite {

/// The audit's port over the readers; it is written by AuditTable.
class SqliteAuditLog final : public AuditLog {
public:
    explicit SqliteAuditLog(ReaderPool& readers) : readers_(readers) {}

    std::vector<AuditEntry> entries(const std::optional<MerchantId>& merchant, std::optional<std::int64_t> before,
                                    std::size_t count) const override;

private:
    ReaderPool& readers_;
};

}  // namespace tenants::sqlite
