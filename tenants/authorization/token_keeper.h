#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tenants/authorization/authorization_store.h"
#include "tenants/authorization/authorizer_refresh.h"
#include "tenants/authorization/platform.h"
#include "tenants/authorization/refresh_trouble.h"
#include "tenants/authorization/token_sighting.h"
#include "tenants/base/async_mutex.h"
#include "tenants/base/backoff.h"

namespace tenants {

/// A token that may be used now, and which one it is.
struct LiveToken {
    SharedSecret token;
    AppId appid;
    std::int64_t generation = 0;  // of the authorization it was read from
};

/// How well the component platform itself can call.
struct ComponentHealth {
    bool has_token = false;
    UtcTime token_expires_at;
    std::string trouble;  // why the last renewal failed, a stable short text; empty: fine
};

/// Keeps the component's and every merchant's access token usable: one refresh in flight per owner, freshness looked
/// at again inside the lock, a new token stored before it is used, an older one never over a newer one.
///
/// Who needs a token gets one that works without waiting; `TokenRenewal` renews those that come near their end. Only
/// where none works the asker waits for a new one.
///
/// Order of locks: the component's before a merchant's, a merchant's before the list's. A merchant's lock is never held
/// while the component's is waited for: where WeChat refuses the component token in the middle of work on a merchant, the
/// merchant's lock is given up, the component token replaced, and the work taken up again.
/// Safe from any thread.
class TokenKeeper {
public:
    struct Settings {
        std::chrono::seconds component_margin{600};  // renew this long before the end
        std::chrono::seconds authorizer_margin{600};
        std::chrono::seconds authorizer_jitter{120};  // and each merchant up to this much earlier, always the same
        std::chrono::milliseconds call_max{10'000};   // a token must outlive a call that starts now
        // Between failed renewals: where no token works, where the old one still does, and where WeChat said a no that
        // only somebody's act will change.
        Backoff pause_dead{std::chrono::seconds{1}, std::chrono::seconds{15}};
        Backoff pause_working{std::chrono::seconds{15}, std::chrono::minutes{2}};
        Backoff pause_lasting{std::chrono::minutes{1}, std::chrono::minutes{10}};
        // Between two replacements of refused component tokens, where WeChat has taken none of them yet.
        std::chrono::seconds component_replacement_pause{30};
        AuthorizerList::Settings list = {};
    };
    TokenKeeper(Platform& platform, AuthorizationStore& store, const Clock& clock, Settings settings);
    ~TokenKeeper();
    TokenKeeper(const TokenKeeper&) = delete;
    TokenKeeper& operator=(const TokenKeeper&) = delete;

    /// The component's token, made from the newest ticket where none works. kUpstreamUnreachable where no ticket has
    /// come yet; the errors of Platform; kStoreUnavailable.
    Task<Result<SharedSecret>> componentToken();
    /// After WeChat refused `refused` (40001, 40014, 42001, 42006): a newer one, by one request however many ask.
    Task<Result<SharedSecret>> replaceComponentToken(SharedSecret refused);

    /// The merchant's token where one works; never waits.
    std::optional<LiveToken> usableNow(const MerchantId& merchant);
    /// The merchant's token, a new one where none works. kMerchantNotAuthorized where there is none to be had.
    Task<Result<LiveToken>> usable(MerchantId merchant);
    /// After WeChat refused `refused`: a newer one, by one request however many ask.
    Task<Result<LiveToken>> replace(MerchantId merchant, LiveToken refused);

    /// What there is to do ahead of time. Paused: it failed a moment ago.
    enum class Need { kNone, kRenewal, kPause };
    Need needOf(const Authorization& authorization);
    /// No merchant's token needs a renewal earlier than this before its end, as long as the wall clock did not leap.
    std::chrono::seconds authorizerMarginMax() const;
    /// Renew where it is due, and not where that failed a moment ago: the error of then is given again.
    Task<Result<Done>> renewComponentIfDue();
    Task<Result<Done>> renewIfDue(MerchantId merchant);

    /// WeChat says that the account is ours after all: what failed before says nothing of the next try.
    void forgetFailure(const MerchantId& merchant);

    /// WeChat's list of our accounts as it is now, which also serves the next recoveries. The errors of Platform.
    Task<AuthorizerList::Reading> listAuthorizers();

    ComponentHealth componentHealth() const;
    /// What went wrong or well again since this was asked before, oldest first.
    std::vector<TroubleChange> takeTroubleChanges();

    /// Runs `call` with the component token and, where WeChat refuses that token, once more with a newer one.
    template <class T>
    Task<Result<T>> asComponent(std::function<Task<Result<T>>(SharedSecret)> call);
    /// The same under the lock of `merchant`, which whoever exchanges or refreshes its tokens holds from looking to
    /// storing. `call` may therefore run twice, and other holders may have had the lock in between.
    template <class T>
    Task<Result<T>> asComponentFor(MerchantId merchant, std::function<Task<Result<T>>(SharedSecret)> call);

private:
    enum class Enough { kWorking, kFresh };  // which token is good enough not to ask for a newer one
    struct Failure {
        SteadyTime at;
        Error error;
        int in_a_row = 1;
        bool lasting = false;
        SharedSecret credential;  // refresh token or ticket that it was made with: it says nothing of another one
    };
    struct Owner {
        AsyncMutex lock;
        TokenSighting sighting;  // this and what follows: under `mutex_`
        std::optional<Failure> failure;
    };
    struct Refusal {
        SharedSecret token;  // dead, so its memory may stay; and not weak: the store makes new copies of the same token
        Error error;
    };

    Owner& ownerOf(const MerchantId& merchant);
    std::chrono::milliseconds marginOf(const MerchantId& merchant) const;
    Freshness freshness(const Authorization& authorization);
    Freshness freshness(const ComponentState& state);
    static bool isEnough(Freshness freshness, Enough enough, const SharedSecret& stored, const SharedSecret& refused);
    std::optional<Error> recentFailure(const Owner& owner, const SharedSecret& credential, bool works,
                                       std::uint64_t salt) const;
    void noteSuccess(Owner& owner, const SharedSecret& token, Moment started, std::chrono::seconds expires_in);
    void noteFailure(Owner& owner, const Error& error, const SharedSecret& credential);
    void noteComponentTrouble(std::string now, std::string detail);
    void noteChange(TroubleChange change);
    std::optional<Error> noteReplacement();
    void noteComponentTokenTaken();
    /// A component token that WeChat refused once is not shown to it again by those who queued behind that call.
    void noteRefusedComponentToken(const SharedSecret& token, const Error& error);
    std::optional<Error> refusalOfComponentToken(const SharedSecret& token) const;

    template <class T>
    Task<Result<T>> underLock(MerchantId merchant, std::function<Task<Result<T>>(SharedSecret)> call,
                              SharedSecret component_token);

    Task<Result<SharedSecret>> renewComponent(SharedSecret refused, Enough enough);
    Task<Result<Platform::FreshToken>> askForComponentToken();
    Task<Result<LiveToken>> renew(MerchantId merchant, SharedSecret refused, Enough enough);
    Task<Result<LiveToken>> renewLocked(MerchantId merchant, SharedSecret refused, Enough enough,
                                        SharedSecret component_token);
    Task<Result<LiveToken>> storeTokens(std::shared_ptr<const Authorization> before, Platform::AuthorizerTokens tokens,
                                        Moment started);
    Task<Result<LiveToken>> refreshFailed(std::shared_ptr<const Authorization> before, Error error,
                                          SharedSecret component_token);

    Platform& platform_;
    AuthorizationStore& store_;
    const Clock& clock_;
    const Settings settings_;
    AuthorizerRefresh refresh_;
    Owner component_;
    mutable std::mutex mutex_;
    std::optional<Refusal> component_refusal_;         // the newest; this and what follows: under `mutex_`
    std::optional<SteadyTime> component_replaced_at_;  // after a refusal; none: WeChat has taken the token since
    std::string component_trouble_;
    std::vector<TroubleChange> changes_;
    std::unordered_map<MerchantId, std::unique_ptr<Owner>> owners_;  // one per merchant that we know, so bounded
};

template <class T>
Task<Result<T>> TokenKeeper::asComponent(std::function<Task<Result<T>>(SharedSecret)> call) {
    auto token = co_await componentToken();
    if (!token) co_return std::move(token).error();
    auto first = co_await call(*token);
    if (first || !refusesComponentToken(first.error())) co_return first;
    auto newer = co_await replaceComponentToken(*token);
    if (!newer) co_return std::move(newer).error();
    auto second = co_await call(*newer);
    if (second || (second.error().upstream && !refusesComponentToken(second.error()))) noteComponentTokenTaken();
    co_return second;
}

template <class T>
Task<Result<T>> TokenKeeper::asComponentFor(MerchantId merchant, std::function<Task<Result<T>>(SharedSecret)> call) {
    std::function<Task<Result<T>>(SharedSecret)> locked = [this, &merchant, &call](SharedSecret component_token) {
        return underLock<T>(merchant, call, std::move(component_token));
    };
    co_return co_await asComponent<T>(std::move(locked));
}

template <class T>
Task<Result<T>> TokenKeeper::underLock(MerchantId merchant, std::function<Task<Result<T>>(SharedSecret)> call,
                                       SharedSecret component_token) {
    const AsyncMutex::Guard guard = co_await ownerOf(merchant).lock.lock();
    if (auto refusal = refusalOfComponentToken(component_token)) co_return *std::move(refusal);
    auto done = co_await call(component_token);
    if (!done && refusesComponentToken(done.error())) noteRefusedComponentToken(component_token, done.error());
    co_return done;
}

}  // namespace tenants
