#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tenants/authorization/authorization.h"
#include "tenants/authorization/invitation.h"
#include "tenants/base/audit.h"
#include "tenants/base/result.h"
#include "tenants/base/task.h"

namespace tenants {

/// What keeps the third-party platform itself able to call: the newest ticket and the component token made from it.
struct ComponentState {
    SharedSecret ticket;        // null: none pushed yet
    UtcTime ticket_created_at;  // WeChat's CreateTime
    SharedSecret access_token;  // null: none
    UtcTime access_expires_at;
};

/// An authorization link that we gave to one merchant; found again by what comes back. Hashes, so that a read of the
/// database gives nobody a working link.
struct AuthorizationLink {
    std::string state_hash;          // SHA-256, hex, of the one-time state in our redirect URL
    std::string pre_auth_code_hash;  // SHA-256, hex, of WeChat's pre-auth code, which the event repeats
    MerchantId merchant;
    UtcTime created_at;
    UtcTime expires_at;
    std::string invitation_hash;  // the state_hash of the invitation that it was made for
};

/// A pushed authorization event, its form checked, kept until it is handled.
struct PlatformEvent {
    std::int64_t id = 0;     // given by the store, in order of arrival
    std::string dedupe_key;  // by InfoType, appid, CreateTime and code; no secret in it
    std::string info_type;
    AppId appid;                      // AuthorizerAppid; empty where the event has none
    SharedSecret authorization_code;  // null where the event has none
    std::string pre_auth_code_hash;   // SHA-256, hex, of its PreAuthCode; empty where the event has none
    UtcTime created_at;               // WeChat's CreateTime
    UtcTime received_at;
};

/// Authorizations, the component's own state, links and events of one component platform. Finds answer from memory,
/// never wait, and see every change from the moment its task has ended. Changes are durable when their task ends.
/// Secrets are stored encrypted. Safe from any thread. kStoreUnavailable where the store cannot write.
class AuthorizationStore {
public:
    virtual ~AuthorizationStore() = default;

    virtual std::shared_ptr<const Authorization> find(const MerchantId& merchant) const = 0;
    virtual std::shared_ptr<const Authorization> findByAppId(const AppId& appid) const = 0;
    /// Those not withdrawn that have no access token or one that ends before `until`, the soonest first. Costs by what it
    /// gives and not by how many there are.
    virtual std::vector<std::shared_ptr<const Authorization>> expiringBefore(UtcTime until) const = 0;
    /// Stores `next` where the stored generation is still `next.generation` (0: there is none yet) and gives it with
    /// its new generation. kPreconditionFailed where somebody was faster; kConflict where the appid belongs to
    /// another merchant.
    virtual Task<Result<std::shared_ptr<const Authorization>>> save(Authorization next) = 0;

    virtual std::shared_ptr<const ComponentState> component() const = 0;  // never null
    /// Keeps the newest ticket: one that is older than the stored one changes nothing.
    virtual Task<Result<Done>> saveTicket(SharedSecret ticket, UtcTime created_at) = 0;
    virtual Task<Result<Done>> saveComponentToken(SharedSecret access_token, UtcTime expires_at) = 0;

    virtual Task<Result<Done>> addLink(AuthorizationLink link) = 0;
    virtual Task<std::optional<AuthorizationLink>> findLinkByState(std::string state_hash) = 0;
    virtual Task<std::optional<AuthorizationLink>> findLinkByPreAuthCode(std::string pre_auth_code_hash) = 0;
    /// Whether the authorization code of this hash was exchanged and what came of it is stored.
    virtual Task<bool> knowsCode(std::string code_hash) = 0;
    /// From now on it is. Keeps the first time where it was so already.
    virtual Task<Result<Done>> rememberCode(std::string code_hash, UtcTime now) = 0;

    /// The event with its id, or an empty optional where one of that dedupe_key was stored before (handled or not).
    virtual Task<Result<std::optional<PlatformEvent>>> addEvent(PlatformEvent event) = 0;
    virtual Task<bool> knowsEvent(std::string dedupe_key) = 0;
    virtual Task<Result<Done>> markEventHandled(std::int64_t event, UtcTime now) = 0;
    virtual Task<std::vector<PlatformEvent>> unhandledEvents() = 0;  // oldest first

    virtual Task<Result<Done>> addInvitation(Invitation invitation, AuditNote note = {}) = 0;  // in the audit too
    virtual Task<std::optional<Invitation>> findInvitation(std::string state_hash) = 0;
    /// The newest invitation of that account alone which has neither run out at `now` nor been completed.
    virtual Task<std::optional<Invitation>> findInvitationOfAccount(AppId appid, UtcTime now) = 0;
    /// Counts one opening of the launch page; false, and not counted, where `limit` allows no more for now.
    virtual Task<Result<bool>> countOpening(std::string state_hash, UtcTime now, OpeningLimit limit) = 0;
    /// Keeps the first time where it is completed already.
    virtual Task<Result<Done>> completeInvitation(std::string state_hash, UtcTime now) = 0;

    /// Erases, of each kind up to `rows_max`, what ended before `before`: handled events, links and invitations that had
    /// run out, exchanged codes. Never an event that is not handled. Gives the number of what was erased.
    virtual Task<Result<std::size_t>> eraseEnded(UtcTime before, std::size_t rows_max) = 0;
};

}  // namespace tenants
