#include "tenants/base/ids.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tenants/base/digest.h"

namespace tenants {
namespace {

TEST(RandomIdText, IsUrlSafeAndNeverTheSame) {
    const std::regex form{"req_[0-9A-HJKMNP-TV-Z]{26}"};
    std::set<std::string> texts;
    for (int i = 0; i < 1000; ++i) {
        const std::string text = randomIdText("req_");
        EXPECT_TRUE(std::regex_match(text, form)) << text;
        texts.insert(text);
    }

    EXPECT_EQ(texts.size(), 1000U);
}

TEST(TimedIdText, HasTheSameFormAndSortsByItsTime) {
    const std::regex form{"req_[0-9A-HJKMNP-TV-Z]{26}"};
    std::set<std::string> texts;
    std::string last;
    for (int i = 0; i < 1000; ++i) {
        const UtcTime now{std::chrono::milliseconds{1'795'000'000'000} + std::chrono::milliseconds{i}};
        const std::string text = timedIdText("req_", now);
        EXPECT_TRUE(std::regex_match(text, form)) << text;
        EXPECT_LT(last, text);
        texts.insert(timedIdText("req_", now));
        last = text;
    }

    EXPECT_EQ(texts.size(), 1000U);
    EXPECT_EQ(timedIdText("", UtcTime{std::chrono::milliseconds{1'795'000'000'000}}).substr(0, 10), "01M7Q5CQG0");
}

TEST(TimedIdText, OfOneMomentAreDifferent) {
    const UtcTime now{std::chrono::milliseconds{1'795'000'000'000}};
    std::set<std::string> texts;
    for (int i = 0; i < 1000; ++i) texts.insert(timedIdText("req_", now));

    EXPECT_EQ(texts.size(), 1000U);
}

TEST(Id, ComparesByItsText) {
    EXPECT_EQ(MerchantId{"a"}, MerchantId{"a"});
    EXPECT_LT(MerchantId{"a"}, MerchantId{"b"});
    EXPECT_TRUE(MerchantId{}.empty());
    static_assert(!std::is_convertible_v<MerchantId, RequestId>);
    static_assert(!std::is_convertible_v<std::string, MerchantId>);
}

TEST(Sha256Hex, IsThePublishedDigest) {
    EXPECT_EQ(sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace tenants
