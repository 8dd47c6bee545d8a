#include "gateway/api/idempotency.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::api {
namespace {

using tenants::ImageBytes;
using tenants::ImageUrl;
using tenants::MerchantId;

tenants::Result<std::optional<std::string>> keyOf(const std::string& value) {
    http::Headers headers;
    headers.add("idempotency-key", value);
    return readIdempotencyKey(headers);
}

TEST(IdempotencyKey, AbsentHeaderIsNoKey) {
    const auto key = readIdempotencyKey({});

    ASSERT_TRUE(key);
    EXPECT_FALSE(key->has_value());
}

TEST(IdempotencyKey, QuotedAndBareFormsAreTheSameKey) {
    EXPECT_EQ(**keyOf("\"2f6d1c0a-7b3e\""), "2f6d1c0a-7b3e");
    EXPECT_EQ(**keyOf("2f6d1c0a-7b3e"), "2f6d1c0a-7b3e");
    EXPECT_EQ(**keyOf(R"("a\"b\\c")"), R"(a"b\c)");
}

TEST(IdempotencyKey, LengthIsOneTo255) {
    EXPECT_TRUE(keyOf(std::string(255, 'k')));
    EXPECT_FALSE(keyOf(std::string(256, 'k')));
    EXPECT_FALSE(keyOf("\"\""));
    EXPECT_FALSE(keyOf(""));
}

TEST(IdempotencyKey, MalformedTextsAreRefused) {
    for (const char* value : {"\"open", "\"a\"b\"", R"("a\x")", "\"a\\\"", "with space", "caf\xC3\xA9", "\""}) {
        const auto key = keyOf(value);
        ASSERT_FALSE(key) << value;
        EXPECT_EQ(key.error().code, tenants::ErrorCode::kInvalidInput);
    }
}

TEST(IdempotencyKey, TwoHeadersAreRefused) {
    http::Headers headers;
    headers.add("Idempotency-Key", "a");
    headers.add("Idempotency-Key", "a");

    const auto key = readIdempotencyKey(headers);

    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, tenants::ErrorCode::kInvalidInput);
    EXPECT_EQ(key.error().for_caller, "Send one Idempotency-Key header, not several.");
}

TEST(Fingerprint, DependsOnRouteMerchantFormAndBytes) {
    const MerchantId merchant{"mer_1"};
    const auto first = fingerprintOf("/cv/ocr/driving", merchant, ImageBytes{"picture", "image/jpeg"});

    EXPECT_EQ(first, fingerprintOf("/cv/ocr/driving", merchant, ImageBytes{"picture", "image/png"}));
    EXPECT_NE(first, fingerprintOf("/cv/ocr/driving", merchant, ImageBytes{"picturf", "image/jpeg"}));
    EXPECT_NE(first, fingerprintOf("/v1/licences:scan", merchant, ImageBytes{"picture", "image/jpeg"}));
    EXPECT_NE(first, fingerprintOf("/cv/ocr/driving", MerchantId{"mer_2"}, ImageBytes{"picture", "image/jpeg"}));
    EXPECT_NE(first, fingerprintOf("/cv/ocr/driving", merchant, ImageUrl{"picture"}));
}

TEST(Fingerprint, TextsCannotBeCutElsewhere) {
    EXPECT_NE(fingerprintOf("ab", MerchantId{"c"}, ImageUrl{"u"}), fingerprintOf("a", MerchantId{"bc"}, ImageUrl{"u"}));
}

}  // namespace
}  // namespace gateway::api
