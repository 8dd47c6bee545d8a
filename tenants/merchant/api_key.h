#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"
#include "tenants/base/secret.h"

struct evp_mac_ctx_st;

namespace tenants {

using CredentialHash = std::array<unsigned char, 32>;

/// HMAC-SHA-256 of credentials under a key from the key ring: what the store holds instead of them. Any thread.
class CredentialHasher {
public:
    explicit CredentialHasher(const Secret& hmac_key);
    CredentialHash hash(std::string_view credential) const;
    /// Constant time.
    bool matches(std::string_view credential, const CredentialHash& stored) const;

private:
    struct FreeKeyed {
        void operator()(evp_mac_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_mac_ctx_st, FreeKeyed> keyed_;  // copied for each text: OpenSSL looks up the algorithm once
};

/// What we keep of a merchant's API key. The key's text is shown once, when it is made, and not kept.
struct ApiKey {
    KeyId id;
    MerchantId merchant;
    std::string lookup;     // public part of the text that finds the row: `tgk_` + 12 characters
    CredentialHash hash{};  // of the whole text
    std::string label;      // the merchant's or operator's own name for it; at most 100 bytes
    UtcTime created_at;
    std::optional<UtcTime> expires_at;
    std::optional<UtcTime> revoked_at;

    bool usableAt(UtcTime now) const { return !revoked_at && (!expires_at || now < *expires_at); }
};

/// An operator's credential for the admin API, kept the same way: `tga_…`.
struct AdminToken {
    KeyId id;
    std::string lookup;
    CredentialHash hash{};
    std::string label;
    UtcTime created_at;
    std::optional<UtcTime> revoked_at;
};

/// A credential's text: kind prefix (`tgk` merchant key, `tga` admin token), `_`, 12 characters of look-up, `_`, 43
/// characters of secret (32 random bytes), 6 characters of CRC-32 over all before them; base 62 throughout. A leak
/// scanner finds it by `tg[ka]_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}` and dismisses chance hits by the checksum.
struct MintedCredential {
    std::string lookup;
    Secret text;
};
enum class CredentialKind { kApiKey, kAdminToken };
MintedCredential mintCredential(CredentialKind kind);

/// The look-up part of a text of that kind's form with a right checksum; empty for anything else, without any look-up.
std::optional<std::string> credentialLookup(CredentialKind kind, std::string_view text);

}  // namespace tenants
