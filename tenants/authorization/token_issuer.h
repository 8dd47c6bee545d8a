#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tenants/authorization/component_platform.h"
#include "tenants/base/result.h"
#include "tenants/merchant/authenticator.h"

namespace tenants {

struct IssuedToken {
    Secret text;
    std::chrono::seconds expires_in;  // true at the moment of issue, 1 and more
    Caller caller;                    // whose it is, for the log
};

/// Gives gateway tokens to who shows the appid of a merchant's account and an API key of that merchant, as WeChat gives
/// access tokens for appid and secret. Safe from any thread; waits for nothing.
class TokenIssuer {
public:
    static constexpr std::chrono::seconds kLifetime{7200};

    TokenIssuer(const Authenticator& authenticator, const MerchantStore& merchants, const ComponentPlatforms& platforms,
                const GatewayTokens& tokens, const Clock& clock)
        : authenticator_(authenticator), merchants_(merchants), platforms_(platforms), tokens_(tokens), clock_(clock) {}

    enum class Freshness {
        kNew,     // another token for each call
        kStable,  // a key's callers share one, with what is left of it, until its last five minutes
        kForced,  // another one for them to share
    };
    /// A token never outlives its key: near the key's end it lives shorter.
    /// kCredentialInvalid: not a usable API key, whatever the appid; kAppidInvalid: the key is good, but its merchant
    /// has no account of that appid. In this order, because the other would tell anybody whose accounts we serve.
    /// A merchant that cannot scan at present gets its token: it gives no right, and the scan says what stands in the
    /// way, which an SDK that cannot even log in would hide.
    /// Nothing ends a token before its time but its key, so a shared one that is forgotten at a restart stays good.
    Result<IssuedToken> issue(const AppId& appid, std::string_view api_key, Freshness freshness);

private:
    /// What two tokens of one key and expiry differ by.
    struct Issue {
        UtcTime at;
        std::string id;
    };
    Issue issueOf(const std::string& key_lookup, UtcTime now, Freshness freshness);

    const Authenticator& authenticator_;
    const MerchantStore& merchants_;
    const ComponentPlatforms& platforms_;
    const GatewayTokens& tokens_;
    const Clock& clock_;
    std::mutex mutex_;
    std::unordered_map<std::string, Issue> shared_;  // by the key's look-up; no more than there are keys
};

}  // namespace tenants
