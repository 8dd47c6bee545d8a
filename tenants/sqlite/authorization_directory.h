#pragma once

#include <memory>
#include <set>
#include <shared_mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tenants/authorization/authorization_store.h"

namespace tenants::sqlite {

/// Authorizations and the component's state in memory, tokens in plain: what every scan asks for. Values are immutable;
/// a change puts a new one in the place of the old. Safe from any thread.
class AuthorizationDirectory {
public:
    std::shared_ptr<const Authorization> find(const MerchantId& merchant) const;
    std::shared_ptr<const Authorization> findByAppId(const AppId& appid) const;
    std::vector<std::shared_ptr<const Authorization>> expiringBefore(UtcTime until) const;
    std::shared_ptr<const ComponentState> component() const;

    void put(std::shared_ptr<const Authorization> authorization);
    void put(ComponentState component);

private:
    mutable std::shared_mutex mutex_;
    std::unordered_map<MerchantId, std::shared_ptr<const Authorization>> by_merchant_;
    std::unordered_map<AppId, std::shared_ptr<const Authorization>> by_appid_;
    std::set<std::pair<UtcTime, MerchantId>> by_expiry_;  // of those not withdrawn
    std::shared_ptr<const ComponentState> component_ = std::make_shared<const ComponentState>();
};

}  // namespace tenants::sqlite
