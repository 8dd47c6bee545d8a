#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tenants/base/result.h"
#include "tenants/merchant/gateway_token.h"
#include "tenants/merchant/merchant_store.h"

namespace tenants {

/// Who calls: an authenticated key and its merchant.
struct Caller {
    MerchantId merchant;
    KeyId key;
    std::string key_lookup;  // finds the key again: it may be revoked while its picture is still being sent
};

/// Tells who a credential belongs to. Looks nothing up but in memory. Safe from any thread.
class Authenticator {
public:
    Authenticator(const MerchantStore& merchants, const CredentialHasher& hasher, const GatewayTokens& tokens,
                  const Clock& clock)
        : merchants_(merchants), hasher_(hasher), tokens_(tokens), clock_(clock) {}

    /// By API key or gateway token. kCredentialMissing (empty), kCredentialInvalid (unknown, revoked, expired, forged,
    /// malformed: told apart by nobody).
    Result<Caller> authenticate(std::string_view credential) const;

    /// The key whose text this is, if it can be used now; null for anything else, a gateway token included: one that
    /// could be changed for the next would never end.
    std::shared_ptr<const ApiKey> keyOf(std::string_view api_key) const;

private:
    std::shared_ptr<const ApiKey> keyOfToken(std::string_view token) const;

    const MerchantStore& merchants_;
    const CredentialHasher& hasher_;
    const GatewayTokens& tokens_;
    const Clock& clock_;
};

}  // namespace tenants
