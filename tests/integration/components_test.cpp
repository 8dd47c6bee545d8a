#include <gtest/gtest.h>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

/// Two third-party platforms in one installation, and one WeChat account that is authorized to both.
namespace integration {
namespace {

const std::string kSecondAppid = "wx5c0ffee5c0ffee02";

InstallationOptions withTwoComponents() {
    InstallationOptions options;
    options.gateway = {{"further_components", "second"},
                       {"component.second.appid", kSecondAppid},
                       {"component.second.secret", "secret-of-the-second"},
                       {"component.second.push_token", "token-of-the-second"},
                       {"component.second.encoding_aes_key", "secondAesKeyAbcdefghijklmnopqrstuvwxyz01234"}};
    options.sandbox = {{"component.2.appid", kSecondAppid},
                       {"component.2.secret", "secret-of-the-second"},
                       {"component.2.push_token", "token-of-the-second"},
                       {"component.2.encoding_aes_key", "secondAesKeyAbcdefghijklmnopqrstuvwxyz01234"}};
    return options;
}

class Components : public testing::Test {
protected:
    Components() : installation_(withTwoComponents()) {
        installation_.sandbox().call("PATCH", "/component?component=" + kSecondAppid,
                                     "{\"events_url\":" + jsonText(installation_.publicUrl() + "/wechat/events") + "}");
        installation_.sandbox().scriptAnswer(licenceAnswer("京C00001"));
        account_ = installation_.sandbox().createAuthorizer();
        installation_.sandbox().changeAuthorizer(account_, R"({"day_free":1000})");
    }

    /// A merchant of that platform whom the one account authorizes. `fields`: more members for its creation.
    Merchant onboard(const std::string& name, const std::string& fields) {
        Merchant merchant;
        merchant.id = installation_.admin().createMerchant(name, fields);
        merchant.appid = account_;
        HttpClient browser;
        const std::string link = installation_.admin().createLink(merchant.id);
        const HttpAnswer landed = browser.send({.url = installation_.sandbox().consent(account_, link)});
        EXPECT_EQ(landed.status, 200) << landed.body;
        EXPECT_TRUE(installation_.becomesState(merchant.id, "active"));
        merchant.key = installation_.admin().createKey(merchant.id);
        return merchant;
    }
    Merchant onboardFirst() { return onboard("First", R"("day_limit":100)"); }
    Merchant onboardSecond() { return onboard("Second", R"("day_limit":100,"component":")" + kSecondAppid + "\""); }
    std::optional<std::int64_t> scan(const Merchant& merchant, int number) {
        return installation_.clientOf(merchant.key.text).scan(picture(number)).errcode;
    }

    Installation installation_;
    std::string account_;
};

TEST_F(Components, MerchantsOfBothScanUnderTheirOwnTokens) {
    const Merchant first = onboardFirst();
    const Merchant second = onboardSecond();

    EXPECT_EQ(scan(first, 1), 0);
    EXPECT_EQ(scan(second, 2), 0);

    const auto calls = installation_.sandbox().call("GET", "/calls?path=/cv/ocr/driving").at("calls");
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls.at(0).at("appid").text(), calls.at(1).at("appid").text());
    EXPECT_NE(calls.at(0).at("token_fingerprint").text(), calls.at(1).at("token_fingerprint").text());
    EXPECT_EQ(installation_.admin().entries(first.id).size(), 1U);
    EXPECT_EQ(installation_.admin().entries(second.id).size(), 1U);
    EXPECT_EQ(installation_.admin().merchant(second.id).at("component").text(), kSecondAppid);
}

TEST_F(Components, WithdrawalFromOneLeavesTheOther) {
    const Merchant first = onboardFirst();
    const Merchant second = onboardSecond();

    installation_.sandbox().call("POST", "/authorizers/" + account_ + ":withdraw?component=" + kSecondAppid, "{}");

    ASSERT_TRUE(installation_.becomesState(second.id, "unauthorized"));
    EXPECT_EQ(scan(second, 1), 61003);
    EXPECT_EQ(scan(first, 2), 0);
    EXPECT_EQ(installation_.admin().merchant(first.id).at("state").text(), "active");
}

TEST_F(Components, BothOutliveARestartAndShowTheirTickets) {
    const Merchant first = onboardFirst();
    const Merchant second = onboardSecond();

    ASSERT_EQ(installation_.stopGateway(), 0);
    installation_.startGateway();

    EXPECT_EQ(scan(first, 1), 0);
    EXPECT_EQ(scan(second, 2), 0);
    const Json components = installation_.admin().call("GET", "/components").at("components");
    ASSERT_EQ(components.size(), 2U);
    EXPECT_EQ(components.at(0).at("appid").text(), kComponentAppid);
    EXPECT_EQ(components.at(1).at("appid").text(), kSecondAppid);
    EXPECT_FALSE(components.at(1).at("ticket_at").isNull());
}

TEST_F(Components, MerchantOfNoPlatformOfOursIsRefused) {
    const auto refused = installation_.admin().send("POST", "/merchants", R"({"name":"x","component":"wxnobody"})");

    EXPECT_EQ(refused.status, 400) << refused.body;
    EXPECT_NE(refused.body.find("component"), std::string::npos) << refused.body;
}

}  // namespace
}  // namespace integration
