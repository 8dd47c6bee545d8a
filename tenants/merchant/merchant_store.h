#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tenants/base/audit.h"
#include "tenants/base/result.h"
#include "tenants/base/task.h"
#include "tenants/merchant/api_key.h"
#include "tenants/merchant/merchant.h"

namespace tenants {

/// Merchants, their keys and the operators' tokens. Finds answer from memory, never wait, and see every change from
/// the moment its task has ended. Changes are durable when their task ends. Safe from any thread. A store that cannot
/// write ends changes with kStoreUnavailable. A change comes with who makes it; it is in the audit from the same transaction
/// on, unless it left everything as it was. A refused one leaves no line.
class MerchantStore {
public:
    virtual ~MerchantStore() = default;

    virtual std::shared_ptr<const Merchant> find(const MerchantId& merchant) const = 0;
    /// In order of id, those after `after` (empty: from the start), at most `count`.
    virtual std::vector<std::shared_ptr<const Merchant>> list(const MerchantId& after, std::size_t count) const = 0;
    virtual Task<Result<Done>> add(Merchant merchant, AuditNote note = {}) = 0;
    /// Stores `changed` where the stored version is still `changed.version`, then gives it with the next version;
    /// kPreconditionFailed where somebody was faster, kNotFound where there is none. In the same transaction the day and
    /// month windows open at `now` take the limits that count then, by day_limit and by the plan in force, but never less
    /// than what is used and held there. WeChat's quota is set by `upstream` alone, and becomes likewise the limit of the
    /// upstream window, even where WeChat's refusal had marked that one full.
    virtual Task<Result<Merchant>> update(Merchant changed, UtcTime now, UpstreamQuotaChange upstream,
                                          AuditNote note = {}) = 0;
    Task<Result<Merchant>> update(Merchant changed, UtcTime now) { return update(std::move(changed), now, {}); }

    virtual std::shared_ptr<const ApiKey> findKey(std::string_view lookup) const = 0;
    /// Of one merchant, oldest first, revoked ones included.
    virtual std::vector<std::shared_ptr<const ApiKey>> keysOf(const MerchantId& merchant) const = 0;
    virtual Task<Result<Done>> addKey(ApiKey key, AuditNote note = {}) = 0;
    /// Revoking twice keeps the first time. kNotFound where this merchant has no such key.
    virtual Task<Result<ApiKey>> revokeKey(MerchantId merchant, KeyId key, UtcTime now, AuditNote note = {}) = 0;

    virtual std::shared_ptr<const AdminToken> findAdminToken(std::string_view lookup) const = 0;
    virtual std::vector<std::shared_ptr<const AdminToken>> adminTokens() const = 0;
    virtual Task<Result<Done>> addAdminToken(AdminToken token, AuditNote note = {}) = 0;
    virtual Task<Result<AdminToken>> revokeAdminToken(KeyId token, UtcTime now, AuditNote note = {}) = 0;
};

}  // namespace tenants
