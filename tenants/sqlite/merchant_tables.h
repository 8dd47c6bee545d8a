#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>

#include "tenants/base/result.h"
#include "tenants/merchant/api_key.h"
#include "tenants/merchant/merchant.h"
#include "tenants/sqlite/merchant_directory.h"
#include "tenants/sqlite/quota_book.h"

namespace tenants::sqlite {

/// What the merchants' changes do to the tables. Everything here runs on the writer's thread, inside its transaction,
/// except `adopt` and `load`, which come before the writer starts.
class MerchantTables {
public:
    MerchantTables(SQLite::Database& database, QuotaBook& quotas);

    /// Gives `component` the merchants of a database that was made before merchants had one.
    void adopt(const AppId& component);
    /// Fills the directory.
    void load(MerchantDirectory& directory);

    Result<Done> add(const Merchant& merchant);
    Result<Merchant> update(const Merchant& changed, UtcTime now, const UpstreamQuotaChange& upstream);
    Result<Done> addKey(const ApiKey& key);
    Result<ApiKey> revokeKey(const MerchantId& merchant, const KeyId& key, UtcTime now);
    Result<Done> addAdminToken(const AdminToken& token);
    Result<AdminToken> revokeAdminToken(const KeyId& token, UtcTime now);

private:
    SQLite::Database& database_;
    QuotaBook& quotas_;
};

}  // namespace tenants::sqlite
