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

std::shared_ptr<const ComponentState> AuthorizationDirectory::component() const {
    const std::shared_lock lock{mutex_};
    return component_;
}

void AuthorizationDirectory::put(std::shared_ptr<const Authorization> authorization) {
    const std::scoped_lock lock{mutex_};
    std::shared_ptr<const Authorization>& place = by_merchant_[authorization->merchant];
    if (place != nullptr && place->appid != authorization->appid) by_appid_.erase(place->appid);
    by_appid_[authorization->appid] = authorization;
    place = std::move(authorization);
}

void AuthorizationDirectory::put(ComponentState component) {
    const auto stored = std::make_shared<const ComponentState>(std::move(component));
    const std::scoped_lock lock{mutex_};
    component_ = stored;
}

}  // namespace tenants::sqlite
