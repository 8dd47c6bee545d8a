#include <gtest/gtest.h>

#include "tests/support/world.h"

/// Merchants of two third-party platforms in one installation.
namespace test_support {
namespace {

using tenants::ErrorCode;
using tenants::MerchantId;
using tenants::runBlocking;

class ScanPlatforms : public testing::Test {
protected:
    ScanPlatforms() {
        (void)runBlocking(other_.onboarding().receiveTicket(tenants::shareSecret("ticket@@@2"), world_.clock.now()));
        tenants::Merchant added;
        added.id = merchant_;
        added.day_limit = 10;
        added.created_at = world_.clock.now();
        added.component = other_.appid();
        (void)runBlocking(world_.store.merchants.add(added));
        caller_ = *world_.authenticator.authenticate(world_.addKey(merchant_, tenants::KeyId{"key_other"}));
    }

    tenants::Result<tenants::ScanOutput> scanOfTheOther() {
        tenants::ScanInput input = world_.input("req_other");
        input.caller = caller_;
        return runBlocking(scans_.scan(std::move(input)));
    }
    void authorizeTheOther() {
        (void)runBlocking(other_.onboarding().invite(merchant_, {}));  // the model counts what it gives out
        const std::string link = runBlocking(other_.onboarding().invite(merchant_, {}))->link.pc_url;
        const std::string state = World::linkPart(link, "state%3D", "&");
        (void)runBlocking(other_.onboarding().completeByRedirect(
            state, tenants::shareSecret(other_wechat_.consent(world_.appid.text()))));
    }

    const MerchantId merchant_{"mer_other"};
    ScanWorld world_;
    FakePlatform other_wechat_;
    MemoryStore other_store_;  // of which only the authorizations are used
    tenants::ComponentPlatform other_{other_wechat_,
                                      other_store_.authorizations,
                                      world_.store.merchants,
                                      world_.clock,
                                      {.tokens = {},
                                       .onboarding = {.component_appid = "wxother",
                                                      .redirect_url = "https://gw.example.com/wechat/authorized",
                                                      .pc_link_base = "https://mp.weixin.qq.com",
                                                      .h5_link_base = "https://open.weixin.qq.com",
                                                      .launch_url = "https://gw.example.com/wechat/launch"}}};
    tenants::ComponentPlatforms platforms_{{&world_.component, &other_}};
    tenants::ScanLicence scans_{
        world_.store.merchants, platforms_, world_.store.ledger, world_.upstream, world_.patience, world_.clock, {}};
    tenants::Caller caller_;
};

TEST_F(ScanPlatforms, AccountAuthorizedToOnePlatformCannotScanForTheOthersMerchant) {
    // The same WeChat account is authorized to the first platform, by another merchant.
    const auto refused = scanOfTheOther();

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_EQ(world_.upstream.calls().size(), 0U);
}

TEST_F(ScanPlatforms, ScanGoesOutUnderTheTokenOfTheMerchantsOwnPlatform) {
    authorizeTheOther();

    const auto done = scanOfTheOther();

    ASSERT_TRUE(done) << done.error().for_log;
    const auto authorization = other_.authorizations().find(merchant_);
    ASSERT_FALSE(tenants::sameSecret(authorization->access_token, world_.authorization()->access_token));
    ASSERT_EQ(world_.upstream.calls().size(), 1U);
    EXPECT_EQ(world_.upstream.calls()[0].access_token, authorization->access_token->expose());
}

TEST_F(ScanPlatforms, LinkNamesItsPlatform) {
    const std::string link = runBlocking(other_.onboarding().invite(merchant_, {}))->link.pc_url;

    EXPECT_EQ(World::linkPart(link, "component_appid=", "&"), "wxother");
    EXPECT_NE(link.find("authorized%3Fcomponent%3Dwxother%26state%3D"), std::string::npos) << link;
}

}  // namespace
}  // namespace test_support
