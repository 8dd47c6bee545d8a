#include "tenants/authorization/token_keeper.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tenants/authorization/authorization_change.h"

namespace tenants {

namespace {

using std::chrono::milliseconds;

// Beyond this the wall clock leapt, and what it says of a token's end is not to be trusted.
constexpr std::chrono::seconds kClockLeap{60};

// WeChat's refusals of a refresh, from its list of error codes.
constexpr int kNotAuthorizedToUs = 61003;
constexpr int kPasswordChanged = 42007;  // all tokens are void
constexpr int kRefreshTokenInvalid = 61023;
constexpr int kAccountLimited = 50002;
// And of a ticket.
constexpr int kTicketExpired = 61005;
constexpr int kTicketInvalid = 61006;

constexpr std::string_view kTroubleNoRefreshToken = "refresh_token_missing";
constexpr std::string_view kTroubleRefreshToken = "refresh_token_invalid";
constexpr std::string_view kTroubleAccountLimited = "account_limited";
constexpr std::string_view kTroubleNoAccessToken = "access_token_missing";

int errcodeOf(const Error& error) {
    return error.upstream ? error.upstream->errcode : 0;
}

Error notAuthorized(std::string for_log = {}) {
    return Error{ErrorCode::kMerchantNotAuthorized, "The merchant's account is not authorized to this platform.",
                 std::move(for_log)};
}

LiveToken liveOf(const Authorization& authorization) {
    return {authorization.access_token, authorization.appid, authorization.generation};
}

}  // namespace

bool refusesComponentToken(const Error& error) {
    static constexpr std::array kCodes{40001, 40014, 42001, 42006};
    return error.upstream && std::ranges::find(kCodes, error.upstream->errcode) != kCodes.end();
}

/// Says, for as long as it lives, that somebody is at it.
class TokenKeeper::RenewingScope {
public:
    RenewingScope(TokenKeeper& keeper, Owner& owner) : keeper_(keeper), owner_(owner) { set(true); }
    ~RenewingScope() { set(false); }
    RenewingScope(const RenewingScope&) = delete;
    RenewingScope& operator=(const RenewingScope&) = delete;

private:
    void set(bool renewing) {
        const std::scoped_lock lock{keeper_.mutex_};
        owner_.renewing = renewing;
    }
    TokenKeeper& keeper_;
    Owner& owner_;
};

TokenKeeper::TokenKeeper(Platform& platform, AuthorizationStore& store, const Clock& clock, Settings settings)
    : platform_(platform), store_(store), clock_(clock), settings_(settings) {}

TokenKeeper::~TokenKeeper() = default;

TokenKeeper::Owner& TokenKeeper::ownerOf(const MerchantId& merchant) {
    const std::scoped_lock lock{mutex_};
    std::unique_ptr<Owner>& owner = owners_[merchant];
    if (owner == nullptr) owner = std::make_unique<Owner>();
    return *owner;
}

milliseconds TokenKeeper::marginOf(const MerchantId& merchant) const {
    const auto spread = static_cast<std::uint64_t>(std::max<std::int64_t>(settings_.authorizer_jitter.count(), 1));
    const std::uint64_t share = std::hash<MerchantId>{}(merchant) % spread;
    return settings_.authorizer_margin + std::chrono::seconds{static_cast<std::int64_t>(share)};
}

TokenKeeper::Freshness TokenKeeper::freshness(Owner& owner, const SharedSecret& token, UtcTime expires_at,
                                              milliseconds margin) {
    if (token == nullptr) return Freshness::kDead;
    const Moment now = moment();
    const milliseconds wall_left = expires_at - now.wall;
    const std::scoped_lock lock{mutex_};
    Sighting& seen = owner.sighting;
    if (seen.token.lock() != token) seen = {token, now.wall, now.steady, wall_left};
    const auto steady_age = std::chrono::duration_cast<milliseconds>(now.steady - seen.steady);
    const milliseconds steady_left = seen.left - steady_age;
    const milliseconds drift = (now.wall - seen.wall) - steady_age;
    const bool leapt = drift > kClockLeap || drift < -kClockLeap;
    const milliseconds left = leapt ? steady_left : std::min(steady_left, wall_left);
    if (left <= settings_.call_max) return Freshness::kDead;
    return left <= margin || leapt ? Freshness::kDue : Freshness::kFresh;
}

bool TokenKeeper::renewalCanWait(Owner& owner) const {
    const SteadyTime now = clock_.steady();
    const std::scoped_lock lock{mutex_};
    return owner.renewing || (owner.failure && now - owner.failure->at < settings_.pause_while_working);
}

std::optional<Error> TokenKeeper::recentFailure(Owner& owner) const {
    const SteadyTime now = clock_.steady();
    const std::scoped_lock lock{mutex_};
    if (!owner.failure || now - owner.failure->at >= settings_.pause_after_failure) return std::nullopt;
    return owner.failure->error;
}

void TokenKeeper::noteSuccess(Owner& owner, const SharedSecret& token, Moment started,
                              std::chrono::seconds expires_in) {
    const std::scoped_lock lock{mutex_};
    owner.sighting = {token, started.wall, started.steady, expires_in};
    owner.failure.reset();
}

void TokenKeeper::noteFailure(Owner& owner, const Error& error) {
    const SteadyTime now = clock_.steady();
    const std::scoped_lock lock{mutex_};
    owner.failure = Failure{now, error};
}

void TokenKeeper::noteRefusedComponentToken(const SharedSecret& token, const Error& error) {
    const std::scoped_lock lock{mutex_};
    component_refusal_ = Refusal{token, error};
}

std::optional<Error> TokenKeeper::refusalOfComponentToken(const SharedSecret& token) const {
    const std::scoped_lock lock{mutex_};
    if (!component_refusal_ || !sameSecret(component_refusal_->token, token)) return std::nullopt;
    return component_refusal_->error;
}

Task<Result<SharedSecret>> TokenKeeper::componentToken() {
    const milliseconds margin = settings_.component_margin;
    const auto state = store_.component();
    const Freshness now = freshness(component_, state->access_token, state->access_expires_at, margin);
    if (now == Freshness::kFresh) co_return state->access_token;
    if (now == Freshness::kDue && renewalCanWait(component_)) co_return state->access_token;

    auto renewed = co_await renewComponent(nullptr);
    if (renewed) co_return renewed;
    const auto kept = store_.component();
    const Freshness after = freshness(component_, kept->access_token, kept->access_expires_at, margin);
    if (after != Freshness::kDead) co_return kept->access_token;
    co_return renewed;
}

Task<Result<SharedSecret>> TokenKeeper::replaceComponentToken(SharedSecret refused) {
    co_return co_await renewComponent(std::move(refused));
}

Task<Result<SharedSecret>> TokenKeeper::renewComponent(SharedSecret refused) {
    const AsyncMutex::Guard guard = co_await component_.lock.lock();
    const auto state = store_.component();
    const Freshness now =
        freshness(component_, state->access_token, state->access_expires_at, settings_.component_margin);
    const bool replaced = refused != nullptr && !sameSecret(state->access_token, refused);
    if (replaced ? now != Freshness::kDead : (refused == nullptr && now == Freshness::kFresh)) {
        co_return state->access_token;  // somebody was faster
    }
    if (state->ticket == nullptr) {
        co_return Error{ErrorCode::kUpstreamUnreachable, "The platform is waiting for WeChat's first ticket.",
                        "no component_verify_ticket has been pushed yet"};
    }
    if (auto failure = recentFailure(component_)) co_return *std::move(failure);

    const RenewingScope renewing{*this, component_};
    const Moment started = moment();
    auto made = co_await askForComponentToken();
    if (!made) {
        noteFailure(component_, made.error());
        co_return std::move(made).error();
    }
    auto stored = co_await store_.saveComponentToken(made->token, started.wall + made->expires_in);
    if (!stored) co_return std::move(stored).error();  // an unstored token is not used: the old one may still work
    noteSuccess(component_, made->token, started, made->expires_in);
    co_return made->token;
}

Task<Result<Platform::FreshToken>> TokenKeeper::askForComponentToken() {
    const SharedSecret ticket = store_.component()->ticket;
    auto made = co_await platform_.componentToken(ticket);
    if (made) co_return made;
    const int errcode = errcodeOf(made.error());
    if (errcode != kTicketExpired && errcode != kTicketInvalid) co_return made;
    const SharedSecret newest = store_.component()->ticket;  // one may have come meanwhile
    if (sameSecret(newest, ticket)) co_return made;
    co_return co_await platform_.componentToken(newest);
}

Task<Result<LiveToken>> TokenKeeper::usable(MerchantId merchant) {
    const auto authorization = store_.find(merchant);
    if (authorization == nullptr || authorization->withdrawn) co_return notAuthorized();
    Owner& owner = ownerOf(merchant);
    const milliseconds margin = marginOf(merchant);
    const Freshness now = freshness(owner, authorization->access_token, authorization->access_expires_at, margin);
    if (now == Freshness::kFresh) co_return liveOf(*authorization);
    if (now == Freshness::kDue && renewalCanWait(owner)) co_return liveOf(*authorization);

    auto renewed = co_await renew(merchant, nullptr);
    if (renewed) co_return renewed;
    const auto kept = store_.find(merchant);
    if (kept == nullptr || kept->withdrawn) co_return notAuthorized();
    const Freshness after = freshness(owner, kept->access_token, kept->access_expires_at, margin);
    if (after != Freshness::kDead) co_return liveOf(*kept);
    co_return renewed;
}

Task<Result<LiveToken>> TokenKeeper::replace(MerchantId merchant, LiveToken refused) {
    co_return co_await renew(merchant, refused.token);
}

Task<Result<LiveToken>> TokenKeeper::renew(MerchantId merchant, SharedSecret refused) {
    std::function<Task<Result<LiveToken>>(SharedSecret)> call = [this, &merchant, &refused](SharedSecret component) {
        return renewLocked(merchant, refused, std::move(component));
    };
    co_return co_await asComponentFor<LiveToken>(merchant, std::move(call));
}

Task<Result<LiveToken>> TokenKeeper::renewLocked(MerchantId merchant, SharedSecret refused,
                                                 SharedSecret component_token) {
    Owner& owner = ownerOf(merchant);
    const auto current = store_.find(merchant);
    if (current == nullptr || current->withdrawn) co_return notAuthorized();
    const Freshness now = freshness(owner, current->access_token, current->access_expires_at, marginOf(merchant));
    const bool replaced = refused != nullptr && !sameSecret(current->access_token, refused);
    if (replaced ? now != Freshness::kDead : (refused == nullptr && now == Freshness::kFresh)) {
        co_return liveOf(*current);  // somebody was faster
    }
    if (auto failure = recentFailure(owner)) co_return *std::move(failure);

    const RenewingScope renewing{*this, owner};
    const Moment started = moment();
    auto tokens = co_await refresh(current, std::move(component_token));
    if (tokens) co_return co_await storeTokens(current, *std::move(tokens), started);
    if (refusesComponentToken(tokens.error())) co_return std::move(tokens).error();  // says nothing of the merchant
    co_return co_await refreshFailed(current, std::move(tokens).error());
}

/// With the stored refresh token; where WeChat does not know that, with the one before it, and then with the one that
/// WeChat itself names.
Task<Result<Platform::AuthorizerTokens>> TokenKeeper::refresh(std::shared_ptr<const Authorization> current,
                                                              SharedSecret component_token) {
    if (current->refresh_token == nullptr) {
        auto info = co_await platform_.authorizerInfo(component_token, current->appid);
        if (!info) co_return std::move(info).error();
        if (info->refresh_token == nullptr) co_return notAuthorized(std::string{kTroubleNoRefreshToken});
        co_return co_await platform_.refreshAuthorizer(component_token, current->appid, info->refresh_token);
    }
    auto tokens = co_await platform_.refreshAuthorizer(component_token, current->appid, current->refresh_token);
    if (tokens || errcodeOf(tokens.error()) != kRefreshTokenInvalid) co_return tokens;
    if (current->previous_refresh_token != nullptr) {
        auto fallback =
            co_await platform_.refreshAuthorizer(component_token, current->appid, current->previous_refresh_token);
        if (fallback || errcodeOf(fallback.error()) != kRefreshTokenInvalid) co_return fallback;
    }
    auto info = co_await platform_.authorizerInfo(component_token, current->appid);
    if (!info) co_return std::move(info).error();
    const bool tried = sameSecret(info->refresh_token, current->refresh_token) ||
                       sameSecret(info->refresh_token, current->previous_refresh_token);
    if (info->refresh_token == nullptr || tried) co_return tokens;
    co_return co_await platform_.refreshAuthorizer(component_token, current->appid, info->refresh_token);
}

Task<Result<LiveToken>> TokenKeeper::storeTokens(std::shared_ptr<const Authorization> before,
                                                 Platform::AuthorizerTokens tokens, Moment started) {
    if (tokens.access_token == nullptr)
        co_return co_await refreshFailed(before, notAuthorized(std::string{kTroubleNoAccessToken}));
    std::function<bool(Authorization&)> edit = [&before, &tokens, &started](Authorization& next) {
        // A withdrawal or a new consent that came meanwhile is newer than this answer, however late the answer is.
        if (next.withdrawn || !sameSecret(next.refresh_token, before->refresh_token)) return false;
        if (!sameSecret(next.access_token, before->access_token)) return false;
        next.access_token = tokens.access_token;
        next.access_expires_at = started.wall + tokens.expires_in;
        next.takeRefreshToken(tokens.refresh_token);
        next.trouble.clear();
        next.changed_at = started.wall;
        return true;
    };
    auto saved = co_await changeAuthorization(store_, before->merchant, WhenAbsent::kRefuse, std::move(edit));
    if (!saved) co_return std::move(saved).error();
    const Authorization& now = **saved;
    if (now.withdrawn) co_return notAuthorized();
    Owner& owner = ownerOf(now.merchant);
    if (now.access_token == tokens.access_token) {
        noteSuccess(owner, now.access_token, started, tokens.expires_in);
    } else if (freshness(owner, now.access_token, now.access_expires_at, marginOf(now.merchant)) == Freshness::kDead) {
        co_return notAuthorized("the authorization changed during a refresh and has no token that works");
    }
    co_return liveOf(now);
}

Task<Result<LiveToken>> TokenKeeper::refreshFailed(std::shared_ptr<const Authorization> before, Error error) {
    const int errcode = errcodeOf(error);
    const bool gone = errcode == kNotAuthorizedToUs || errcode == kPasswordChanged;
    const UtcTime now = clock_.now();
    std::string trouble{stableCode(error.code)};
    if (errcode == kRefreshTokenInvalid) trouble = kTroubleRefreshToken;
    if (errcode == kAccountLimited) trouble = kTroubleAccountLimited;
    if (!error.upstream && error.code == ErrorCode::kMerchantNotAuthorized) trouble = error.for_log;

    std::function<bool(Authorization&)> edit = [&before, &trouble, gone, now](Authorization& next) {
        if (next.withdrawn || !sameSecret(next.refresh_token, before->refresh_token)) return false;
        if (!gone && next.trouble == trouble) return false;
        if (gone) {
            next.withdraw(now);
        } else {
            next.trouble = trouble;
            next.changed_at = now;
        }
        return true;
    };
    auto saved = co_await changeAuthorization(store_, before->merchant, WhenAbsent::kRefuse, std::move(edit));
    Owner& owner = ownerOf(before->merchant);
    if (saved && !(*saved)->withdrawn && !sameSecret((*saved)->refresh_token, before->refresh_token)) {
        // A new consent arrived while the old refresh token was being refused.
        const Freshness fresh =
            freshness(owner, (*saved)->access_token, (*saved)->access_expires_at, marginOf(before->merchant));
        if (fresh != Freshness::kDead) co_return liveOf(**saved);
    }
    if (gone || errcode == kRefreshTokenInvalid) {
        error.code = ErrorCode::kMerchantNotAuthorized;
        error.for_caller = notAuthorized().for_caller;
    }
    if (errcode == kAccountLimited) {
        error.code = ErrorCode::kAccountNotEligible;
        error.for_caller = "The merchant's account is frozen or cancelled at WeChat.";
    }
    if (!saved) error.for_log += " (and not written down: " + saved.error().for_log + ")";
    noteFailure(owner, error);
    co_return error;
}

}  // namespace tenants
