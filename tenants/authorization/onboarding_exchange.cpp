#include "tenants/authorization/onboarding.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tenants/authorization/authorization_change.h"
#include "tenants/base/digest.h"

/// The part of Onboarding that makes an authorization of a consent: its code exchanged under the merchant's lock, and what
/// came of it stored.
namespace tenants {

namespace {

constexpr int kNotAuthorizedToUs = 61003;

bool hasErrcode(const Error& error, int errcode) {
    return error.upstream && error.upstream->errcode == errcode;
}

/// The code was exchanged before or has run out; what the account granted can still be asked for.
bool codeIsSpent(const Error& error) {
    static constexpr std::array kCodes{61009, 61010, 40029, 40163};
    return error.upstream && std::ranges::find(kCodes, error.upstream->errcode) != kCodes.end();
}

Error notAuthorized() {
    return Error{ErrorCode::kMerchantNotAuthorized, "The merchant's account is not authorized to this platform."};
}

Error codeNotValid(std::string for_log = {}) {
    return Error{ErrorCode::kInvalidInput, "The authorization code is not valid any more; open a new link.",
                 std::move(for_log)};
}

Error uninvited() {
    return Error{ErrorCode::kConflict, "The authorization link is for another account.",
                 "an account consented that is not the one invited"};
}

}  // namespace

Task<Result<Done>> Onboarding::exchange(Exchange work) {
    std::function<Task<Result<Done>>(SharedSecret)> step = [this, &work](SharedSecret component_token) {
        return exchangeLocked(work, std::move(component_token));
    };
    auto done = co_await tokens_.asComponentFor<Done>(work.merchant, std::move(step));
    if (done) co_return done;
    if (work.grant && !work.stored && done.error().code != ErrorCode::kConflict &&
        done.error().code != ErrorCode::kMerchantNotAuthorized) {
        // Tokens in hand must not be lost because the account's facts could not be read; those are re-read later.
        co_return co_await storeResult(work, std::nullopt);
    }
    if (work.grant && done.error().code == ErrorCode::kConflict) {
        auto told = co_await tellOwner(work.grant->appid, work.merchant);
        if (!told) co_return told;
    }
    co_return done;
}

Task<Result<Done>> Onboarding::exchangeLocked(Exchange& work, SharedSecret component_token) {
    if (isUninvited(work)) co_return uninvited();
    const auto current = store_.find(work.merchant);
    if (!work.generation) work.generation = current == nullptr ? 0 : current->generation;
    if (work.code != nullptr) work.known = co_await store_.knowsCode(sha256Hex(work.code->expose()));
    if (isApplied(work, current.get())) co_return Done{};
    if (work.code != nullptr && !work.known && !work.spent && !work.grant) {
        auto redeemed = co_await redeem(work, component_token);
        if (!redeemed) co_return redeemed;
    }
    if (work.appid.empty() && current != nullptr) work.appid = current->appid;
    if (work.appid.empty()) co_return codeNotValid();
    auto info = co_await platform_.authorizerInfo(component_token, work.appid);
    if (!info && hasErrcode(info.error(), kNotAuthorizedToUs)) co_return co_await notAuthorizedAfterAll(work);
    if (!info && (!work.grant || refusesComponentToken(info.error()))) co_return std::move(info).error();
    std::optional<Platform::AuthorizerInfo> facts;
    if (info) facts = *std::move(info);
    co_return co_await storeResult(work, std::move(facts));
}

bool Onboarding::isUninvited(const Exchange& work) {
    return !work.only.empty() && !work.appid.empty() && work.appid != work.only;
}

/// Whether the other way in was faster. By redirect that is all we wanted; an event must also be the newest applied.
bool Onboarding::isApplied(const Exchange& work, const Authorization* current) {
    if (!work.known || current == nullptr || current->withdrawn || current->refresh_token == nullptr) return false;
    if (!work.event_at) return true;
    return current->appid == work.appid && !current->grants_stale && *work.event_at <= current->event_at;
}

Task<Result<Done>> Onboarding::redeem(Exchange& work, SharedSecret component_token) {
    work.granted_at = clock_.now();
    auto grant = co_await platform_.queryAuth(std::move(component_token), work.code);
    if (grant) {
        if (!work.appid.empty() && grant->appid != work.appid) {
            co_return Error{ErrorCode::kConflict, "The authorization code belongs to another account.",
                            "api_query_auth named another appid than the event"};
        }
        work.appid = grant->appid;
        work.grant = *std::move(grant);
        if (isUninvited(work)) co_return uninvited();
        co_return Done{};
    }
    if (hasErrcode(grant.error(), kNotAuthorizedToUs)) co_return co_await notAuthorizedAfterAll(work);
    if (!codeIsSpent(grant.error())) co_return std::move(grant).error();
    work.spent = true;
    co_return Done{};
}

Task<Result<Done>> Onboarding::storeResult(Exchange& work, std::optional<Platform::AuthorizerInfo> info) {
    const UtcTime now = clock_.now();
    bool without_token = false;
    std::function<bool(Authorization&)> edit = [this, &work, &info, &without_token, now](Authorization& next) {
        const bool overtaken = next.generation != work.generation;
        // Withdrawn while we asked: that is the newer word, unless its time says that it was held up on its way. What is
        // stale then is read again before the next scan, which decides between two of one second too.
        const UtcTime consented_at = work.event_at.value_or(work.consent_after);
        const bool ordered = tellsOrder(next.event_at);
        const bool before_withdrawal = ordered && consented_at < next.event_at;
        if (next.withdrawn && before_withdrawal && (overtaken || work.event_at)) return false;
        const bool had_this_account = next.appid == work.appid && !next.withdrawn;
        if (next.appid != work.appid) {
            // Another account takes the place of the old one, of which nothing holds for it.
            Authorization other;
            other.merchant = next.merchant;
            other.generation = next.generation;
            other.appid = work.appid;
            next = std::move(other);
        }
        if (work.grant) {
            next.access_token = work.grant->tokens.access_token;
            next.access_expires_at = work.granted_at + work.grant->tokens.expires_in;
            next.takeRefreshToken(work.grant->tokens.refresh_token);
            next.takeGrants(work.grant->granted_sets);
        }
        if (info) {
            next.takeGrants(info->granted_sets);
            next.account = info->account;
            if (!work.grant || work.grant->tokens.refresh_token == nullptr) next.takeRefreshToken(info->refresh_token);
        }
        // Authorized, but nobody has exchanged that consent's code: without a token it is worth nothing, and would only
        // hide that the merchant has to consent once more.
        without_token = !had_this_account && !work.grant && next.refresh_token == nullptr;
        if (without_token) return false;
        next.grants_stale = !info || overtaken;
        next.withdrawn = false;
        next.trouble.clear();
        next.event_at = ordered ? std::max(next.event_at, consented_at) : consented_at;
        next.changed_at = now;
        return true;
    };
    auto saved = co_await changeAuthorization(store_, work.merchant, WhenAbsent::kStartEmpty, std::move(edit));
    if (!saved) co_return std::move(saved).error();
    if (without_token) co_return codeNotValid("the account is authorized, and WeChat tells no refresh token of it");
    if ((*saved)->withdrawn) co_return notAuthorized();
    work.stored = true;
    if (!work.grant) co_return Done{};
    // Remembered last: who dies before that leaves a code that is tried again, which does no harm. It works, or WeChat
    // says that it is spent, and then the account's info has what came of it.
    co_return co_await store_.rememberCode(sha256Hex(work.code->expose()), now);
}

/// Consent given for another merchant's link made this account new tokens all the same, and its merchant's old ones are
/// dead: they are read back before its next scan.
Task<Result<Done>> Onboarding::tellOwner(AppId appid, MerchantId other_than) {
    const auto owner = store_.findByAppId(appid);
    if (owner == nullptr || owner->merchant == other_than) co_return Done{};
    co_return co_await grants_.doubtGrants(owner->merchant);
}

/// WeChat took the code, or knew it as spent, and yet says that the account is not authorized to us.
Task<Result<Done>> Onboarding::notAuthorizedAfterAll(Exchange& work) {
    const UtcTime now = clock_.now();
    std::function<bool(Authorization&)> edit = [&work, now](Authorization& next) {
        if (next.appid != work.appid || next.withdrawn || next.generation != work.generation) return false;
        next.withdraw(now);
        if (work.event_at) next.event_at = std::max(next.event_at, *work.event_at);
        return true;
    };
    auto saved = co_await changeAuthorization(store_, work.merchant, WhenAbsent::kRefuse, std::move(edit));
    if (!saved && saved.error().code != ErrorCode::kNotFound) co_return std::move(saved).error();
    co_return notAuthorized();
}

}  // namespace tenants
