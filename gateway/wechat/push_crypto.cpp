#include "gateway/wechat/push_crypto.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace gateway::wechat {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kEncodedKeyBytes = 43;
constexpr std::size_t kRandomBytes = 16;
constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kHeadBytes = kRandomBytes + kLengthBytes;
constexpr std::size_t kCipherBlockBytes = 16;
constexpr std::size_t kPadBlockBytes = 32;  // WeChat pads to 32 bytes, twice the cipher's own block

using Byte = unsigned char;

/// Key material and plaintext: wiped when it goes.
class WipedBytes {
public:
    WipedBytes() = default;
    explicit WipedBytes(std::size_t size) : bytes_(size) {}
    WipedBytes(WipedBytes&&) noexcept = default;
    WipedBytes& operator=(WipedBytes&&) = delete;
    WipedBytes(const WipedBytes&) = delete;
    WipedBytes& operator=(const WipedBytes&) = delete;
    ~WipedBytes() {
        if (!bytes_.empty()) OPENSSL_cleanse(bytes_.data(), bytes_.size());
    }

    Byte* data() noexcept { return bytes_.data(); }
    const Byte* data() const noexcept { return bytes_.data(); }
    std::size_t size() const noexcept { return bytes_.size(); }
    Byte operator[](std::size_t at) const { return bytes_[at]; }
    std::string_view text() const noexcept { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

private:
    std::vector<Byte> bytes_;  // never grown: growing would leave copies behind
};

const Byte* bytesOf(std::string_view text) {
    return reinterpret_cast<const Byte*>(text.data());
}

bool isBase64Character(char character) {
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
           (character >= '0' && character <= '9') || character == '+' || character == '/';
}

/// Decodes padded standard Base64 of any value in the surplus bits; nothing where a character or the length is wrong.
std::optional<WipedBytes> decodeBase64(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0 || text.size() > std::numeric_limits<int>::max()) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
    if (!std::ranges::all_of(text.substr(0, text.size() - padding), isBase64Character)) return std::nullopt;
    std::vector<Byte> decoded(text.size() / 4 * 3);
    const int size = EVP_DecodeBlock(decoded.data(), bytesOf(text), static_cast<int>(text.size()));
    std::optional<WipedBytes> exact;
    if (size >= 0) {
        exact.emplace(static_cast<std::size_t>(size) - padding);  // OpenSSL counts the padding as zero bytes
        std::copy_n(decoded.begin(), exact->size(), exact->data());
    }
    OPENSSL_cleanse(decoded.data(), decoded.size());
    return exact;
}

std::string encodeBase64(const WipedBytes& bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a NUL
    const int size =
        EVP_EncodeBlock(reinterpret_cast<Byte*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::optional<WipedBytes> decodeKey(std::string_view encoding_aes_key) {
    if (encoding_aes_key.size() != kEncodedKeyBytes) return std::nullopt;
    std::string padded{encoding_aes_key};
    padded += '=';
    auto key = decodeBase64(padded);
    OPENSSL_cleanse(padded.data(), padded.size());
    if (key && key->size() != kKeyBytes) return std::nullopt;
    return key;
}

/// Lower-case hex SHA-1 of the texts, put in order of their bytes and joined.
std::string signTexts(std::initializer_list<std::string_view> texts) {
    std::vector<std::string_view> ordered{texts};
    std::ranges::sort(ordered);
    std::string joined;
    for (const std::string_view text : ordered) joined += text;
    std::array<Byte, EVP_MAX_MD_SIZE> digest{};
    unsigned int digest_bytes = 0;
    const bool digested =
        EVP_Digest(joined.data(), joined.size(), digest.data(), &digest_bytes, EVP_sha1(), nullptr) == 1;
    OPENSSL_cleanse(joined.data(), joined.size());  // the push token is in it
    if (!digested) throw std::runtime_error("cannot compute SHA-1");
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    std::string hex;
    for (unsigned int at = 0; at < digest_bytes; ++at) {
        hex += kHexDigits[digest[at] >> 4U];
        hex += kHexDigits[digest[at] & 0x0FU];
    }
    return hex;
}

enum class Direction : int { kDecrypt = 0, kEncrypt = 1 };

/// AES-256-CBC without padding of its own: OpenSSL's refuses pads above 16. The vector is the key's first half.
/// `input` must be whole cipher blocks.
WipedBytes runCipher(Direction direction, const WipedBytes& key, const WipedBytes& input) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context{EVP_CIPHER_CTX_new(),
                                                                                  &EVP_CIPHER_CTX_free};
    WipedBytes output{input.size()};
    int written = 0;
    int last_written = 0;
    const bool done =
        context != nullptr &&
        EVP_CipherInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, key.data(), key.data(),
                          static_cast<int>(direction)) == 1 &&
        EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
        EVP_CipherUpdate(context.get(), output.data(), &written, input.data(), static_cast<int>(input.size())) == 1 &&
        EVP_CipherFinal_ex(context.get(), output.data() + written, &last_written) == 1;
    if (!done || static_cast<std::size_t>(written) + static_cast<std::size_t>(last_written) != input.size())
        throw std::runtime_error("cannot run AES-256-CBC");
    return output;
}

/// The message inside one decrypted block, if the block is whole and ends with `appid`.
std::optional<tenants::Secret> messageOf(const WipedBytes& block, std::string_view appid) {
    const std::size_t pad = block[block.size() - 1];
    if (pad < 1 || pad > kPadBlockBytes || pad >= block.size()) return std::nullopt;
    const std::string_view padded = block.text();
    const std::string_view text = padded.substr(0, padded.size() - pad);
    const bool pad_is_uniform = std::ranges::all_of(
        padded.substr(text.size()), [pad](char character) { return static_cast<Byte>(character) == pad; });
    if (!pad_is_uniform || text.size() < kHeadBytes) return std::nullopt;
    std::uint32_t message_bytes = 0;
    for (std::size_t at = kRandomBytes; at < kHeadBytes; ++at) message_bytes = (message_bytes << 8U) | block[at];
    const std::string_view rest = text.substr(kHeadBytes);
    if (message_bytes > rest.size()) return std::nullopt;
    if (rest.substr(message_bytes) != appid) return std::nullopt;
    return tenants::Secret{rest.substr(0, message_bytes)};
}

std::optional<tenants::Secret> openWith(std::string_view encoding_aes_key, std::string_view appid,
                                        const WipedBytes& encrypted) {
    const auto key = decodeKey(encoding_aes_key);
    if (!key) return std::nullopt;
    return messageOf(runCipher(Direction::kDecrypt, *key, encrypted), appid);
}

std::string withoutWhiteSpace(std::string_view text) {
    std::string kept;
    kept.reserve(text.size());
    std::ranges::copy_if(text, std::back_inserter(kept), [](char character) {
        return character != ' ' && character != '\t' && character != '\r' && character != '\n';
    });
    return kept;
}

}  // namespace

bool isEncodingAesKey(std::string_view encoding_aes_key) {
    return decodeKey(encoding_aes_key).has_value();
}

SealedPush sealPush(const PushKeys& keys, std::string_view message_xml, std::string_view timestamp,
                    std::string_view nonce, std::string_view random16) {
    const auto key = decodeKey(keys.encoding_aes_key);
    if (!key) throw std::invalid_argument("EncodingAESKey is not 43 characters of Base64");
    if (random16.size() != kRandomBytes) throw std::invalid_argument("a push needs 16 random bytes");
    constexpr std::size_t kMessageBytesMax = 1U << 24U;  // far above any push, far below what OpenSSL's int holds
    if (message_xml.size() > kMessageBytesMax) throw std::invalid_argument("a push this long does not exist");

    const std::size_t text_bytes = kHeadBytes + message_xml.size() + keys.component_appid.size();
    const std::size_t pad = kPadBlockBytes - text_bytes % kPadBlockBytes;
    WipedBytes block{text_bytes + pad};
    Byte* end = std::copy_n(bytesOf(random16), kRandomBytes, block.data());
    for (unsigned int shift = 32; shift > 0; shift -= 8) *end++ = static_cast<Byte>(message_xml.size() >> (shift - 8));
    end = std::copy_n(bytesOf(message_xml), message_xml.size(), end);
    end = std::copy_n(bytesOf(keys.component_appid), keys.component_appid.size(), end);
    std::fill_n(end, pad, static_cast<Byte>(pad));

    SealedPush sealed;
    sealed.encrypted_base64 = encodeBase64(runCipher(Direction::kEncrypt, *key, block));
    sealed.msg_signature = signTexts({keys.push_token, timestamp, nonce, sealed.encrypted_base64});
    sealed.signature = signTexts({keys.push_token, timestamp, nonce});
    return sealed;
}

std::optional<tenants::Secret> openPush(const PushKeys& current,
                                        const std::optional<std::string>& previous_encoding_aes_key,
                                        std::string_view msg_signature, std::string_view timestamp,
                                        std::string_view nonce, std::string_view encrypted_base64) {
    const std::string expected = signTexts({current.push_token, timestamp, nonce, encrypted_base64});
    if (msg_signature.size() != expected.size() ||
        CRYPTO_memcmp(msg_signature.data(), expected.data(), expected.size()) != 0)
        return std::nullopt;

    const auto encrypted = decodeBase64(withoutWhiteSpace(encrypted_base64));
    if (!encrypted || encrypted->size() == 0 || encrypted->size() % kCipherBlockBytes != 0) return std::nullopt;
    auto message = openWith(current.encoding_aes_key, current.component_appid, *encrypted);
    if (!message && previous_encoding_aes_key)
        message = openWith(*previous_encoding_aes_key, current.component_appid, *encrypted);
    return message;
}

}  // namespace gateway::wechat
