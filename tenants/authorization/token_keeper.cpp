#include "tenants/authorization/token_keeper.h"

#include <algorithm>
#include <utility>

#include "tenants/authorization/authorization_change.h"

namespace tenants {

namespace {

using std::chrono::milliseconds;

Error notAuthorized(std::string for_log = {}) {
    return Error{ErrorCode::kMerchantNotAuthorized, "The merchant's account is not authorized to this platform.",
                 std::move(for_log)};
}

LiveToken liveOf(const Authorization& authorization) {
    return {authorization.access_token, authorization.appid, authorization.generation};
}

/// For the operator's log: what went wrong, without anything that a log must not see.
std::string detailOf(const Error& error) {
    std::string detail{stableCode(error.code)};
    if (error.upstream) detail += " errcode " + std::to_string(error.upstream->errcode) + " " + error.upstream->rid;
    if (!error.for_log.empty()) detail += "; " + error.for_log;
    return detail;
}

/// As the merchant hears it, whose scan stops at this.
Error asMerchantHears(Error error, std::string_view trouble) {
    const int errcode = errcodeOf(error);
    if (trouble == kTroubleReauthorizationNeeded || errcode == errcodes::kNotAuthorizedToUs) {
        error.code = ErrorCode::kMerchantNotAuthorized;
        error.for_caller = notAuthorized().for_caller;
    }
    if (errcode == errcodes::kAccountLimited) {
        error.code = ErrorCode::kAccountNotEligible;
        error.for_caller = "The merchant's account is frozen or cancelled at WeChat.";
    }
    return error;
}

}  // namespace

TokenKeeper::TokenKeeper(Platform& platform, AuthorizationStore& store, const Clock& clock, Settings settings)
    : platform_(platform),
      store_(store),
      clock_(clock),
      settings_(settings),
      refresh_(platform, clock, settings.list) {}

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

std::chrono::seconds TokenKeeper::authorizerMarginMax() const {
    return settings_.authorizer_margin + settings_.authorizer_jitter;
}

Freshness TokenKeeper::freshness(const Authorization& authorization) {
    Owner& owner = ownerOf(authorization.merchant);
    const milliseconds margin = marginOf(authorization.merchant);
    const std::scoped_lock lock{mutex_};
    return owner.sighting.judge(authorization.access_token, authorization.access_expires_at, authorization.changed_at,
                                margin, settings_.call_max, Moment::of(clock_));
}

Freshness TokenKeeper::freshness(const ComponentState& state) {
    const std::scoped_lock lock{mutex_};
    return component_.sighting.judge(state.access_token, state.access_expires_at, state.access_expires_at - kTokenLife,
                                     settings_.component_margin, settings_.call_max, Moment::of(clock_));
}

bool TokenKeeper::isEnough(Freshness freshness, Enough enough, const SharedSecret& stored,
                           const SharedSecret& refused) {
    if (refused != nullptr) return freshness != Freshness::kDead && !sameSecret(stored, refused);
    return freshness == Freshness::kFresh || (enough == Enough::kWorking && freshness == Freshness::kDue);
}

std::optional<Error> TokenKeeper::recentFailure(const Owner& owner, const SharedSecret& credential, bool works,
                                                std::uint64_t salt) const {
    const SteadyTime now = clock_.steady();
    const std::scoped_lock lock{mutex_};
    if (!owner.failure || !sameSecret(owner.failure->credential, credential)) return std::nullopt;
    const Failure& failure = *owner.failure;
    Backoff backoff = works ? settings_.pause_working : settings_.pause_dead;
    if (failure.lasting) backoff = settings_.pause_lasting;
    if (now - failure.at >= backoff.pause(failure.in_a_row, salt)) return std::nullopt;
    return failure.error;
}

void TokenKeeper::noteSuccess(Owner& owner, const SharedSecret& token, Moment started,
                              std::chrono::seconds expires_in) {
    const std::scoped_lock lock{mutex_};
    owner.sighting.renewed(token, started, expires_in);
    owner.failure.reset();
}

void TokenKeeper::noteFailure(Owner& owner, const Error& error, const SharedSecret& credential) {
    const SteadyTime now = clock_.steady();
    const bool lasting = troubleOf(error).lasting;
    const std::scoped_lock lock{mutex_};
    const bool again = owner.failure && sameSecret(owner.failure->credential, credential);
    owner.failure = Failure{now, error, again ? owner.failure->in_a_row + 1 : 1, lasting, credential};
}

void TokenKeeper::noteComponentTrouble(std::string now, std::string detail) {
    const std::scoped_lock lock{mutex_};
    if (component_trouble_ == now) return;
    changes_.push_back({MerchantId{}, component_trouble_, now, std::move(detail)});
    component_trouble_ = std::move(now);
}

void TokenKeeper::noteChange(TroubleChange change) {
    const std::scoped_lock lock{mutex_};
    changes_.push_back(std::move(change));
}

std::vector<TroubleChange> TokenKeeper::takeTroubleChanges() {
    const std::scoped_lock lock{mutex_};
    return std::exchange(changes_, {});
}

ComponentHealth TokenKeeper::componentHealth() const {
    const auto state = store_.component();
    const std::scoped_lock lock{mutex_};
    return {state->access_token != nullptr, state->access_expires_at, component_trouble_};
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
    const auto state = store_.component();
    if (freshness(*state) != Freshness::kDead) co_return state->access_token;
    co_return co_await renewComponent(nullptr, Enough::kWorking);
}

Task<Result<Done>> TokenKeeper::renewComponentIfDue() {
    const auto state = store_.component();
    if (freshness(*state) == Freshness::kFresh) co_return Done{};
    auto renewed = co_await renewComponent(nullptr, Enough::kFresh);
    if (!renewed) co_return std::move(renewed).error();
    co_return Done{};
}

Task<Result<SharedSecret>> TokenKeeper::replaceComponentToken(SharedSecret refused) {
    co_return co_await renewComponent(std::move(refused), Enough::kWorking);
}

Task<Result<SharedSecret>> TokenKeeper::renewComponent(SharedSecret refused, Enough enough) {
    const AsyncMutex::Guard guard = co_await component_.lock.lock();
    const auto state = store_.component();
    const Freshness now = freshness(*state);
    if (isEnough(now, enough, state->access_token, refused)) co_return state->access_token;  // somebody was faster
    if (state->ticket == nullptr) {
        co_return Error{ErrorCode::kUpstreamUnreachable, "The platform is waiting for WeChat's first ticket.",
                        "no component_verify_ticket has been pushed yet"};
    }
    const bool works = refused == nullptr && now != Freshness::kDead;
    if (auto failure = recentFailure(component_, state->ticket, works, 0)) co_return *std::move(failure);
    if (refused != nullptr) {
        auto in_vain = noteReplacement();
        if (in_vain) co_return *std::move(in_vain);
    }
    const Moment started = Moment::of(clock_);
    auto made = co_await askForComponentToken();
    if (!made) {
        noteFailure(component_, made.error(), store_.component()->ticket);
        noteComponentTrouble(std::string{troubleOf(made.error()).text}, detailOf(made.error()));
        co_return std::move(made).error();
    }
    auto stored = co_await store_.saveComponentToken(made->token, started.wall + made->expires_in);
    if (!stored) {  // an unstored token is not used: the old one may still work
        noteFailure(component_, stored.error(), state->ticket);
        co_return std::move(stored).error();
    }
    noteSuccess(component_, made->token, started, made->expires_in);
    noteComponentTrouble({}, {});
    co_return made->token;
}

/// A component token is about to take the place of a refused one. An error where the last one did so a moment ago and was
/// not taken either: then WeChat refuses every one of them, and more would only use up the day's quota.
std::optional<Error> TokenKeeper::noteReplacement() {
    const SteadyTime now = clock_.steady();
    const std::scoped_lock lock{mutex_};
    if (component_replaced_at_ && now - *component_replaced_at_ < settings_.component_replacement_pause) {
        return Error{ErrorCode::kUpstreamRefused, "WeChat refuses the platform's calls.",
                     "the component token was refused soon after it replaced a refused one"};
    }
    component_replaced_at_ = now;
    return std::nullopt;
}

void TokenKeeper::noteComponentTokenTaken() {
    const std::scoped_lock lock{mutex_};
    component_replaced_at_.reset();
}

Task<Result<Platform::FreshToken>> TokenKeeper::askForComponentToken() {
    const SharedSecret ticket = store_.component()->ticket;
    auto made = co_await platform_.componentToken(ticket);
    if (made) co_return made;
    const int errcode = errcodeOf(made.error());
    if (errcode != errcodes::kTicketExpired && errcode != errcodes::kTicketInvalid) co_return made;
    const SharedSecret newest = store_.component()->ticket;  // one may have come meanwhile
    if (sameSecret(newest, ticket)) co_return made;
    co_return co_await platform_.componentToken(newest);
}

std::optional<LiveToken> TokenKeeper::usableNow(const MerchantId& merchant) {
    const auto authorization = store_.find(merchant);
    if (authorization == nullptr || authorization->withdrawn) return std::nullopt;
    if (freshness(*authorization) == Freshness::kDead) return std::nullopt;
    return liveOf(*authorization);
}

Task<Result<LiveToken>> TokenKeeper::usable(MerchantId merchant) {
    if (auto live = usableNow(merchant)) co_return *std::move(live);
    const auto authorization = store_.find(merchant);
    if (authorization == nullptr || authorization->withdrawn) co_return notAuthorized();
    co_return co_await renew(std::move(merchant), nullptr, Enough::kWorking);
}

Task<Result<LiveToken>> TokenKeeper::replace(MerchantId merchant, LiveToken refused) {
    co_return co_await renew(std::move(merchant), refused.token, Enough::kWorking);
}

TokenKeeper::Need TokenKeeper::needOf(const Authorization& authorization) {
    if (authorization.withdrawn) return Need::kNone;
    const Freshness now = freshness(authorization);
    if (now == Freshness::kFresh) return Need::kNone;
    const auto failure = recentFailure(ownerOf(authorization.merchant), authorization.refresh_token,
                                       now != Freshness::kDead, std::hash<MerchantId>{}(authorization.merchant));
    return failure ? Need::kPause : Need::kRenewal;
}

Task<Result<Done>> TokenKeeper::renewIfDue(MerchantId merchant) {
    auto renewed = co_await renew(std::move(merchant), nullptr, Enough::kFresh);
    if (!renewed) co_return std::move(renewed).error();
    co_return Done{};
}

void TokenKeeper::forgetFailure(const MerchantId& merchant) {
    Owner& owner = ownerOf(merchant);
    const std::scoped_lock lock{mutex_};
    owner.failure.reset();
}

Task<AuthorizerList::Reading> TokenKeeper::listAuthorizers() {
    using Entries = std::shared_ptr<const AuthorizerList::Entries>;
    std::function<Task<Result<Entries>>(SharedSecret)> call = [this](SharedSecret component_token) {
        return refresh_.listAnew(std::move(component_token));
    };
    co_return co_await asComponent<Entries>(std::move(call));
}

Task<Result<LiveToken>> TokenKeeper::renew(MerchantId merchant, SharedSecret refused, Enough enough) {
    std::function<Task<Result<LiveToken>>(SharedSecret)> call = [this, &merchant, &refused,
                                                                 enough](SharedSecret component_token) {
        return renewLocked(merchant, refused, enough, std::move(component_token));
    };
    auto renewed = co_await asComponentFor<LiveToken>(merchant, std::move(call));
    if (renewed || !refusesComponentToken(renewed.error())) co_return renewed;
    // The newer component token was refused like the older one: the next try would go the same way.
    Error error = std::move(renewed).error();
    error.for_log = "WeChat refuses every component token for this account: " + detailOf(error);
    error.upstream.reset();
    const auto current = store_.find(merchant);
    noteFailure(ownerOf(merchant), error, current == nullptr ? nullptr : current->refresh_token);
    co_return error;
}

Task<Result<LiveToken>> TokenKeeper::renewLocked(MerchantId merchant, SharedSecret refused, Enough enough,
                                                 SharedSecret component_token) {
    const auto current = store_.find(merchant);
    if (current == nullptr || current->withdrawn) co_return notAuthorized();
    const Freshness now = freshness(*current);
    if (isEnough(now, enough, current->access_token, refused)) co_return liveOf(*current);  // somebody was faster
    const bool works = refused == nullptr && now != Freshness::kDead;
    auto failure = recentFailure(ownerOf(merchant), current->refresh_token, works, std::hash<MerchantId>{}(merchant));
    if (failure) co_return *std::move(failure);

    const Moment started = Moment::of(clock_);
    auto tokens = co_await refresh_.refresh(current, component_token);
    if (tokens) co_return co_await storeTokens(current, *std::move(tokens), started);
    if (refusesComponentToken(tokens.error())) co_return std::move(tokens).error();  // says nothing of the merchant
    co_return co_await refreshFailed(current, std::move(tokens).error(), std::move(component_token));
}

Task<Result<LiveToken>> TokenKeeper::storeTokens(std::shared_ptr<const Authorization> before,
                                                 Platform::AuthorizerTokens tokens, Moment started) {
    std::string trouble_before;
    std::function<bool(Authorization&)> edit = [&](Authorization& next) {
        // A withdrawal or a new consent that came meanwhile is newer than this answer, however late the answer is.
        if (next.withdrawn || !sameSecret(next.refresh_token, before->refresh_token)) return false;
        if (!sameSecret(next.access_token, before->access_token)) return false;
        next.access_token = tokens.access_token;
        next.access_expires_at = started.wall + tokens.expires_in;
        next.takeRefreshToken(tokens.refresh_token);
        trouble_before = std::exchange(next.trouble, {});
        next.changed_at = started.wall;
        return true;
    };
    auto saved = co_await changeAuthorization(store_, before->merchant, WhenAbsent::kRefuse, std::move(edit));
    if (!saved) {
        noteFailure(ownerOf(before->merchant), saved.error(), before->refresh_token);
        co_return std::move(saved).error();
    }
    const Authorization& now = **saved;
    if (now.withdrawn) co_return notAuthorized();
    if (now.access_token == tokens.access_token) {
        noteSuccess(ownerOf(now.merchant), now.access_token, started, tokens.expires_in);
        if (!trouble_before.empty()) noteChange({now.merchant, std::move(trouble_before), {}, {}});
    } else if (freshness(now) == Freshness::kDead) {
        co_return notAuthorized("the authorization changed during a refresh and has no token that works");
    }
    co_return liveOf(now);
}

Task<Result<LiveToken>> TokenKeeper::refreshFailed(std::shared_ptr<const Authorization> before, Error error,
                                                   SharedSecret component_token) {
    bool gone = errcodeOf(error) == errcodes::kPasswordChanged;
    if (errcodeOf(error) == errcodes::kNotAuthorizedToUs) {
        // WeChat has been seen to say so of accounts that its list goes on to show: that is for the operator.
        const auto listed = co_await refresh_.isListed(before->appid, std::move(component_token));
        if (!listed) error = listed.error();
        gone = listed && !*listed;
    }
    const std::string trouble{troubleOf(error).text};
    const UtcTime now = clock_.now();
    bool changed = false;
    std::function<bool(Authorization&)> edit = [&](Authorization& next) {
        changed = false;
        if (next.withdrawn || !sameSecret(next.refresh_token, before->refresh_token)) return false;
        if (!gone && next.trouble == trouble) return false;
        changed = true;
        if (gone) {
            next.withdraw(now);
        } else {
            next.trouble = trouble;
            next.changed_at = now;
        }
        return true;
    };
    auto saved = co_await changeAuthorization(store_, before->merchant, WhenAbsent::kRefuse, std::move(edit));
    if (saved && !(*saved)->withdrawn && !sameSecret((*saved)->refresh_token, before->refresh_token)) {
        // A new consent arrived while the old refresh token was being refused.
        if (freshness(**saved) != Freshness::kDead) co_return liveOf(**saved);
    }
    if (saved && changed) {
        noteChange({before->merchant, before->trouble, gone ? "authorization_withdrawn" : trouble, detailOf(error)});
    }
    error = asMerchantHears(std::move(error), trouble);
    if (!saved) error.for_log += " (and not written down: " + saved.error().for_log + ")";
    noteFailure(ownerOf(before->merchant), error, before->refresh_token);
    co_return error;
}

}  // namespace tenants
