#include "tenants/billing/statement_key.h"

#include <openssl/evp.h>

#include <stdexcept>

#include "tenants/base/digest.h"

namespace tenants {
namespace {

constexpr std::string_view kPurpose = "statement signature";
constexpr std::size_t kNameDigits = 16;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* bytesOf(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

[[noreturn]] void fail() {
    throw std::runtime_error("Ed25519 is not available");
}

}  // namespace

struct StatementSigner::PrivateKey {
    explicit PrivateKey(const Secret& seed)
        : key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytesOf(seed.expose()), seed.expose().size()),
              &EVP_PKEY_free) {
        if (!key) fail();
    }
    Key key;
};

StatementPublicKey statementPublicKey(const std::array<unsigned char, 32>& bytes) {
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    return {"sk_" + sha256Hex(text).substr(0, kNameDigits), bytes};
}

std::vector<StatementPublicKey> statementKeysOf(const KeyRing& ring) {
    std::vector<StatementPublicKey> keys;
    for (const std::uint32_t number : ring.numbers()) keys.push_back(StatementSigner{ring, number}.publicKey());
    return keys;
}

bool isSignedBy(const StatementPublicKey& key, std::string_view bytes, const StatementSignature& signature) {
    const Key opened{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.bytes.data(), key.bytes.size()),
                     &EVP_PKEY_free};
    const Context context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    if (!opened || !context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, opened.get()) != 1)
        fail();
    return EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytesOf(bytes), bytes.size()) == 1;
}

StatementSigner::StatementSigner(const KeyRing& ring, std::uint32_t number)
    : private_key_(std::make_unique<PrivateKey>(ring.derive(number, kPurpose))) {
    std::array<unsigned char, 32> bytes{};
    std::size_t size = bytes.size();
    if (EVP_PKEY_get_raw_public_key(private_key_->key.get(), bytes.data(), &size) != 1) fail();
    public_key_ = statementPublicKey(bytes);
}

StatementSigner::~StatementSigner() = default;

StatementSignature StatementSigner::sign(std::string_view bytes) const {
    const Context context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    StatementSignature signature{};
    std::size_t size = signature.size();
    if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, private_key_->key.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size, bytesOf(bytes), bytes.size()) != 1) {
        fail();
    }
    return signature;
}

}  // namespace tenants
