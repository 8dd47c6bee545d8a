#include "gateway/wechat/push_crypto.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gtest/gtest.h>

#include "tests/support/push_blocks.h"

namespace gateway::wechat {
namespace {

using test_support::honestBlock;
using test_support::paddedBlock;
using test_support::PushBlock;

struct Vector {
    std::string name;
    PushKeys keys;
    std::string timestamp;
    std::string nonce;
    std::string random;
    std::string appid_suffix;
    std::string plaintext;
    std::string ciphertext;
    std::string msg_signature;
    bool accepted = false;
};

std::vector<Vector> readVectors() {
    std::ifstream file{TOLLGATE_TEST_DATA "/wechat-push-vectors.json"};
    if (!file) throw std::runtime_error("push vectors are missing");
    const auto document = Poco::JSON::Parser{}.parse(file).extract<Poco::JSON::Object::Ptr>();
    std::vector<Vector> vectors;
    for (const auto& element : *document->getArray("vectors")) {
        const auto entry = element.extract<Poco::JSON::Object::Ptr>();
        const auto text = [&entry](const std::string& name) {
            return entry->isNull(name) ? std::string{} : entry->getValue<std::string>(name);
        };
        vectors.push_back({text("name"),
                           {document->getValue<std::string>("push_token"), text("encoding_aes_key"),
                            document->getValue<std::string>("component_appid")},
                           text("timestamp"),
                           text("nonce"),
                           text("random"),
                           text("appid_suffix"),
                           text("plaintext"),
                           text("ciphertext"),
                           text("msg_signature"),
                           text("expect") == "accept"});
    }
    return vectors;
}

std::optional<tenants::Secret> open(const Vector& vector) {
    return openPush(vector.keys, std::nullopt, vector.msg_signature, vector.timestamp, vector.nonce, vector.ciphertext);
}

const PushKeys kKeys{"GwPushToken01", "Gk7wQ2mZ9xT4bN6vR1cY8sJ5hL3pD0fA7eU2iO4qW8k", "wxc0a1b2c3d4e5f607"};
const PushKeys kOtherKeys{"GwPushToken01", "q7Xc3VbN9mKfT2sRw8LzYp4JhDgA6uEo1iC5nMtBvZd", "wxc0a1b2c3d4e5f607"};
const std::string kTimestamp = "1717747201";
const std::string kNonce = "1320562132";
const std::string kRandom = "0123456789abcdef";
const std::string kMessage = "<xml><InfoType>unauthorized</InfoType></xml>";

std::string sign(const PushKeys& keys, const std::string& encrypted) {
    return test_support::signPush(keys, kTimestamp, kNonce, encrypted);
}

SealedPush sealBlock(const PushKeys& keys, const PushBlock& block) {
    return test_support::sealBlock(keys, block.bytes(), kTimestamp, kNonce);
}

/// Honest but for its length field.
PushBlock blockWithLength(std::uint32_t length_field) {
    PushBlock block = honestBlock(kMessage, kKeys.component_appid);
    block.length_field = length_field;
    return block;
}

std::optional<tenants::Secret> open(const PushKeys& keys, const SealedPush& sealed) {
    return openPush(keys, std::nullopt, sealed.msg_signature, kTimestamp, kNonce, sealed.encrypted_base64);
}

TEST(PushCrypto, EveryPublishedVectorBehavesAsItSays) {
    const auto vectors = readVectors();
    ASSERT_EQ(vectors.size(), 6U);

    for (const Vector& vector : vectors) {
        const auto message = open(vector);

        EXPECT_EQ(message.has_value(), vector.accepted) << vector.name;
        if (message && vector.accepted) {
            EXPECT_EQ(message->expose(), vector.plaintext) << vector.name;
        }
    }
}

TEST(PushCrypto, SealingRepeatsEveryAcceptedVectorExactly) {
    for (const Vector& vector : readVectors()) {
        if (!vector.accepted) continue;

        const SealedPush sealed =
            sealPush(vector.keys, vector.plaintext, vector.timestamp, vector.nonce, vector.random);

        EXPECT_EQ(sealed.encrypted_base64, vector.ciphertext) << vector.name;
        EXPECT_EQ(sealed.msg_signature, vector.msg_signature) << vector.name;
    }
}

TEST(PushCrypto, PlainSignatureCoversTokenTimeAndNonceOnly) {
    const SealedPush sealed = sealPush(kKeys, kMessage, kTimestamp, kNonce, kRandom);

    EXPECT_EQ(sealed.signature, "7f4b6919265d2a1fd2b35ef98b9021efb18dbd57");
}

TEST(PushCrypto, PlainSignatureDoesNotStandInForTheMessageSignature) {
    const SealedPush sealed = sealPush(kKeys, kMessage, kTimestamp, kNonce, kRandom);

    EXPECT_FALSE(openPush(kKeys, std::nullopt, sealed.signature, kTimestamp, kNonce, sealed.encrypted_base64));
}

TEST(PushCrypto, AnyChangedByteOfTheSignatureIsRefused) {
    for (const Vector& vector : readVectors()) {
        for (std::size_t at = 0; at < vector.msg_signature.size(); ++at) {
            Vector forged = vector;
            forged.msg_signature[at] = static_cast<char>(forged.msg_signature[at] ^ 1);

            EXPECT_FALSE(open(forged)) << vector.name << " at " << at;
        }
    }
}

TEST(PushCrypto, AnyChangedByteOfTheCiphertextIsRefused) {
    for (const Vector& vector : readVectors()) {
        if (!vector.accepted) continue;
        for (std::size_t at = 0; at < vector.ciphertext.size(); ++at) {
            Vector forged = vector;
            forged.ciphertext[at] = static_cast<char>(forged.ciphertext[at] ^ 1);

            EXPECT_FALSE(open(forged)) << vector.name << " at " << at;
        }
    }
}

TEST(PushCrypto, SignatureOfAnotherLengthOrCaseIsRefused) {
    const SealedPush sealed = sealPush(kKeys, kMessage, kTimestamp, kNonce, kRandom);
    std::string upper = sealed.msg_signature;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char character) {
        return static_cast<char>(character >= 'a' ? character - 'a' + 'A' : character);
    });

    for (const std::string& signature :
         {std::string{}, sealed.msg_signature.substr(1), sealed.msg_signature + "0", upper})
        EXPECT_FALSE(openPush(kKeys, std::nullopt, signature, kTimestamp, kNonce, sealed.encrypted_base64))
            << signature;
}

TEST(PushCrypto, AnotherTimeOrNonceIsRefused) {
    const SealedPush sealed = sealPush(kKeys, kMessage, kTimestamp, kNonce, kRandom);

    EXPECT_FALSE(openPush(kKeys, std::nullopt, sealed.msg_signature, "1717747202", kNonce, sealed.encrypted_base64));
    EXPECT_FALSE(openPush(kKeys, std::nullopt, sealed.msg_signature, kTimestamp, "1", sealed.encrypted_base64));
}

TEST(PushCrypto, EveryMessageLengthRoundTripsThroughEveryPad) {
    for (std::size_t size = 0; size < 70; ++size) {
        const std::string message(size, 'm');

        const auto opened = open(kKeys, sealPush(kKeys, message, kTimestamp, kNonce, kRandom));

        ASSERT_TRUE(opened) << size;
        EXPECT_EQ(opened->expose(), message) << size;
    }
}

TEST(PushCrypto, PadIsAcceptedFromOneToThirtyTwoOnly) {
    for (std::size_t pad = 1; pad <= 255; ++pad) {
        const auto opened = open(kKeys, sealBlock(kKeys, paddedBlock("", kKeys.component_appid, pad)));

        EXPECT_EQ(opened.has_value(), pad <= 32) << pad;
    }
}

TEST(PushCrypto, PadOfZeroIsRefused) {
    const PushKeys keys{kKeys.push_token, kKeys.encoding_aes_key,
                        std::string("wx\0", 3)};  // ends as a pad of none would
    ASSERT_TRUE(open(keys, sealBlock(keys, paddedBlock("", keys.component_appid, 1))));

    EXPECT_FALSE(open(keys, sealBlock(keys, paddedBlock("", keys.component_appid, 0))));
}

TEST(PushCrypto, PadOfUnequalBytesIsRefused) {
    std::string block = honestBlock(kMessage, kKeys.component_appid).bytes();
    ASSERT_TRUE(open(kKeys, test_support::sealBlock(kKeys, block, kTimestamp, kNonce)));
    ASSERT_GT(block.back(), 1);

    block[block.size() - 2] = static_cast<char>(block[block.size() - 2] ^ 1);

    EXPECT_FALSE(open(kKeys, test_support::sealBlock(kKeys, block, kTimestamp, kNonce)));
}

TEST(PushCrypto, WrongLengthFieldIsRefused) {
    const auto right = static_cast<std::uint32_t>(kMessage.size());
    ASSERT_TRUE(open(kKeys, sealBlock(kKeys, blockWithLength(right))));

    for (const std::uint32_t wrong : {right - 1, right + 1, 0U, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU, 0xFFFFFFECU})
        EXPECT_FALSE(open(kKeys, sealBlock(kKeys, blockWithLength(wrong)))) << wrong;
}

TEST(PushCrypto, BlockTooShortForItsHeadIsRefused) {
    for (const std::string& block :
         {std::string(16, '\x10'), std::string(16, 'r') + std::string(16, '\x10'), std::string(32, '\x20')})
        EXPECT_FALSE(open(kKeys, test_support::sealBlock(kKeys, block, kTimestamp, kNonce)));
}

TEST(PushCrypto, SignedTextThatIsNotWholeCipherBlocksIsRefused) {
    for (const std::string& encrypted :
         {std::string{}, std::string{"="}, std::string{"===="}, std::string{"AAAA"}, std::string{"A===AAAA"},
          std::string{"AA=A"}, std::string{"\xFF\xFF\xFF\xFF"}, std::string(20, 'A'), std::string(63, 'A')}) {
        const std::string signature = sign(kKeys, encrypted);

        EXPECT_FALSE(openPush(kKeys, std::nullopt, signature, kTimestamp, kNonce, encrypted)) << encrypted;
    }
}

TEST(PushCrypto, PreviousKeyOpensWhatTheCurrentOneDoesNot) {
    const SealedPush sealed = sealPush(kOtherKeys, kMessage, kTimestamp, kNonce, kRandom);

    EXPECT_FALSE(openPush(kKeys, std::nullopt, sealed.msg_signature, kTimestamp, kNonce, sealed.encrypted_base64));
    const auto opened =
        openPush(kKeys, kOtherKeys.encoding_aes_key, sealed.msg_signature, kTimestamp, kNonce, sealed.encrypted_base64);

    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->expose(), kMessage);
}

TEST(PushCrypto, CurrentKeyStillOpensWhileAPreviousOneIsKept) {
    const SealedPush sealed = sealPush(kKeys, kMessage, kTimestamp, kNonce, kRandom);

    EXPECT_TRUE(openPush(kKeys, kOtherKeys.encoding_aes_key, sealed.msg_signature, kTimestamp, kNonce,
                         sealed.encrypted_base64));
}

// Pitfall 1: keys typed by hand have surplus bits that are not zero; vector V2 is sealed with one.
TEST(PushCrypto, KeyWithSurplusBitsIsAKey) {
    EXPECT_TRUE(isEncodingAesKey(kKeys.encoding_aes_key));
    EXPECT_TRUE(isEncodingAesKey(kOtherKeys.encoding_aes_key));
}

TEST(PushCrypto, MalformedKeyIsRefused) {
    for (const std::string& key :
         {std::string{}, kKeys.encoding_aes_key.substr(1), kKeys.encoding_aes_key + "A", kKeys.encoding_aes_key + "=",
          "*" + kKeys.encoding_aes_key.substr(1), kKeys.encoding_aes_key.substr(1) + "="}) {
        const PushKeys keys{kKeys.push_token, key, kKeys.component_appid};

        EXPECT_FALSE(isEncodingAesKey(key)) << key;
        EXPECT_THROW(sealPush(keys, kMessage, kTimestamp, kNonce, kRandom), std::invalid_argument) << key;
    }
}

TEST(PushCrypto, MalformedKeyOpensNothing) {
    const SealedPush sealed = sealPush(kKeys, kMessage, kTimestamp, kNonce, kRandom);
    const PushKeys keys{kKeys.push_token, "short", kKeys.component_appid};

    EXPECT_FALSE(open(keys, sealed));
}

TEST(PushCrypto, SealingNeedsSixteenRandomBytes) {
    EXPECT_THROW(sealPush(kKeys, kMessage, kTimestamp, kNonce, "short"), std::invalid_argument);
}

}  // namespace
}  // namespace gateway::wechat
