#include "tenants/sqlite/sqlite_merchant_store.h"

#include <utility>

#include "tenants/sqlite/audited_rows.h"
#include "tenants/sqlite/write.h"

namespace tenants::sqlite {

std::shared_ptr<const Merchant> SqliteMerchantStore::find(const MerchantId& merchant) const {
    return directory_.find(merchant);
}

std::vector<std::shared_ptr<const Merchant>> SqliteMerchantStore::list(const MerchantId& after,
                                                                       std::size_t count) const {
    return directory_.list(after, count);
}

Task<Result<Done>> SqliteMerchantStore::add(Merchant merchant, AuditNote note) {
    note = note.on("merchant.create", merchant.id, "");
    Write write{writer_, [&] { return audit_.noted(tables_.add(merchant), note); },
                [&](const Done&) { directory_.put(merchant); }};
    co_return co_await write;
}

Task<Result<Merchant>> SqliteMerchantStore::update(Merchant changed, UtcTime now, UpstreamQuotaChange upstream,
                                                   AuditNote note) {
    note = note.on("merchant.update", changed.id, "");
    Write write{writer_,
                [&]() -> Result<Merchant> {
                    auto updated = tables_.update(changed, now, upstream);
                    // WeChat's quota is not part of what the audit keeps, since scans change it: setting it is a deed.
                    if (!updated || !(upstream.day_free || upstream.pack_units)) return audit_.noted(updated, note);
                    audit_.append(note, contentOf(writer_.database(), note.merchant, note.target));
                    return updated;
                },
                [&](const Merchant& stored) { directory_.put(stored); }};
    co_return co_await write;
}

std::shared_ptr<const ApiKey> SqliteMerchantStore::findKey(std::string_view lookup) const {
    return directory_.findKey(lookup);
}

std::vector<std::shared_ptr<const ApiKey>> SqliteMerchantStore::keysOf(const MerchantId& merchant) const {
    return directory_.keysOf(merchant);
}

Task<Result<Done>> SqliteMerchantStore::addKey(ApiKey key, AuditNote note) {
    note = note.on("key.create", key.merchant, "keys/" + key.id.text());
    Write write{writer_, [&] { return audit_.noted(tables_.addKey(key), note); },
                [&](const Done&) { directory_.put(key); }};
    co_return co_await write;
}

Task<Result<ApiKey>> SqliteMerchantStore::revokeKey(MerchantId merchant, KeyId key, UtcTime now, AuditNote note) {
    note = note.on("key.revoke", merchant, "keys/" + key.text());
    Write write{writer_, [&] { return audit_.noted(tables_.revokeKey(merchant, key, now), note); },
                [&](const ApiKey& revoked) { directory_.put(revoked); }};
    co_return co_await write;
}

std::shared_ptr<const AdminToken> SqliteMerchantStore::findAdminToken(std::string_view lookup) const {
    return directory_.findAdminToken(lookup);
}

std::vector<std::shared_ptr<const AdminToken>> SqliteMerchantStore::adminTokens() const {
    return directory_.adminTokens();
}

Task<Result<Done>> SqliteMerchantStore::addAdminToken(AdminToken token, AuditNote note) {
    note = note.on("admin_token.create", MerchantId{}, "admin-tokens/" + token.id.text());
    Write write{writer_, [&] { return audit_.noted(tables_.addAdminToken(token), note); },
                [&](const Done&) { directory_.put(token); }};
    co_return co_await write;
}

Task<Result<AdminToken>> SqliteMerchantStore::revokeAdminToken(KeyId token, UtcTime now, AuditNote note) {
    note = note.on("admin_token.revoke", MerchantId{}, "admin-tokens/" + token.text());
    Write write{writer_, [&] { return audit_.noted(tables_.revokeAdminToken(token, now), note); },
                [&](const AdminToken& revoked) { directory_.put(revoked); }};
    co_return co_await write;
}

}  // namespace tenants::sqlite
