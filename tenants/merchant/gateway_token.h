#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"
#include "tenants/merchant/api_key.h"

namespace tenants {

/// A credential for a while, made from an API key: what stock SDKs fetch by /cgi-bin/token and send as access_token. It
/// holds no secret and gives no right of its own: every use looks its key up again, so it ends with the key.
struct GatewayToken {
    std::string key_lookup;
    MerchantId merchant;
    UtcTime issued_at;
    UtcTime expires_at;
    std::string id;  // 1 to 26 letters and digits, random: no two tokens are alike, whenever they are issued
};

/// Writes and reads tokens: `tgt_1.<12 characters of the key's look-up>.<merchant>.<issued>.<expires>.<id>.<MAC>`, times in
/// milliseconds since 1970, the MAC 64 hexadecimal digits of HMAC-SHA-256 over all before its dot. In clear, so that a
/// token in a merchant's report says whose it is and when it ended; URL-safe and below 256 bytes. A leak scanner finds it
/// by `tgt_1\.[0-9A-Za-z]{12}\.[0-9A-Za-z_]{1,64}\.[0-9]+\.[0-9]+\.[0-9A-Za-z]{1,26}\.[0-9a-f]{64}`. The 1 is the form's
/// version.
/// Immutable, so safe from any thread.
class GatewayTokens {
public:
    /// `mac_key`: 32 bytes, derived for this alone.
    explicit GatewayTokens(const Secret& mac_key) : mac_{mac_key} {}

    /// The same claims always give the same text. Throws std::logic_error on claims that do not fit the form.
    Secret write(const GatewayToken& token) const;

    /// True where a text claims to be such a token, of whatever version.
    static bool isOne(std::string_view text) { return text.starts_with(kPrefix); }

    /// The claims of a token that we wrote and that has not expired at `now`; nothing for any other text. The MAC is
    /// compared in constant time and before anything else is read.
    std::optional<GatewayToken> read(std::string_view text, UtcTime now) const;

private:
    static constexpr std::string_view kPrefix = "tgt_";
    CredentialHasher mac_;
};

}  // namespace tenants
