#include "tenants/sqlite/sqlite_authorization_store.h"

#include <stdexcept>
#include <utility>

#include "tenants/sqlite/write.h"

namespace tenants::sqlite {
namespace {

constexpr std::size_t kLinkNameDigits = 16;  // of the hash of its state: enough to tell links apart

template <class T>
T found(Result<T> result) {
    if (!result) throw std::runtime_error("store unavailable: " + result.error().for_log);
    return *std::move(result);
}

}  // namespace

std::shared_ptr<const Authorization> SqliteAuthorizationStore::find(const MerchantId& merchant) const {
    return directory_.find(merchant);
}

std::shared_ptr<const Authorization> SqliteAuthorizationStore::findByAppId(const AppId& appid) const {
    return directory_.findByAppId(appid);
}

std::vector<std::shared_ptr<const Authorization>> SqliteAuthorizationStore::expiringBefore(UtcTime until) const {
    return directory_.expiringBefore(until);
}

Task<Result<std::shared_ptr<const Authorization>>> SqliteAuthorizationStore::save(Authorization next) {
    const SealedTokens tokens = seals_.sealTokens(next, next.generation + 1);
    Write write{writer_, [&] { return tables_.save(next, tokens); },
                [&](const std::shared_ptr<const Authorization>& stored) { directory_.put(stored); }};
    co_return co_await write;
}

std::shared_ptr<const ComponentState> SqliteAuthorizationStore::component() const {
    return directory_.component();
}

Task<Result<Done>> SqliteAuthorizationStore::saveTicket(SharedSecret ticket, UtcTime created_at) {
    Write write{writer_, [&] { return tables_.saveTicket(ticket, created_at); },
                [&](const ComponentState& stored) { directory_.put(stored); }};
    const Result<ComponentState> stored = co_await write;
    if (!stored) co_return stored.error();
    co_return Done{};
}

Task<Result<Done>> SqliteAuthorizationStore::saveComponentToken(SharedSecret access_token, UtcTime expires_at) {
    Write write{writer_, [&] { return tables_.saveComponentToken(access_token, expires_at); },
                [&](const ComponentState& stored) { directory_.put(stored); }};
    const Result<ComponentState> stored = co_await write;
    if (!stored) co_return stored.error();
    co_return Done{};
}

Task<Result<Done>> SqliteAuthorizationStore::addLink(AuthorizationLink link) {
    Write write{writer_, [&] { return tables_.addLink(link); }};
    co_return co_await write;
}

Task<std::optional<AuthorizationLink>> SqliteAuthorizationStore::findLinkByState(std::string state_hash) {
    Write write{writer_, [&] { return tables_.findLinkByState(state_hash); }};
    Result<std::optional<AuthorizationLink>> link = co_await write;
    co_return found(std::move(link));
}

Task<std::optional<AuthorizationLink>> SqliteAuthorizationStore::findLinkByPreAuthCode(std::string pre_auth_code_hash) {
    Write write{writer_, [&] { return tables_.findLinkByPreAuthCode(pre_auth_code_hash); }};
    Result<std::optional<AuthorizationLink>> link = co_await write;
    co_return found(std::move(link));
}

Task<bool> SqliteAuthorizationStore::knowsCode(std::string code_hash) {
    Write write{writer_, [&] { return tables_.knowsCode(code_hash); }};
    Result<bool> known = co_await write;
    co_return found(std::move(known));
}

Task<Result<Done>> SqliteAuthorizationStore::rememberCode(std::string code_hash, UtcTime now) {
    Write write{writer_, [&] { return tables_.rememberCode(code_hash, now); }};
    co_return co_await write;
}

Task<Result<std::optional<PlatformEvent>>> SqliteAuthorizationStore::addEvent(PlatformEvent event) {
    const std::optional<std::string> sealed_code = seals_.sealCode(event);
    Write write{writer_, [&] { return tables_.addEvent(event, sealed_code); }};
    co_return co_await write;
}

Task<bool> SqliteAuthorizationStore::knowsEvent(std::string dedupe_key) {
    Write write{writer_, [&] { return tables_.knowsEvent(dedupe_key); }};
    Result<bool> known = co_await write;
    co_return found(std::move(known));
}

Task<Result<Done>> SqliteAuthorizationStore::markEventHandled(std::int64_t event, UtcTime now) {
    Write write{writer_, [&] { return tables_.markEventHandled(event, now); }};
    co_return co_await write;
}

Task<std::vector<PlatformEvent>> SqliteAuthorizationStore::unhandledEvents() {
    Write write{writer_, [&] { return tables_.unhandledEvents(); }};
    Result<std::vector<PlatformEvent>> events = co_await write;
    co_return found(std::move(events));
}

Task<Result<Done>> SqliteAuthorizationStore::addInvitation(Invitation invitation, AuditNote note) {
    note = note.on("authorization_link.create", invitation.merchant,
                   "authorization-links/" + invitation.state_hash.substr(0, kLinkNameDigits));
    Write write{writer_, [&] { return audit_.noted(onboarding_.addInvitation(invitation), note); }};
    co_return co_await write;
}

Task<std::optional<Invitation>> SqliteAuthorizationStore::findInvitation(std::string state_hash) {
    Write write{writer_, [&] { return onboarding_.findInvitation(state_hash); }};
    Result<std::optional<Invitation>> invitation = co_await write;
    co_return found(std::move(invitation));
}

Task<std::optional<Invitation>> SqliteAuthorizationStore::findInvitationOfAccount(AppId appid, UtcTime now) {
    Write write{writer_, [&] { return onboarding_.findInvitationOfAccount(appid, now); }};
    Result<std::optional<Invitation>> invitation = co_await write;
    co_return found(std::move(invitation));
}

Task<Result<bool>> SqliteAuthorizationStore::countOpening(std::string state_hash, UtcTime now, OpeningLimit limit) {
    Write write{writer_, [&] { return onboarding_.countOpening(state_hash, now, limit); }};
    co_return co_await write;
}

Task<Result<Done>> SqliteAuthorizationStore::completeInvitation(std::string state_hash, UtcTime now) {
    Write write{writer_, [&] { return onboarding_.completeInvitation(state_hash, now); }};
    co_return co_await write;
}

Task<Result<std::size_t>> SqliteAuthorizationStore::eraseEnded(UtcTime before, std::size_t rows_max) {
    Write write{writer_, [&] { return onboarding_.eraseEnded(before, rows_max); }};
    co_return co_await write;
}

}  // namespace tenants::sqlite
