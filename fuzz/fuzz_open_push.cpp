// Pushes as they arrive. Nothing that is not signed is opened; what is signed opens to itself or to nothing, whatever
// stands in its block.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "fuzz/fuzz_require.h"
#include "gateway/wechat/push_crypto.h"
#include "tests/support/push_blocks.h"

namespace {

const gateway::wechat::PushKeys kKeys{"GwPushToken01", "Gk7wQ2mZ9xT4bN6vR1cY8sJ5hL3pD0fA7eU2iO4qW8k",
                                      "wxc0a1b2c3d4e5f607"};
const std::string kOlderKey = "q7Xc3VbN9mKfT2sRw8LzYp4JhDgA6uEo1iC5nMtBvZd";
const std::string kTimestamp = "1717747201";
const std::string kNonce = "42";

bool opens(const std::string& signature, const std::string& encrypted) {
    return gateway::wechat::openPush(kKeys, kOlderKey, signature, kTimestamp, kNonce, encrypted).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    // As a signature and as a ciphertext that nobody signed.
    const auto honest = gateway::wechat::sealPush(kKeys, "<xml/>", kTimestamp, kNonce, "0123456789abcdef");
    fuzz::require(text == honest.msg_signature || !opens(text, honest.encrypted_base64));
    fuzz::require(text == honest.encrypted_base64 || !opens(honest.msg_signature, text));

    // As a text that was signed, and as a block that was encrypted and signed.
    (void)opens(test_support::signPush(kKeys, kTimestamp, kNonce, text), text);
    const std::string block = text + std::string((16 - text.size() % 16) % 16, '\x01');
    if (!block.empty()) {
        const auto sealed = test_support::sealBlock(kKeys, block, kTimestamp, kNonce);
        (void)opens(sealed.msg_signature, sealed.encrypted_base64);
    }

    // As a message: it comes back as it was.
    const auto sealed = gateway::wechat::sealPush(kKeys, text, kTimestamp, kNonce, "0123456789abcdef");
    const auto opened = gateway::wechat::openPush(kKeys, std::nullopt, sealed.msg_signature, kTimestamp, kNonce,
                                                  sealed.encrypted_base64);
    fuzz::require(opened && opened->expose() == text);
    return 0;
}
