#include "tenants/base/sealing.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <limits>
#include <memory>
#include <vector>

namespace tenants {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kKeyNumberBytes = 4;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kHeadBytes = 1 + kKeyNumberBytes + kNonceBytes;

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytesOf(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytesOf(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

void appendNumber(std::string& bytes, std::uint64_t number, std::size_t width) {
    for (std::size_t left = width; left > 0; --left) {
        bytes.push_back(static_cast<char>((number >> (8 * (left - 1))) & 0xFFU));
    }
}

void appendPart(std::string& bytes, std::string_view part) {
    appendNumber(bytes, part.size(), 4);
    bytes += part;
}

/// What names the field and stays the same over the row's versions.
std::string fieldContext(const SealedPlace& place) {
    std::string context;
    for (const std::string_view part : {place.application, place.table, place.column, place.merchant, place.row}) {
        appendPart(context, part);
    }
    return context;
}

std::string associatedData(const std::string& field_context, const SealedPlace& place, std::uint32_t key_number) {
    std::string data = field_context;
    appendNumber(data, 8, 4);
    appendNumber(data, static_cast<std::uint64_t>(place.row_version), 8);
    appendNumber(data, kKeyNumberBytes, 4);
    appendNumber(data, key_number, kKeyNumberBytes);
    return data;
}

int lengthOf(std::string_view bytes) {
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) - kHeadBytes - kTagBytes) {
        throw std::runtime_error("too long to be sealed");
    }
    return static_cast<int>(bytes.size());
}

const EVP_CIPHER* cipher() {
    // Fetched once: the implicit look-up of EVP_aes_256_gcm costs more than the encryption of a token.
    static const std::unique_ptr<EVP_CIPHER, decltype(&EVP_CIPHER_free)> kCipher{
        EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr), &EVP_CIPHER_free};
    return kCipher.get();
}

[[noreturn]] void throwBroken(const SealedPlace& place, std::string_view reason) {
    throw SealBroken("sealed field " + std::string{place.table} + "." + std::string{place.column} + " of merchant '" +
                     std::string{place.merchant} + "', row version " + std::to_string(place.row_version) +
                     ", does not open: " + std::string{reason});
}

}  // namespace

std::string seal(const KeyRing& ring, const SealedPlace& place, std::string_view plain) {
    const std::string context = fieldContext(place);
    const Secret key = ring.derive(ring.active(), context);
    const std::string data = associatedData(context, place, ring.active());

    std::string sealed{kVersion};
    sealed.reserve(kHeadBytes + plain.size() + kTagBytes);
    appendNumber(sealed, ring.active(), kKeyNumberBytes);
    sealed.resize(kHeadBytes + plain.size() + kTagBytes);
    unsigned char* const nonce = bytesOf(sealed) + 1 + kKeyNumberBytes;
    unsigned char* const content = bytesOf(sealed) + kHeadBytes;
    if (RAND_bytes(nonce, kNonceBytes) != 1) throw std::runtime_error("no random bytes for a nonce");

    const CipherContext work{EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free};
    int written = 0;
    const bool done = work && EVP_EncryptInit_ex2(work.get(), cipher(), bytesOf(key.expose()), nonce, nullptr) == 1 &&
                      EVP_EncryptUpdate(work.get(), nullptr, &written, bytesOf(data), lengthOf(data)) == 1 &&
                      EVP_EncryptUpdate(work.get(), content, &written, bytesOf(plain), lengthOf(plain)) == 1 &&
                      EVP_EncryptFinal_ex(work.get(), content + written, &written) == 1 &&
                      EVP_CIPHER_CTX_ctrl(work.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, content + plain.size()) == 1;
    if (!done) throw std::runtime_error("AES-256-GCM failed");
    return sealed;
}

Secret openSealed(const KeyRing& ring, const SealedPlace& place, std::string_view sealed) {
    if (sealed.size() < kHeadBytes + kTagBytes) throwBroken(place, "too short");
    if (sealed[0] != kVersion) throwBroken(place, "unknown version");
    std::uint32_t key_number = 0;
    for (const char byte : sealed.substr(1, kKeyNumberBytes)) {
        key_number = (key_number << 8U) | static_cast<unsigned char>(byte);
    }
    const std::string context = fieldContext(place);
    const Secret key = [&] {
        try {
            return ring.derive(key_number, context);
        } catch (const KeyRingError& error) {
            throwBroken(place, error.what());
        }
    }();
    const std::string data = associatedData(context, place, key_number);
    const std::string_view nonce = sealed.substr(1 + kKeyNumberBytes, kNonceBytes);
    const std::string_view content = sealed.substr(kHeadBytes, sealed.size() - kHeadBytes - kTagBytes);
    std::array<unsigned char, kTagBytes> tag{};
    sealed.copy(reinterpret_cast<char*>(tag.data()), kTagBytes, sealed.size() - kTagBytes);

    std::vector<unsigned char> plain(content.size() + 1);  // never empty, so that it always has an address
    const CipherContext work{EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free};
    int written = 0;
    const bool opened =
        work && EVP_DecryptInit_ex2(work.get(), cipher(), bytesOf(key.expose()), bytesOf(nonce), nullptr) == 1 &&
        EVP_DecryptUpdate(work.get(), nullptr, &written, bytesOf(data), lengthOf(data)) == 1 &&
        EVP_DecryptUpdate(work.get(), plain.data(), &written, bytesOf(content), lengthOf(content)) == 1 &&
        EVP_CIPHER_CTX_ctrl(work.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(work.get(), plain.data() + written, &written) == 1;
    Secret result{std::string_view{reinterpret_cast<const char*>(plain.data()), opened ? content.size() : 0}};
    OPENSSL_cleanse(plain.data(), plain.size());
    if (!opened) throwBroken(place, "changed or moved");
    return result;
}

}  // namespace tenants
