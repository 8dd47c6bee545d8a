#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tenants/authorization/grant_keeper.h"
#include "tenants/authorization/onboarding.h"
#include "tenants/authorization/token_keeper.h"

namespace tenants {

/// One third-party platform of ours at WeChat and all that is its own: authorizations, tokens, grants, the way in. Two
/// platforms of one installation share nothing but the merchants' list. Safe from any thread.
class ComponentPlatform {
public:
    struct Settings {
        TokenKeeper::Settings tokens;
        OnboardingSettings onboarding;
    };
    /// `platform` and `authorizations` are of this component alone. All that is borrowed must outlive it.
    ComponentPlatform(Platform& platform, AuthorizationStore& authorizations, const MerchantStore& merchants,
                      const Clock& clock, Settings settings)
        : appid_(settings.onboarding.component_appid),
          authorizations_(authorizations),
          tokens_(platform, authorizations, clock, settings.tokens),
          grants_(tokens_, platform, authorizations, clock),
          onboarding_(tokens_, grants_, platform, authorizations, merchants, clock, std::move(settings.onboarding)) {}

    const AppId& appid() const noexcept { return appid_; }
    AuthorizationStore& authorizations() noexcept { return authorizations_; }
    TokenKeeper& tokens() noexcept { return tokens_; }
    GrantKeeper& grants() noexcept { return grants_; }
    Onboarding& onboarding() noexcept { return onboarding_; }

private:
    const AppId appid_;
    AuthorizationStore& authorizations_;
    TokenKeeper tokens_;
    GrantKeeper grants_;
    Onboarding onboarding_;
};

/// The platforms of this installation, by appid. Borrowed; few, so they are looked through one by one. Any thread.
class ComponentPlatforms {
public:
    /// At least one; the first is where a merchant belongs whose platform nobody named.
    explicit ComponentPlatforms(std::vector<ComponentPlatform*> platforms) : platforms_(std::move(platforms)) {}

    /// Null where none of ours has that appid.
    ComponentPlatform* find(const AppId& component) const {
        for (ComponentPlatform* platform : platforms_) {
            if (platform->appid() == component) return platform;
        }
        return nullptr;
    }
    /// The one of that appid, or the first where none is named; null where none of ours has it.
    ComponentPlatform* named(const std::optional<std::string>& component) const {
        return component ? find(AppId{*component}) : platforms_.front();
    }
    /// The one that the merchant belongs to. Throws std::out_of_range where that is none of ours, which a store that was
    /// opened for all of them does not let happen.
    ComponentPlatform& of(const Merchant& merchant) const {
        ComponentPlatform* platform = find(merchant.component);
        if (platform == nullptr) throw std::out_of_range("the merchant's component platform is not served here");
        return *platform;
    }
    const std::vector<ComponentPlatform*>& all() const noexcept { return platforms_; }

private:
    std::vector<ComponentPlatform*> platforms_;
};

}  // namespace tenants
