#include "gateway/api/base64.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cctype>
#include <string>

namespace gateway::api {
namespace {

std::optional<std::string> decoded(const std::string& text) {
    std::string bytes(base64BytesMax(text.size()) + 1, '#');
    const auto size = decodeBase64(text, bytes.data());
    EXPECT_EQ(bytes.back(), '#') << "written beyond the end";
    if (!size) return std::nullopt;
    return bytes.substr(0, *size);
}

std::string encoded(const std::string& bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int written =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(written));
    return text;
}

TEST(Base64, VectorsOfRfc4648AreDecoded) {
    EXPECT_EQ(decoded(""), "");
    EXPECT_EQ(decoded("Zg=="), "f");
    EXPECT_EQ(decoded("Zm8="), "fo");
    EXPECT_EQ(decoded("Zm9v"), "foo");
    EXPECT_EQ(decoded("Zm9vYg=="), "foob");
    EXPECT_EQ(decoded("Zm9vYmE="), "fooba");
    EXPECT_EQ(decoded("Zm9vYmFy"), "foobar");
}

TEST(Base64, EveryByteOfEveryLengthIsWhatAnotherEncoderMeant) {
    std::string bytes;
    for (int value = 0; value < 300; ++value) {
        EXPECT_EQ(decoded(encoded(bytes)), bytes) << bytes.size();
        bytes += static_cast<char>(value * 7);
    }
}

TEST(Base64, DecodesInItsOwnPlace) {
    const std::string bytes(10'000, '\xA5');
    std::string text = encoded(bytes);

    const auto size = decodeBase64(text, text.data());

    ASSERT_TRUE(size);
    EXPECT_EQ(text.substr(0, *size), bytes);
}

TEST(Base64, AnythingElseIsRefused) {
    const std::string refused[] = {"Z",
                                   "Zg",
                                   "Zg=",
                                   "Zg===",
                                   "=",
                                   "====",
                                   "Z===",
                                   "Zm9v=",
                                   "Zg==Zg==",
                                   "Zg=v",
                                   "Zm=v",
                                   "=Zm9",
                                   "Zm9\n",
                                   "Zm9v\r\n",
                                   " Zm9v",
                                   "Zm9vZm9-",
                                   "Zm9vZm9_",
                                   "Zm9vZm\xC3\xA9",
                                   "Zh==",
                                   "Zm9=",
                                   "Zm9vYmF=",
                                   "Zm9v====",
                                   "data:image/jpeg;base64,Zm9v",
                                   std::string{"Zm\0v", 4}};
    for (const std::string& text : refused) EXPECT_EQ(decoded(text), std::nullopt) << text;
}

TEST(Base64, EachForeignCharacterIsRefusedWhereverItStands) {
    for (std::size_t at = 0; at < 8; ++at) {
        for (int value = 0; value < 256; ++value) {
            std::string text = "Zm9vYmFy";
            text[at] = static_cast<char>(value);
            const bool digit = value < 128 && (std::isalnum(value) != 0 || value == '+' || value == '/');
            EXPECT_EQ(decoded(text).has_value(), digit) << at << " " << value;
        }
    }
}

}  // namespace
}  // namespace gateway::api
