#include "tests/support/push_blocks.h"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <vector>

#include <openssl/evp.h>

namespace test_support {

using gateway::wechat::PushKeys;
using gateway::wechat::SealedPush;

std::string PushBlock::bytes() const {
    std::string block = random;
    for (const unsigned int shift : {24U, 16U, 8U, 0U}) block += static_cast<char>((length_field >> shift) & 0xFFU);
    return block + message + appid + std::string(pad_bytes, static_cast<char>(pad_value));
}

PushBlock honestBlock(const std::string& message, const std::string& appid) {
    PushBlock block{.message = message, .appid = appid, .length_field = static_cast<std::uint32_t>(message.size())};
    block.pad_bytes = 32 - block.bytes().size() % 32;
    block.pad_value = static_cast<unsigned char>(block.pad_bytes);
    return block;
}

PushBlock paddedBlock(std::string message, const std::string& appid, std::size_t pad) {
    const std::size_t fixed_bytes = 16 + 4 + message.size() + appid.size() + pad;
    message += std::string(16 - fixed_bytes % 16, 'm');
    PushBlock block{.message = message, .appid = appid, .length_field = static_cast<std::uint32_t>(message.size())};
    block.pad_bytes = pad;
    block.pad_value = static_cast<unsigned char>(pad);
    return block;
}

std::string signPush(const PushKeys& keys, const std::string& timestamp, const std::string& nonce,
                     const std::string& encrypted) {
    std::vector<std::string> parts{keys.push_token, timestamp, nonce, encrypted};
    std::sort(parts.begin(), parts.end());
    const std::string joined = parts[0] + parts[1] + parts[2] + parts[3];
    std::array<unsigned char, 20> digest{};
    if (EVP_Digest(joined.data(), joined.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
        throw std::runtime_error("no SHA-1");
    }
    std::string hex;
    for (const unsigned char byte : digest) {
        hex += "0123456789abcdef"[byte >> 4U];
        hex += "0123456789abcdef"[byte & 15U];
    }
    return hex;
}

SealedPush sealBlock(const PushKeys& keys, const std::string& block, const std::string& timestamp,
                     const std::string& nonce) {
    std::string key(33, '\0');
    const std::string encoded_key = keys.encoding_aes_key + "=";
    EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()),
                    reinterpret_cast<const unsigned char*>(encoded_key.data()), static_cast<int>(encoded_key.size()));
    const auto* key_bytes = reinterpret_cast<const unsigned char*>(key.data());
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context{EVP_CIPHER_CTX_new(),
                                                                                  &EVP_CIPHER_CTX_free};
    std::vector<unsigned char> encrypted(block.size() + 16);
    int size = 0;
    const bool done =
        EVP_EncryptInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, key_bytes, key_bytes) == 1 &&
        EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
        EVP_EncryptUpdate(context.get(), encrypted.data(), &size, reinterpret_cast<const unsigned char*>(block.data()),
                          static_cast<int>(block.size())) == 1;
    if (!done) throw std::runtime_error("cannot encrypt a test's block");
    std::vector<unsigned char> text(encrypted.size() * 2);
    const int text_size = EVP_EncodeBlock(text.data(), encrypted.data(), size);
    const std::string base64(text.begin(), text.begin() + text_size);
    return {base64, signPush(keys, timestamp, nonce, base64), {}};
}

}  // namespace test_support
