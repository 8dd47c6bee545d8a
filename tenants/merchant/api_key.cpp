#include "tenants/merchant/api_key.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <span>
#include <stdexcept>

namespace tenants {

namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kPrefixSize = 4;  // tgk_, tga_
constexpr std::size_t kLookupSize = kPrefixSize + 12;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSecretDigits = 43;   // 62^43 > 2^256
constexpr std::size_t kChecksumDigits = 6;  // 62^6 > 2^32
constexpr std::size_t kBodySize = kLookupSize + 1 + kSecretDigits;
constexpr std::size_t kTextSize = kBodySize + kChecksumDigits;

std::string_view prefixOf(CredentialKind kind) {
    return kind == CredentialKind::kApiKey ? "tgk_" : "tga_";
}

/// CRC-32 as in zip and Ethernet: reflected, polynomial 0x04C11DB7. What a byte does to it, for each byte.
constexpr std::array<std::uint32_t, 256> kCrcOfByte = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        std::uint32_t remainder = byte;
        for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1U ^ ((remainder & 1U) != 0 ? 0xEDB88320U : 0U);
        table[byte] = remainder;
    }
    return table;
}();

std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t remainder = 0xFFFFFFFFU;
    for (const char byte : bytes) {
        remainder = remainder >> 8U ^ kCrcOfByte[(remainder ^ static_cast<unsigned char>(byte)) & 0xFFU];
    }
    return ~remainder;
}

void writeChecksum(std::string_view body, std::span<char, kChecksumDigits> digits) {
    std::uint32_t checksum = crc32(body);
    for (std::size_t at = kChecksumDigits; at-- > 0;) {
        digits[at] = kAlphabet[checksum % kAlphabet.size()];
        checksum /= static_cast<std::uint32_t>(kAlphabet.size());
    }
}

void fillRandom(std::span<unsigned char> bytes) {
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
        throw std::runtime_error("no random bytes available");
    }
}

/// Every character equally likely: a byte beyond the last whole multiple of 62 is drawn again.
char randomCharacter() {
    constexpr unsigned kFair = 256 - 256 % kAlphabet.size();
    std::array<unsigned char, 1> byte{};
    do {
        fillRandom(byte);
    } while (byte[0] >= kFair);
    return kAlphabet[byte[0] % kAlphabet.size()];
}

/// The bytes as one big-endian number in base 62; leaves `number` zero.
void writeNumber(std::span<unsigned char> number, std::span<char> digits) {
    for (std::size_t at = digits.size(); at-- > 0;) {
        unsigned remainder = 0;
        for (unsigned char& byte : number) {
            const unsigned value = remainder * 256U + byte;
            byte = static_cast<unsigned char>(value / kAlphabet.size());
            remainder = static_cast<unsigned>(value % kAlphabet.size());
        }
        digits[at] = kAlphabet[remainder];
    }
}

bool isBase62(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

}  // namespace

void CredentialHasher::FreeKeyed::operator()(evp_mac_ctx_st* context) const noexcept {
    EVP_MAC_CTX_free(context);
}

CredentialHasher::CredentialHasher(const Secret& hmac_key) {
    const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free};
    keyed_.reset(EVP_MAC_CTX_new(hmac.get()));  // takes its own share of the algorithm
    std::string digest = "SHA256";
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
        OSSL_PARAM_construct_end()};
    const std::string_view key = hmac_key.expose();
    const auto* key_bytes = reinterpret_cast<const unsigned char*>(key.data());
    if (!keyed_ || EVP_MAC_init(keyed_.get(), key_bytes, key.size(), parameters.data()) != 1) {
        throw std::runtime_error("HMAC-SHA-256 is not available");
    }
}

CredentialHash CredentialHasher::hash(std::string_view credential) const {
    CredentialHash digest{};
    std::size_t size = 0;
    const std::unique_ptr<evp_mac_ctx_st, FreeKeyed> mac{EVP_MAC_CTX_dup(keyed_.get())};
    const auto* text = reinterpret_cast<const unsigned char*>(credential.data());
    if (!mac || EVP_MAC_update(mac.get(), text, credential.size()) != 1 ||
        EVP_MAC_final(mac.get(), digest.data(), &size, digest.size()) != 1 || size != digest.size()) {
        throw std::runtime_error("HMAC-SHA-256 failed");
    }
    return digest;
}

bool CredentialHasher::matches(std::string_view credential, const CredentialHash& stored) const {
    const CredentialHash given = hash(credential);
    return CRYPTO_memcmp(given.data(), stored.data(), stored.size()) == 0;
}

MintedCredential mintCredential(CredentialKind kind) {
    std::array<char, kTextSize> text{};
    const std::span<char, kTextSize> characters{text};
    std::ranges::copy(prefixOf(kind), text.begin());
    std::ranges::generate(characters.subspan(kPrefixSize, kLookupSize - kPrefixSize), randomCharacter);
    text[kLookupSize] = '_';

    std::array<unsigned char, kSecretBytes> secret{};
    fillRandom(secret);
    writeNumber(secret, characters.subspan(kLookupSize + 1, kSecretDigits));
    writeChecksum({text.data(), kBodySize}, characters.last<kChecksumDigits>());

    MintedCredential minted{std::string(text.data(), kLookupSize), Secret{{text.data(), text.size()}}};
    OPENSSL_cleanse(text.data(), text.size());
    return minted;
}

std::optional<std::string> credentialLookup(CredentialKind kind, std::string_view text) {
    if (text.size() != kTextSize || !text.starts_with(prefixOf(kind)) || text[kLookupSize] != '_') return std::nullopt;
    if (!isBase62(text.substr(kPrefixSize, kLookupSize - kPrefixSize)) || !isBase62(text.substr(kLookupSize + 1))) {
        return std::nullopt;
    }
    std::array<char, kChecksumDigits> checksum{};
    writeChecksum(text.substr(0, kBodySize), checksum);
    if (text.substr(kBodySize) != std::string_view{checksum.data(), checksum.size()}) return std::nullopt;
    return std::string{text.substr(0, kLookupSize)};
}

}  // namespace tenants
