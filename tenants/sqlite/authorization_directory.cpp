#include "tenants/sqlite/authorization_directory.h"

#include <mutex>
#include <utility>

namespace tenants::sqlite {

std::shared_ptr<const Authorization> AuthorizationDirectory::find(const MerchantId& merchant) const {
    const std::shared_lock lock{mutex_};
    const auto found = by_merchant_.find(merchant);
    return found != by_merchant_.end() ? found->second : nullptr;
}

std::shared_ptr<const Authorization> AuthorizationDirectory::findByAppId(const AppId& appid) const {
    const std::shared_lock lock{mutex_};
    const auto found = by_appid_.find(appid);
    return found != by_appid_.end() ? found->second : nullptr;
}

std::vector<std::shared_ptr<const Authorization>> AuthorizationDirectory::expiringBefore(UtcTime until) const {
    std::vector<std::shared_ptr<const Authorization>> expiring;
    const std::shared_lock lock{mutex_};
    for (const auto& [expires_at, merchant] : by_expiry_) {
        if (expires_at >= until) break;
        expiring.push_back(by_merchant_.at(merchant));
    }
    return expiring;
}

std::shared_ptr<const ComponentState> AuthorizationDirectory::component() const {
    const std::shared_lock lock{mutex_};
    return component_;
}

void AuthorizationDirectory::put(std::shared_ptr<const Authorization> authorization) {
    const std::scoped_lock lock{mutex_};
    std::shared_ptr<const Authorization>& place = by_merchant_[authorization->merchant];
    if (place != nullptr) {
        if (place->appid != authorization->appid) by_appid_.erase(place->appid);
        by_expiry_.erase({place->access_expires_at, place->merchant});
    }
    if (!authorization->withdrawn) by_expiry_.emplace(authorization->access_expires_at, authorization->merchant);
    by_appid_[authorization->appid] = authorization;
    place = std::move(authorization);
}

void AuthorizationDirectory::put(ComponentState component) {
    const auto stored = std::make_shared<const ComponentState>(std::move(component));
    const std::scoped_lock lock{mutex_};
    component_ = stored;
}

}  // namespace tenants::sqlite
