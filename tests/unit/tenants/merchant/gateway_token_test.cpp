#include "tenants/merchant/gateway_token.h"

#include <gtest/gtest.h>

#include <regex>
#include <stdexcept>

#include "tests/support/fake_clock.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;

class GatewayTokenTest : public ::testing::Test {
protected:
    std::string text() const { return std::string{tokens_.write(token_).expose()}; }
    bool isRead(std::string_view text) const { return tokens_.read(text, now_).has_value(); }

    const UtcTime now_ = test_support::beijingNoon();
    const GatewayTokens tokens_{Secret{"a key of the key ring, 32 bytes.."}};
    GatewayToken token_{"tgk_0123456789Az", MerchantId{"mer_01J9Z3"}, now_, now_ + 2h, "01ABCDEFGHJKMNPQRSTVWXYZ00"};
};

TEST_F(GatewayTokenTest, WhatWasWrittenIsReadUntilItExpires) {
    const auto read = tokens_.read(text(), token_.expires_at - 1ms);

    ASSERT_TRUE(read);
    EXPECT_EQ(read->key_lookup, token_.key_lookup);
    EXPECT_EQ(read->merchant, token_.merchant);
    EXPECT_EQ(read->issued_at, token_.issued_at);
    EXPECT_EQ(read->expires_at, token_.expires_at);
    EXPECT_EQ(read->id, token_.id);
    EXPECT_FALSE(tokens_.read(text(), token_.expires_at));
}

TEST_F(GatewayTokenTest, HasTheFormThatALeakScannerFindsAndAUrlCarriesAsItIs) {
    token_.merchant = MerchantId{"mer_" + std::string(60, 'x')};

    EXPECT_TRUE(std::regex_match(
        text(),
        std::regex{R"(tgt_1\.[0-9A-Za-z]{12}\.[0-9A-Za-z_]{1,64}\.[0-9]+\.[0-9]+\.[0-9A-Za-z]{1,26}\.[0-9a-f]{64})"}));
    EXPECT_LT(text().size(), 256U);
    EXPECT_TRUE(GatewayTokens::isOne(text()));
    EXPECT_TRUE(isRead(text()));
}

TEST_F(GatewayTokenTest, SameClaimsGiveTheSameText) {
    EXPECT_EQ(text(), text());
}

TEST_F(GatewayTokenTest, EachChangedRemovedOrAddedCharacterIsRefused) {
    const std::string good = text();
    ASSERT_TRUE(isRead(good));
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const char other : {'0', 'z', 'A', '_', '.', '\0', ' '}) {
            std::string changed = good;
            changed[at] = other;
            EXPECT_EQ(isRead(changed), changed == good) << at << " " << other;
        }
        std::string removed = good;
        removed.erase(at, 1);
        EXPECT_FALSE(isRead(removed)) << at;
        std::string added = good;
        added.insert(at, 1, '0');
        EXPECT_FALSE(isRead(added)) << at;
    }
    EXPECT_FALSE(isRead(good + "0"));
    EXPECT_FALSE(isRead(good + "."));
}

TEST_F(GatewayTokenTest, EveryCutAndEveryShortTextIsRefused) {
    const std::string good = text();
    for (std::size_t bytes = 0; bytes < good.size(); ++bytes) EXPECT_FALSE(isRead(good.substr(0, bytes))) << bytes;
    for (const char* other : {"", "tgt_", "tgt_1.", "tgt_1......", "tgt_2.x", "x"})
        EXPECT_FALSE(isRead(other)) << other;
    EXPECT_FALSE(isRead("tgt_1." + std::string(100'000, '.')));
}

TEST_F(GatewayTokenTest, TokenOfAnotherKeyRingIsRefused) {
    const GatewayTokens others{Secret{"a key of another ring, 32 bytes.."}};

    EXPECT_FALSE(isRead(others.write(token_).expose()));
}

TEST_F(GatewayTokenTest, UpperCaseMacIsAnotherText) {
    std::string upper = text();
    for (std::size_t at = upper.size() - 64; at < upper.size(); ++at) {
        if (upper[at] >= 'a') upper[at] = static_cast<char>(upper[at] - 'a' + 'A');
    }

    EXPECT_FALSE(isRead(upper));
}

TEST_F(GatewayTokenTest, ClaimsThatCouldBeReadOtherwiseAreNotWritten) {
    const auto refused = [this](const GatewayToken& token) {
        EXPECT_THROW(static_cast<void>(tokens_.write(token)), std::logic_error);
    };
    for (const char* lookup : {"", "tgk_", "tga_0123456789Az", "tgk_0123456789A.", "tgk_0123456789Azz"}) {
        GatewayToken token = token_;
        token.key_lookup = lookup;
        refused(token);
    }
    for (const std::string& merchant : {std::string{}, std::string{"mer.1"}, std::string(65, 'm')}) {
        GatewayToken token = token_;
        token.merchant = MerchantId{merchant};
        refused(token);
    }
    GatewayToken ended = token_;
    ended.expires_at = ended.issued_at;
    refused(ended);
    for (const std::string& id : {std::string{}, std::string{"a.b"}, std::string(27, 'x')}) {
        GatewayToken token = token_;
        token.id = id;
        refused(token);
    }
}

}  // namespace
}  // namespace tenants
