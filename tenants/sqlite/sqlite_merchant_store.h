#pragma once

#include "tenants/merchant/merchant_store.h"
#include "tenants/sqlite/audit_table.h"
#include "tenants/sqlite/merchant_directory.h"
#include "tenants/sqlite/merchant_tables.h"
#include "tenants/sqlite/writer.h"

namespace tenants::sqlite {

/// The merchants' port over the writer and the directory. All that it borrows must outlive it.
class SqliteMerchantStore final : public MerchantStore {
public:
    SqliteMerchantStore(Writer& writer, MerchantTables& tables, MerchantDirectory& directory, AuditTable& audit)
        : writer_(writer), tables_(tables), directory_(directory), audit_(audit) {}

    std::shared_ptr<const Merchant> find(const MerchantId& merchant) const override;
    std::vector<std::shared_ptr<const Merchant>> list(const MerchantId& after, std::size_t count) const override;
    Task<Result<Done>> add(Merchant merchant, AuditNote note = {}) override;
    using MerchantStore::update;
    Task<Result<Merchant>> update(Merchant changed, UtcTime now, UpstreamQuotaChange upstream,
                                  AuditNote note = {}) override;

    std::shared_ptr<const ApiKey> findKey(std::string_view lookup) const override;
    std::vector<std::shared_ptr<const ApiKey>> keysOf(const MerchantId& merchant) const override;
    Task<Result<Done>> addKey(ApiKey key, AuditNote note = {}) override;
    Task<Result<ApiKey>> revokeKey(MerchantId merchant, KeyId key, UtcTime now, AuditNote note = {}) override;

    std::shared_ptr<const AdminToken> findAdminToken(std::string_view lookup) const override;
    std::vector<std::shared_ptr<const AdminToken>> adminTokens() const override;
    Task<Result<Done>> addAdminToken(AdminToken token, AuditNote note = {}) override;
    Task<Result<AdminToken>> revokeAdminToken(KeyId token, UtcTime now, AuditNote note = {}) override;

private:
    Writer& writer_;
    MerchantTables& tables_;
    MerchantDirectory& directory_;
    AuditTable& audit_;
};

}  // namespace tenants::sqlite
