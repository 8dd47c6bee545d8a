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
    std::string launch_url;    // https://…/wechat/launch, on the same domain
    std::chrono::milliseconds landing_grace{600'000};  // past the pre-auth code's end, for a browser that lands late
    std::chrono::hours invitation_life{7 * 24};
    OpeningLimit openings{};
    // No authorization code works longer; an event that needs one is given up then.
    std::chrono::minutes code_life_max{60};
    // What was stored with a time further ahead was stored under a clock that was wrong: it says nothing of the order.
    std::chrono::seconds ahead_max{600};
};

/// What an operator may ask of a link.
struct LinkOptions {
    AccountChoice choice = AccountChoice::kBoth;
    AppId only;  // that account and no other; empty: any
};

/// Where the merchant's administrator consents. WeChat wants its page to be reached by a click on the launch domain.
struct IssuedLink {
    std::string pc_url;
    std::string h5_url;
    UtcTime expires_at;  // after that WeChat does not take the consent any more
};

/// The same with the page of ours that is sent to the merchant: it makes new links whenever it is opened.
struct IssuedInvitation {
    std::string launch_url;
    UtcTime expires_at;
    IssuedLink link;
};

/// What the launch page shows.
struct Launch {
    IssuedLink link;
    Invitation invitation;
};

/// How a merchant's account comes to be authorized to us, and what its changes do. Every way in, the browser's landing
/// and the pushed events, in any order, repeated or missing, leads to the same authorization. Safe from any thread.
class Onboarding {
public:
    Onboarding(TokenKeeper& tokens, GrantKeeper& grants, Platform& platform, AuthorizationStore& store,
               const MerchantStore& merchants, const Clock& clock, OnboardingSettings settings);

    /// An invitation of this merchant alone, with a first link; `note` is in the audit with it. kNotFound; the errors of Platform; kStoreUnavailable.
    Task<Result<IssuedInvitation>> invite(MerchantId merchant, LinkOptions options, AuditNote note = {});
    /// The launch page was opened: a link as new as can be. kNotFound (no such invitation), kInvalidInput (it has run
    /// out), kConflict (it has served), kRateLimited (opened too often); the errors of Platform; kStoreUnavailable.
    Task<Result<Launch>> launch(std::string state);

    /// The merchant's browser landed. Exchanges the code unless the event's handling did. A landing that is repeated
    /// answers the merchant again. kInvalidInput (state unknown or expired, code not valid any more and no token to be
    /// had without it), kConflict (the account belongs to another merchant, or is not the one that the link is for);
    /// kMerchantNotAuthorized (withdrawn meanwhile); the errors of Platform; kStoreUnavailable.
    Task<Result<MerchantId>> completeByRedirect(std::string state, SharedSecret authorization_code);

    /// Makes a verified push durable before the task ends, its immediate effect first (withdrawn, grants in doubt); then
    /// the caller answers `success` and hands what it got to `handle`. Empty: a duplicate. Never waits for WeChat.
    Task<Result<std::optional<PlatformEvent>>> receive(PlatformEvent event);
    /// Keeps the newest ticket, durably.
    Task<Result<Done>> receiveTicket(SharedSecret ticket, UtcTime created_at);

    /// The slow part of an event that was received; its effect comes once, however often this is asked. An error is for
    /// the log. Where a later try can help the event stays unhandled for `handleWaiting`; kConflict, kInvalidInput and
    /// kMerchantNotAuthorized close it without effect. So do kUpstreamRefused and kNotFound (no merchant of ours is
    /// meant), but only when its code cannot work any more: until then the operator can invite a merchant with that
    /// account.
    Task<Result<Done>> handle(PlatformEvent event);
    /// At start-up and every minute or so: what was received and not yet handled, oldest first. Gives the errors; not
    /// those of events that wait on for their merchant.
    Task<std::vector<Error>> handleWaiting();

private:
    /// Whom a landing or an event means.
    struct Invited {
        MerchantId merchant;
        std::string invitation_hash;  // empty: an account that is bound already
        AppId only;                   // as in Invitation
    };
    /// One exchange of an authorization code: how far it got, so that it can be taken up again.
    struct Exchange {
        MerchantId merchant;
        AppId only;                       // as in Invitation
        AppId appid;                      // empty until known
        UtcTime consent_after;            // the consent is younger than that; the epoch: not known
        SharedSecret code;                // null: there is none, only what WeChat tells of the appid
        std::optional<UtcTime> event_at;  // none: by redirect, which has no time of WeChat's
        bool known = false;               // the code was exchanged before, and what came of it is stored
        bool spent = false;               // it does not work any more
        std::optional<Platform::Grant> grant;
        UtcTime granted_at;
        std::optional<std::int64_t> generation;  // of the authorization that this began from; 0: there was none
        bool stored = false;
    };

    Task<Result<IssuedLink>> issueLink(Invitation invitation);
    Task<Invited> invitedBy(AuthorizationLink link);
    Task<std::optional<Invited>> invitedBy(PlatformEvent event);
    Task<Result<Done>> closeIfServed(Invited invited);
    Task<Result<Done>> applyAtOnce(PlatformEvent event);
    Task<Result<Done>> takeEffect(PlatformEvent event);
    bool isOutdated(const PlatformEvent& event, const MerchantId& merchant) const;
    bool tellsOrder(UtcTime event_at) const;
    bool deservesAnotherTry(const PlatformEvent& event, const Error& error) const;

    Task<Result<Done>> exchange(Exchange work);
    Task<Result<Done>> exchangeLocked(Exchange& work, SharedSecret component_token);
    static bool isUninvited(const Exchange& work);
    static bool isApplied(const Exchange& work, const Authorization* current);
    Task<Result<Done>> redeem(Exchange& work, SharedSecret component_token);
    Task<Result<Done>> storeResult(Exchange& work, std::optional<Platform::AuthorizerInfo> info);
    Task<Result<Done>> notAuthorizedAfterAll(Exchange& work);
    Task<Result<Done>> tellOwner(AppId appid, MerchantId other_than);

    TokenKeeper& tokens_;
    GrantKeeper& grants_;
    Platform& platform_;
    AuthorizationStore& store_;
    const MerchantStore& merchants_;
    const Clock& clock_;
    const OnboardingSettings settings_;
};

}  // namespace tenants
