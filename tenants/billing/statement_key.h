#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tenants/base/key_ring.h"

namespace tenants {

/// The public half of a key that statements are signed with (Ed25519, RFC 8032). Published, and kept for as long as there
/// are statements that it signed.
struct StatementPublicKey {
    std::string id;  // sk_ and the first 16 hex digits of the SHA-256 of its bytes
    std::array<unsigned char, 32> bytes{};
    bool operator==(const StatementPublicKey&) const = default;
};

using StatementSignature = std::array<unsigned char, 64>;

/// The key with these bytes and the name that belongs to it.
StatementPublicKey statementPublicKey(const std::array<unsigned char, 32>& bytes);

/// The keys that follow from every root key of a ring, oldest first.
std::vector<StatementPublicKey> statementKeysOf(const KeyRing& ring);

/// True where `signature` is that of `bytes` by the private half of `key`. Throws std::runtime_error where OpenSSL cannot.
bool isSignedBy(const StatementPublicKey& key, std::string_view bytes, const StatementSignature& signature);

/// Signs with the key that follows from the key ring's active root key: rotating the ring brings a new one, and whoever has
/// the ring can make it again. Immutable; safe from any thread.
class StatementSigner {
public:
    explicit StatementSigner(const KeyRing& ring) : StatementSigner(ring, ring.active()) {}
    /// With the key that follows from root key `number`. Throws KeyRingError where the ring has no such key.
    StatementSigner(const KeyRing& ring, std::uint32_t number);
    ~StatementSigner();
    StatementSigner(const StatementSigner&) = delete;
    StatementSigner& operator=(const StatementSigner&) = delete;

    const StatementPublicKey& publicKey() const noexcept { return public_key_; }
    StatementSignature sign(std::string_view bytes) const;

private:
    struct PrivateKey;
    std::unique_ptr<PrivateKey> private_key_;
    StatementPublicKey public_key_;
};

}  // namespace tenants
