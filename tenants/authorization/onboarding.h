#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tenants/authorization/grant_keeper.h"
#include "tenants/authorization/token_keeper.h"
#include "tenants/merchant/merchant_store.h"

namespace tenants {

struct OnboardingSettings {
    std::string component_appid;
    std::string redirect_url;  // https://…/wechat/authorized, on the launch domain, without a query
    std::string pc_link_base;  // https://mp.weixin.qq.com
    std::string h5_link_base;  // https://open.weixin.qq.com
    std::chrono::milliseconds landing_grace{600'000};  // past the pre-auth code's end, for a browser that lands late
};

/// Where the merchant's administrator consents. WeChat wants the page to be reached by a click on the launch domain.
struct IssuedLink {
    std::string pc_url;
    std::string h5_url;
    UtcTime expires_at;  // after that WeChat does not take the consent any more
};

/// How a merchant's account comes to be authorized to us, and what its changes do. Every way in, the browser's landing
/// and the pushed events, in any order, repeated or missing, leads to the same authorization. Safe from any thread.
class Onboarding {
public:
    Onboarding(TokenKeeper& tokens, GrantKeeper& grants, Platform& platform, AuthorizationStore& store,
               const MerchantStore& merchants, const Clock& clock, OnboardingSettings settings);

    /// A link for this merchant alone. kNotFound; the errors of Platform; kStoreUnavailable.
    Task<Result<IssuedLink>> createLink(MerchantId merchant);

    /// The merchant's browser landed. Exchanges the code unless the event's handling did. A landing that is repeated
    /// answers the merchant again. kInvalidInput (state unknown or expired, code not valid any more), kConflict (the
    /// account belongs to another merchant); kMerchantNotAuthorized (withdrawn meanwhile); the errors of Platform;
    /// kStoreUnavailable.
    Task<Result<MerchantId>> completeByRedirect(std::string state, SharedSecret authorization_code);

    /// Makes a verified push durable before the task ends, its immediate effect first (withdrawn, grants in doubt); then
    /// the caller answers `success` and hands what it got to `handle`. Empty: a duplicate. Never waits for WeChat.
    Task<Result<std::optional<PlatformEvent>>> receive(PlatformEvent event);
    /// Keeps the newest ticket, durably.
    Task<Result<Done>> receiveTicket(SharedSecret ticket, UtcTime created_at);

    /// The slow part of an event that was received; its effect comes once, however often this is asked. An error is for
    /// the log. Where a later try can help the event stays unhandled for `handleWaiting`; kNotFound (no merchant of
    /// ours is meant), kConflict, kInvalidInput and kMerchantNotAuthorized close it without effect.
    Task<Result<Done>> handle(PlatformEvent event);
    /// At start-up and every minute or so: what was received and not yet handled, oldest first. Gives the errors.
    Task<std::vector<Error>> handleWaiting();

private:
    /// One exchange of an authorization code: how far it got, so that it can be taken up again.
    struct Exchange {
        MerchantId merchant;
        AppId appid;                      // empty until known
        SharedSecret code;                // null: there is none, only what WeChat tells of the appid
        std::optional<UtcTime> event_at;  // none: by redirect, which has no time of WeChat's
        bool claimed = false;             // the code is ours to exchange
        bool spent = false;               // it was exchanged before, or does not work any more
        std::optional<Platform::Grant> grant;
        UtcTime granted_at;
        std::optional<std::int64_t> generation;  // of the authorization that this began from; 0: there was none
        bool stored = false;
    };

    Task<std::optional<MerchantId>> merchantOf(PlatformEvent event);
    Task<Result<Done>> applyAtOnce(PlatformEvent event);
    Task<Result<Done>> takeEffect(PlatformEvent event);
    bool isOutdated(const PlatformEvent& event, const MerchantId& merchant) const;

    Task<Result<Done>> exchange(Exchange work);
    Task<Result<Done>> exchangeLocked(Exchange& work, SharedSecret component_token);
    Task<Result<Done>> claim(Exchange& work);
    Task<Result<Done>> redeem(Exchange& work, SharedSecret component_token);
    Task<Result<Done>> storeResult(Exchange& work, std::optional<Platform::AuthorizerInfo> info);
    Task<Result<Done>> notAuthorizedAfterAll(Exchange& work);

    TokenKeeper& tokens_;
    GrantKeeper& grants_;
    Platform& platform_;
    AuthorizationStore& store_;
    const MerchantStore& merchants_;
    const Clock& clock_;
    const OnboardingSettings settings_;
};

}  // namespace tenants
