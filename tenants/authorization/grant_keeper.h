#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "tenants/authorization/token_keeper.h"
#include "tenants/base/async_mutex.h"

namespace tenants {

/// What we knew of a merchant's grants, and what we know since WeChat told.
struct GrantReading {
    std::shared_ptr<const Authorization> before;
    std::shared_ptr<const Authorization> after;
};

/// Keeps what we know of a merchant's grants true: the permission sets and the account's kind, verification and status.
/// Safe from any thread.
class GrantKeeper {
public:
    GrantKeeper(TokenKeeper& tokens, Platform& platform, AuthorizationStore& store, const Clock& clock)
        : tokens_(tokens), platform_(platform), store_(store), clock_(clock) {}

    /// Brings grants up to date that an event or a refusal called stale; ends at once where they are not. A scan calls
    /// this before it trusts them. kMerchantNotAuthorized (WeChat says so, or we know); the errors of Platform where
    /// WeChat could not be asked: the grants stay stale then.
    Task<Result<Done>> refreshGrants(MerchantId merchant);
    /// The same, but asks WeChat in any case: for the operator, and for events that tie.
    Task<Result<Done>> rereadGrants(MerchantId merchant);
    /// The same, and tells what it changed.
    Task<Result<GrantReading>> compareGrants(MerchantId merchant);
    /// The same for an authorization that is withdrawn with us: where WeChat says that the account is authorized to us,
    /// it counts again. The merchant's tokens are then for the keeper of tokens to bring back.
    Task<Result<GrantReading>> restoreGrants(MerchantId merchant);
    /// Durably notes that the grants may not be true any more. Never waits for WeChat. Many at once, as when a crowd of
    /// scans is refused together, are written as one or two.
    Task<Result<Done>> doubtGrants(MerchantId merchant);

private:
    enum class When { kIfStale, kAlways, kEvenIfWithdrawn };
    /// Doubts about one merchant's grants, one written at a time.
    struct Doubts {
        AsyncMutex lock;
        std::uint64_t begun = 0;    // both under the guard of `doubts_mutex_`
        std::uint64_t written = 0;  // the number of the newest one that is durable
    };
    Doubts& doubtsOf(const MerchantId& merchant);
    Task<Result<Done>> writeDoubt(MerchantId merchant);
    Task<Result<GrantReading>> readGrants(MerchantId merchant, When when);
    Task<Result<GrantReading>> readLocked(MerchantId merchant, When when, SharedSecret component_token);
    Task<Result<GrantReading>> storeInDoubt(std::shared_ptr<const Authorization> before, Platform::AuthorizerInfo told);
    Task<Error> markWithdrawn(std::shared_ptr<const Authorization> before);

    TokenKeeper& tokens_;
    Platform& platform_;
    AuthorizationStore& store_;
    const Clock& clock_;
    std::mutex doubts_mutex_;
    std::unordered_map<MerchantId, std::unique_ptr<Doubts>> doubts_;  // of merchants that were refused, so bounded
};

}  // namespace tenants
