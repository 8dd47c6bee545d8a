#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/secret.h"

namespace gateway::wechat {

/// What we and WeChat share to sign and encrypt pushes, as typed into the platform's console.
struct PushKeys {
    std::string push_token;        // "message verification token"
    std::string encoding_aes_key;  // 43 Base64 characters without their padding
    std::string component_appid;   // stands at the end of every plaintext, of messages to authorizers too
};

/// A push as it travels: the text of <Encrypt> and the two signatures of its query.
struct SealedPush {
    std::string encrypted_base64;
    std::string msg_signature;  // over the body; the one that counts
    std::string signature;      // over token, timestamp and nonce only: protects no body
};

/// True if `encoding_aes_key` decodes to a 256-bit key. The two surplus bits of its last character may be set: keys
/// typed by hand have them. For the check at start-up, since openPush would only ever refuse.
bool isEncodingAesKey(std::string_view encoding_aes_key);

/// Encrypts and signs one message as WeChat does. `timestamp` and `nonce` are the texts that go into the query.
/// Throws std::invalid_argument if the AES key is malformed or `random16` is not 16 bytes. Any thread.
SealedPush sealPush(const PushKeys& keys, std::string_view message_xml, std::string_view timestamp,
                    std::string_view nonce, std::string_view random16);

/// The message of a push, or nothing: a wrong signature, a malformed block and a foreign appid look the same to the
/// caller. The signature is compared in constant time, over the exact text of <Encrypt>, before anything is
/// decrypted; white space in that text is skipped for decoding only. Tries the current EncodingAESKey, then the one
/// before it, since WeChat goes on with the old key for a while after a change. Any thread.
/// Source: third-party platform page "Message encryption".
std::optional<tenants::Secret> openPush(const PushKeys& current,
                                        const std::optional<std::string>& previous_encoding_aes_key,
                                        std::string_view msg_signature, std::string_view timestamp,
                                        std::string_view nonce, std::string_view encrypted_base64);

}  // namespace gateway::wechat
