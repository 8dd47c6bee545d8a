#include "tenants/sqlite/sqlite_merchant_store.h"

#include <utility>

#include "tenants/sqlite/write.h"

namespace tenants::sqlite {

std::shared_ptr<const Merchant> SqliteMerchantStore::find(const MerchantId& merchant) const {
    return directory_.find(merchant);
}

std::vector<std::shared_ptr<const Merchant>> SqliteMerchantStore::list(const MerchantId& after,
                                                                       std::size_t count) const {
    return directory_.list(after, count);
}

Task<Result<Done>> SqliteMerchantStore::add(Merchant merchant) {
    Write write{writer_, [&] { return tables_.add(merchant); }, [&](const Done&) { directory_.put(merchant); }};
    co_return co_await write;
}

Task<Result<Merchant>> SqliteMerchantStore::update(Merchant changed, UtcTime now, UpstreamQuotaChange upstream) {
    Write write{writer_, [&] { return tables_.update(changed, now, upstream); },
                [&](const Merchant& stored) { directory_.put(stored); }};
    co_return co_await write;
}

std::shared_ptr<const ApiKey> SqliteMerchantStore::findKey(std::string_view lookup) const {
    return directory_.findKey(lookup);
}

std::vector<std::shared_ptr<const ApiKey>> SqliteMerchantStore::keysOf(const MerchantId& merchant) const {
    return directory_.keysOf(merchant);
}

Task<Result<Done>> SqliteMerchantStore::addKey(ApiKey key) {
    Write write{writer_, [&] { return tables_.addKey(key); }, [&](const Done&) { directory_.put(key); }};
    co_return co_await write;
}

Task<Result<ApiKey>> SqliteMerchantStore::revokeKey(MerchantId merchant, KeyId key, UtcTime now) {
    Write write{writer_, [&] { return tables_.revokeKey(merchant, key, now); },
                [&](const ApiKey& revoked) { directory_.put(revoked); }};
    co_return co_await write;
}

std::shared_ptr<const AdminToken> SqliteMerchantStore::findAdminToken(std::string_view lookup) const {
    return directory_.findAdminToken(lookup);
}

std::vector<std::shared_ptr<const AdminToken>> SqliteMerchantStore::adminTokens() const {
    return directory_.adminTokens();
}

Task<Result<Done>> SqliteMerchantStore::addAdminToken(AdminToken token) {
    Write write{writer_, [&] { return tables_.addAdminToken(token); }, [&](const Done&) { directory_.put(token); }};
    co_return co_await write;
}

Task<Result<AdminToken>> SqliteMerchantStore::revokeAdminToken(KeyId token, UtcTime now) {
    Write write{writer_, [&] { return tables_.revokeAdminToken(token, now); },
                [&](const AdminToken& revoked) { directory_.put(revoked); }};
    co_return co_await write;
}

}  // namespace tenants::sqlite
