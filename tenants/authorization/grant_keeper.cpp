#include "tenants/authorization/grant_keeper.h"

#include <optional>
#include <utility>

#include "tenants/authorization/authorization_change.h"

namespace tenants {

namespace {

// Somebody changes the authorization while we ask: what we were told may be older than that. Each round is one call.
constexpr int kRoundsMax = 3;

void takeOver(const Platform::AuthorizerInfo& told, UtcTime now, Authorization& authorization) {
    authorization.takeGrants(told.granted_sets);
    authorization.account = told.account;
    authorization.takeRefreshToken(told.refresh_token);
    authorization.changed_at = now;
}

Error notAuthorized() {
    return Error{ErrorCode::kMerchantNotAuthorized, "The merchant's account is not authorized to this platform."};
}

}  // namespace

Task<Result<Done>> GrantKeeper::refreshGrants(MerchantId merchant) {
    const auto authorization = store_.find(merchant);
    if (authorization == nullptr || authorization->withdrawn) co_return notAuthorized();
    if (!authorization->grants_stale) co_return Done{};
    auto read = co_await readGrants(std::move(merchant), When::kIfStale);
    if (!read) co_return std::move(read).error();
    co_return Done{};
}

Task<Result<Done>> GrantKeeper::rereadGrants(MerchantId merchant) {
    auto read = co_await readGrants(std::move(merchant), When::kAlways);
    if (!read) co_return std::move(read).error();
    co_return Done{};
}

Task<Result<GrantReading>> GrantKeeper::compareGrants(MerchantId merchant) {
    co_return co_await readGrants(std::move(merchant), When::kAlways);
}

Task<Result<GrantReading>> GrantKeeper::restoreGrants(MerchantId merchant) {
    auto reading = co_await readGrants(merchant, When::kEvenIfWithdrawn);
    if (reading) tokens_.forgetFailure(merchant);
    co_return reading;
}

GrantKeeper::Doubts& GrantKeeper::doubtsOf(const MerchantId& merchant) {
    const std::scoped_lock lock{doubts_mutex_};
    auto& doubts = doubts_[merchant];
    if (doubts == nullptr) doubts = std::make_unique<Doubts>();
    return *doubts;
}

Task<Result<Done>> GrantKeeper::doubtGrants(MerchantId merchant) {
    Doubts& doubts = doubtsOf(merchant);
    std::uint64_t begun_before = 0;
    {
        const std::scoped_lock lock{doubts_mutex_};
        begun_before = doubts.begun;
    }
    const AsyncMutex::Guard one_at_a_time = co_await doubts.lock.lock();
    std::uint64_t mine = 0;
    {
        const std::scoped_lock lock{doubts_mutex_};
        // One that began after this call and is durable by now says the same, and no re-read can have missed it.
        if (doubts.written > begun_before) co_return Done{};
        mine = ++doubts.begun;
    }
    auto written = co_await writeDoubt(std::move(merchant));
    if (written) {
        const std::scoped_lock lock{doubts_mutex_};
        doubts.written = mine;
    }
    co_return written;
}

Task<Result<Done>> GrantKeeper::writeDoubt(MerchantId merchant) {
    const UtcTime now = clock_.now();
    std::function<bool(Authorization&)> edit = [now](Authorization& next) {
        if (next.withdrawn) return false;
        // Stored even where they are stale already: a re-read that is under way must not take this doubt for answered.
        next.grants_stale = true;
        next.changed_at = now;
        return true;
    };
    auto changed = co_await changeAuthorization(store_, merchant, WhenAbsent::kRefuse, std::move(edit));
    if (!changed) co_return std::move(changed).error();
    co_return Done{};
}

Task<Result<GrantReading>> GrantKeeper::readGrants(MerchantId merchant, When when) {
    std::function<Task<Result<GrantReading>>(SharedSecret)> call = [this, &merchant,
                                                                    when](SharedSecret component_token) {
        return readLocked(merchant, when, std::move(component_token));
    };
    co_return co_await tokens_.asComponentFor<GrantReading>(merchant, std::move(call));
}

Task<Result<GrantReading>> GrantKeeper::readLocked(MerchantId merchant, When when, SharedSecret component_token) {
    std::shared_ptr<const Authorization> current;
    std::optional<Platform::AuthorizerInfo> told;
    for (int round = 0; round < kRoundsMax; ++round) {
        current = store_.find(merchant);
        if (current == nullptr) co_return notAuthorized();
        if (current->withdrawn && when != When::kEvenIfWithdrawn) co_return notAuthorized();
        if (when == When::kIfStale && !current->grants_stale) co_return GrantReading{current, current};
        auto info = co_await platform_.authorizerInfo(component_token, current->appid);
        if (!info) {
            const Error& error = info.error();
            if (errcodeOf(error) == errcodes::kNotAuthorizedToUs) co_return co_await markWithdrawn(current);
            co_return error;
        }
        Authorization next = *current;
        told = *std::move(info);
        takeOver(*told, clock_.now(), next);
        next.withdrawn = false;
        next.grants_stale = false;
        auto saved = co_await store_.save(std::move(next));
        if (saved) co_return GrantReading{current, *std::move(saved)};
        if (saved.error().code != ErrorCode::kPreconditionFailed) co_return std::move(saved).error();
    }
    co_return co_await storeInDoubt(std::move(current), *std::move(told));
}

/// Changes come faster than WeChat answers, as when many scans are refused at once: what it told last counts for now, and
/// stays in doubt.
Task<Result<GrantReading>> GrantKeeper::storeInDoubt(std::shared_ptr<const Authorization> before,
                                                     Platform::AuthorizerInfo told) {
    const UtcTime now = clock_.now();
    std::function<bool(Authorization&)> edit = [&told, now](Authorization& next) {
        if (next.withdrawn) return false;
        takeOver(told, now, next);
        next.grants_stale = true;
        return true;
    };
    auto changed = co_await changeAuthorization(store_, before->merchant, WhenAbsent::kRefuse, std::move(edit));
    if (changed) {
        if ((*changed)->withdrawn) co_return notAuthorized();
        co_return GrantReading{std::move(before), *std::move(changed)};
    }
    if (changed.error().code != ErrorCode::kConflict) co_return std::move(changed).error();
    co_return Error{ErrorCode::kUpstreamBusy, "The merchant's grants are changing; try again.",
                    "grants changed during every re-read"};
}

Task<Error> GrantKeeper::markWithdrawn(std::shared_ptr<const Authorization> before) {
    const UtcTime now = clock_.now();
    std::function<bool(Authorization&)> edit = [&before, now](Authorization& next) {
        if (next.withdrawn || !sameSecret(next.refresh_token, before->refresh_token)) return false;  // consented anew
        next.withdraw(now);
        return true;
    };
    auto changed = co_await changeAuthorization(store_, before->merchant, WhenAbsent::kRefuse, std::move(edit));
    if (!changed) co_return std::move(changed).error();
    co_return notAuthorized();
}

}  // namespace tenants
