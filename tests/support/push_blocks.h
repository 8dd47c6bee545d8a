#pragma once

#include <cstdint>
#include <string>

#include "gateway/wechat/push_crypto.h"

namespace test_support {

/// The plaintext block of a push, part by part, so that blocks no honest sender makes can be made.
struct PushBlock {
    std::string random = "0123456789abcdef";
    std::string message;
    std::string appid;
    std::uint32_t length_field = 0;  // of an honest sender: the message's bytes
    std::size_t pad_bytes = 0;
    unsigned char pad_value = 0;  // of an honest sender: the number of bytes

    std::string bytes() const;
};

/// The block that WeChat would make.
PushBlock honestBlock(const std::string& message, const std::string& appid);

/// Such a block whose pad has this many bytes of this value; the message grows by 'm's to whole cipher blocks.
PushBlock paddedBlock(std::string message, const std::string& appid, std::size_t pad);

/// Lower-case hex SHA-1 as WeChat signs.
std::string signPush(const gateway::wechat::PushKeys& keys, const std::string& timestamp, const std::string& nonce,
                     const std::string& encrypted);

/// Encrypts and signs `block`, which must be whole cipher blocks, whatever is in it.
gateway::wechat::SealedPush sealBlock(const gateway::wechat::PushKeys& keys, const std::string& block,
                                      const std::string& timestamp, const std::string& nonce);

}  // namespace test_support
