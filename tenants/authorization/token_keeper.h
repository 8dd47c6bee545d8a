#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "tenants/authorization/authorization_store.h"
#include "tenants/authorization/platform.h"
#include "tenants/base/async_mutex.h"

namespace tenants {

/// A token that may be used now, and which one it is.
struct LiveToken {
    SharedSecret token;
    AppId appid;
    std::int64_t generation = 0;  // of the authorization it was read from
};

/// WeChat's answer to a component token that it does not take any more: 40001, 40014, 42001, 42006.
bool refusesComponentToken(const Error& error);

/// Keeps the component's and every merchant's access token usable: one refresh in flight per owner, freshness looked
/// at again inside the lock, a new token stored before it is used, an older one never over a newer one.
///
/// Order of locks: the component's before a merchant's. A merchant's lock is never held while the component's is
/// waited for: where WeChat refuses the component token in the middle of work on a merchant, the merchant's lock is
/// given up, the component token replaced, and the work taken up again.
/// Safe from any thread.
class TokenKeeper {
public:
    struct Settings {
        std::chrono::seconds component_margin{600};  // renew this long before the end
        std::chrono::seconds authorizer_margin{600};
        std::chrono::seconds authorizer_jitter{120};  // and each merchant up to this much earlier, always the same
        std::chrono::milliseconds call_max{10'000};   // a token must outlive a call that starts now
        std::chrono::milliseconds pause_after_failure{1'000};   // between failed refreshes, where no token works
        std::chrono::milliseconds pause_while_working{15'000};  // and where the old one still does
    };
    TokenKeeper(Platform& platform, AuthorizationStore& store, const Clock& clock, Settings settings);
    ~TokenKeeper();
    TokenKeeper(const TokenKeeper&) = delete;
    TokenKeeper& operator=(const TokenKeeper&) = delete;

    /// The component's token, made from the newest ticket when needed. kUpstreamUnreachable where no ticket has come
    /// yet; the errors of Platform; kStoreUnavailable.
    Task<Result<SharedSecret>> componentToken();
    /// After WeChat refused `refused` (40001, 40014, 42001, 42006): a newer one, by one request however many ask.
    Task<Result<SharedSecret>> replaceComponentToken(SharedSecret refused);

    /// The merchant's token. kMerchantNotAuthorized where there is none to be had. A token within its margin is renewed;
    /// while it still works, a failed renewal does not stop it from being given.
    Task<Result<LiveToken>> usable(MerchantId merchant);
    /// After WeChat refused `refused`: a newer one, by one request however many ask.
    Task<Result<LiveToken>> replace(MerchantId merchant, LiveToken refused);

    /// Runs `call` with the component token and, where WeChat refuses that token, once more with a newer one.
    template <class T>
    Task<Result<T>> asComponent(std::function<Task<Result<T>>(SharedSecret)> call);
    /// The same under the lock of `merchant`, which whoever exchanges or refreshes its tokens holds from looking to
    /// storing. `call` may therefore run twice, and other holders may have had the lock in between.
    template <class T>
    Task<Result<T>> asComponentFor(MerchantId merchant, std::function<Task<Result<T>>(SharedSecret)> call);

private:
    enum class Freshness {
        kFresh,  // to be used as it is
        kDue,    // works, but should be renewed
        kDead,   // may not outlive a call
    };
    /// What both clocks said when a token was new to us: its age is told by the steady one.
    struct Sighting {
        std::weak_ptr<const Secret> token;  // weak: the memory of a token must not outlive its use
        UtcTime wall;
        SteadyTime steady;
        std::chrono::milliseconds left{0};
    };
    struct Failure {
        SteadyTime at;
        Error error;
    };
    struct Owner {
        AsyncMutex lock;
        Sighting sighting;  // this and what follows: under `mutex_`
        std::optional<Failure> failure;
        bool renewing = false;
    };
    struct Refusal {
        SharedSecret token;  // dead, so its memory may stay; and not weak: the store makes new copies of the same token
        Error error;
    };
    struct Moment {
        UtcTime wall;
        SteadyTime steady;
    };
    class RenewingScope;

    Moment moment() const { return {clock_.now(), clock_.steady()}; }
    Owner& ownerOf(const MerchantId& merchant);
    std::chrono::milliseconds marginOf(const MerchantId& merchant) const;
    Freshness freshness(Owner& owner, const SharedSecret& token, UtcTime expires_at, std::chrono::milliseconds margin);
    /// A due token that is being renewed already, or could not be a moment ago, is good enough.
    bool renewalCanWait(Owner& owner) const;
    std::optional<Error> recentFailure(Owner& owner) const;
    void noteSuccess(Owner& owner, const SharedSecret& token, Moment started, std::chrono::seconds expires_in);
    void noteFailure(Owner& owner, const Error& error);
    /// A component token that WeChat refused once is not shown to it again by those who queued behind that call.
    void noteRefusedComponentToken(const SharedSecret& token, const Error& error);
    std::optional<Error> refusalOfComponentToken(const SharedSecret& token) const;

    template <class T>
    Task<Result<T>> underLock(MerchantId merchant, std::function<Task<Result<T>>(SharedSecret)> call,
                              SharedSecret component_token);

    Task<Result<SharedSecret>> renewComponent(SharedSecret refused);
    Task<Result<Platform::FreshToken>> askForComponentToken();
    Task<Result<LiveToken>> renew(MerchantId merchant, SharedSecret refused);
    Task<Result<LiveToken>> renewLocked(MerchantId merchant, SharedSecret refused, SharedSecret component_token);
    Task<Result<Platform::AuthorizerTokens>> refresh(std::shared_ptr<const Authorization> current,
                                                     SharedSecret component_token);
    Task<Result<LiveToken>> storeTokens(std::shared_ptr<const Authorization> before, Platform::AuthorizerTokens tokens,
                                        Moment started);
    Task<Result<LiveToken>> refreshFailed(std::shared_ptr<const Authorization> before, Error error);

    Platform& platform_;
    AuthorizationStore& store_;
    const Clock& clock_;
    const Settings settings_;
    Owner component_;
    mutable std::mutex mutex_;
    std::optional<Refusal> component_refusal_;                       // the newest; under `mutex_`
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
    co_return co_await call(*newer);
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
