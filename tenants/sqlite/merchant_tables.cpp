#include "tenants/sqlite/merchant_tables.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kInsertMerchant =
    "INSERT INTO merchant (id, name, suspended, suspended_reason, day_limit, created_ms, version, component_appid,"
    " upstream_day_free, upstream_pack_units) VALUES (:id, :name, :suspended, :reason, :limit, :created, :version,"
    " :component, :free, :packs) ON CONFLICT DO NOTHING";
constexpr const char* kSelectVersion = "SELECT row, version, created_ms, component_appid FROM merchant WHERE id = :id";
constexpr const char* kUpdateMerchant =
    "UPDATE merchant SET name = :name, suspended = :suspended, suspended_reason = :reason, day_limit = :limit,"
    " version = :version WHERE row = :row";
constexpr const char* kInsertKey =
    "INSERT INTO api_key (merchant_row, id, lookup, hash, label, created_ms, expires_ms, revoked_ms) "
    "VALUES (:merchant, :id, :lookup, :hash, :label, :created, :expires, :revoked) ON CONFLICT DO NOTHING";
constexpr const char* kRevokeKey =
    "UPDATE api_key SET revoked_ms = coalesce(revoked_ms, :now) "
    "WHERE merchant_row = (SELECT row FROM merchant WHERE id = :merchant) AND id = :id "
    "RETURNING id, :merchant, lookup, hash, label, created_ms, expires_ms, revoked_ms";
constexpr const char* kInsertAdminToken =
    "INSERT INTO admin_token (id, lookup, hash, label, created_ms, revoked_ms) "
    "VALUES (:id, :lookup, :hash, :label, :created, :revoked) ON CONFLICT DO NOTHING";
constexpr const char* kRevokeAdminToken =
    "UPDATE admin_token SET revoked_ms = coalesce(revoked_ms, :now) WHERE id = :id "
    "RETURNING id, lookup, hash, label, created_ms, revoked_ms";
constexpr const char* kSelectMerchants =
    "SELECT id, name, suspended, suspended_reason, day_limit, created_ms, version, component_appid, upstream_day_free,"
    " upstream_pack_units FROM merchant";
constexpr const char* kAdoptMerchants = "UPDATE merchant SET component_appid = :component WHERE component_appid = ''";
constexpr const char* kSelectKeys =
    "SELECT api_key.id, merchant.id, lookup, hash, label, api_key.created_ms, expires_ms, revoked_ms "
    "FROM api_key JOIN merchant ON merchant.row = api_key.merchant_row";
constexpr const char* kSelectAdminTokens = "SELECT id, lookup, hash, label, created_ms, revoked_ms FROM admin_token";

CredentialHash hashOf(std::string_view bytes) {
    CredentialHash hash{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), hash.size()), hash.begin());
    return hash;
}

std::string_view bytesOf(const CredentialHash& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

ApiKey keyOf(const Query& row) {
    return {KeyId{row.text(0)}, MerchantId{row.text(1)}, row.text(2),     hashOf(row.blob(3)), row.text(4),
            row.time(5),        row.timeIfAny(6),        row.timeIfAny(7)};
}

AdminToken adminTokenOf(const Query& row) {
    return {KeyId{row.text(0)}, row.text(1), hashOf(row.blob(2)), row.text(3), row.time(4), row.timeIfAny(5)};
}

Error noSuch(std::string_view what) {
    return {ErrorCode::kNotFound, "There is no such " + std::string{what} + "."};
}
Error taken(std::string_view what) {
    return {ErrorCode::kConflict, "There is such a " + std::string{what} + " already."};
}

}  // namespace

MerchantTables::MerchantTables(SQLite::Database& database, QuotaBook& quotas) : database_(database), quotas_(quotas) {}

void MerchantTables::adopt(const AppId& component) {
    PreparedStatement update{database_, kAdoptMerchants};
    Query{update}.bind(":component", component).run();
}

void MerchantTables::load(MerchantDirectory& directory) {
    PreparedStatement merchants{database_, kSelectMerchants};
    for (Query row{merchants}; row.next();) {
        directory.put(Merchant{MerchantId{row.text(0)}, row.text(1), row.flag(2), row.text(3), row.number(4),
                               row.time(5), row.number(6), AppId{row.text(7)}, row.numberIfAny(8), row.number(9)});
    }
    PreparedStatement keys{database_, kSelectKeys};
    for (Query row{keys}; row.next();) directory.put(keyOf(row));
    PreparedStatement tokens{database_, kSelectAdminTokens};
    for (Query row{tokens}; row.next();) directory.put(adminTokenOf(row));
}

Result<Done> MerchantTables::add(const Merchant& merchant) {
    PreparedStatement insert{database_, kInsertMerchant};
    const int rows = Query{insert}
                         .bind(":id", merchant.id)
                         .bind(":name", merchant.name)
                         .bind(":suspended", merchant.suspended)
                         .bind(":reason", merchant.suspended_reason)
                         .bind(":limit", merchant.day_limit)
                         .bind(":created", merchant.created_at)
                         .bind(":version", merchant.version)
                         .bind(":component", merchant.component)
                         .bind(":free", merchant.upstream_day_free)
                         .bind(":packs", merchant.upstream_pack_units)
                         .run();
    if (rows == 0) return taken("merchant");
    return Done{};
}

Result<Merchant> MerchantTables::update(const Merchant& changed, UtcTime now, const UpstreamQuotaChange& upstream) {
    PreparedStatement select{database_, kSelectVersion};
    Query stored{select};
    stored.bind(":id", changed.id);
    if (!stored.next()) return noSuch("merchant");
    if (stored.number(1) != changed.version) {
        return Error{ErrorCode::kPreconditionFailed, "The merchant was changed by somebody else."};
    }
    const std::int64_t row = stored.number(0);
    Merchant next = changed;
    next.version += 1;
    next.created_at = stored.time(2);  // no change of a merchant changes when it came, and by which platform
    next.component = AppId{stored.text(3)};
    PreparedStatement update{database_, kUpdateMerchant};
    Query{update}
        .bind(":name", next.name)
        .bind(":suspended", next.suspended)
        .bind(":reason", next.suspended_reason)
        .bind(":limit", next.day_limit)
        .bind(":version", next.version)
        .bind(":row", row)
        .run();
    // Also with the same day_limit: what a change leaves behind must not depend on what was there before it.
    quotas_.takeTerms(row, now);
    const MerchantTerms& terms = quotas_.changeUpstreamQuota(row, upstream, now);
    next.upstream_day_free = terms.upstream_day_free;
    next.upstream_pack_units = terms.upstream_pack_units;
    return next;
}

Result<Done> MerchantTables::addKey(const ApiKey& key) {
    PreparedStatement select{database_, kSelectVersion};
    Query merchant{select};
    merchant.bind(":id", key.merchant);
    if (!merchant.next()) return noSuch("merchant");
    PreparedStatement insert{database_, kInsertKey};
    const int rows = Query{insert}
                         .bind(":merchant", merchant.number(0))
                         .bind(":id", key.id)
                         .bind(":lookup", key.lookup)
                         .bindBlob(":hash", bytesOf(key.hash))
                         .bind(":label", key.label)
                         .bind(":created", key.created_at)
                         .bind(":expires", key.expires_at)
                         .bind(":revoked", key.revoked_at)
                         .run();
    if (rows == 0) return taken("key");
    return Done{};
}

Result<ApiKey> MerchantTables::revokeKey(const MerchantId& merchant, const KeyId& key, UtcTime now) {
    PreparedStatement revoke{database_, kRevokeKey};
    Query row{revoke};
    row.bind(":now", now).bind(":merchant", merchant).bind(":id", key);
    if (!row.next()) return noSuch("key");
    return keyOf(row);
}

Result<Done> MerchantTables::addAdminToken(const AdminToken& token) {
    PreparedStatement insert{database_, kInsertAdminToken};
    const int rows = Query{insert}
                         .bind(":id", token.id)
                         .bind(":lookup", token.lookup)
                         .bindBlob(":hash", bytesOf(token.hash))
                         .bind(":label", token.label)
                         .bind(":created", token.created_at)
                         .bind(":revoked", token.revoked_at)
                         .run();
    if (rows == 0) return taken("admin token");
    return Done{};
}

Result<AdminToken> MerchantTables::revokeAdminToken(const KeyId& token, UtcTime now) {
    PreparedStatement revoke{database_, kRevokeAdminToken};
    Query row{revoke};
    row.bind(":now", now).bind(":id", token);
    if (!row.next()) return noSuch("admin token");
    return adminTokenOf(row);
}

}  // namespace tenants::sqlite
