#include "tenants/authorization/invitation.h"

#include "tests/unit/tenants/authorization/onboarding_fixture.h"

namespace tenants {
namespace {

class InvitationTest : public OnboardingTest {
protected:
    static std::string stateOf(const IssuedInvitation& invited) {
        return World::linkPart(invited.launch_url, "&state=", "#");
    }
    Result<Launch> open(const IssuedInvitation& invited) {
        return runBlocking(world_.onboarding.launch(stateOf(invited)));
    }
    /// Consent on the page that a link leads to, and the browser's way back.
    Result<MerchantId> consentBy(const std::string& link, const AppId& appid) {
        return world_.land(World::linkPart(link, "state%3D", "&"), world_.platform.consent(appid.text()));
    }
    Result<MerchantId> consentBy(const std::string& link) { return consentBy(link, world_.appid); }
};

TEST_F(InvitationTest, BringsALaunchAddressAndAFirstLink) {
    const IssuedInvitation invited = world_.invite();

    EXPECT_TRUE(
        invited.launch_url.starts_with("https://gw.example.com/wechat/launch?component=wxcomponent&state=inv_"));
    EXPECT_EQ(stateOf(invited).size(), 30U);
    EXPECT_EQ(invited.expires_at, world_.clock.now() + std::chrono::hours{7 * 24});
    EXPECT_EQ(invited.link.expires_at, world_.clock.now() + 600s);
    EXPECT_TRUE(consentBy(invited.link.pc_url));
    EXPECT_TRUE(authorized());
}

/// Pages that were opened before the invitation had served lead to WeChat still.
TEST_F(InvitationTest, ThatHasServedTakesNoOtherAccount) {
    const IssuedInvitation invited = world_.invite();
    const auto other_page = open(invited);
    ASSERT_TRUE(other_page);
    ASSERT_TRUE(consentBy(invited.link.pc_url));

    const auto stranger = consentBy(other_page->link.pc_url, AppId{"wx2222222222222222"});

    ASSERT_FALSE(stranger);
    EXPECT_EQ(stranger.error().code, ErrorCode::kConflict);
    EXPECT_EQ(world_.authorization()->appid, world_.appid);
    EXPECT_TRUE(authorized());
}

TEST_F(InvitationTest, EveryLinkHasACodeAndAStateOfItsOwn) {
    EXPECT_NE(world_.newState(), world_.newState());
    EXPECT_EQ(world_.platform.calls("pre_auth_code"), 2);
}

TEST_F(InvitationTest, IsNotMadeForNobody) {
    const auto invited = runBlocking(world_.onboarding.invite(MerchantId{"mer_unknown"}, {}));

    ASSERT_FALSE(invited);
    EXPECT_EQ(invited.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(world_.platform.calls("pre_auth_code"), 0);
}

TEST_F(InvitationTest, SurvivesARefusedComponentToken) {
    ASSERT_TRUE(runBlocking(world_.keeper.componentToken()));
    world_.platform.forgetComponentTokens();

    EXPECT_TRUE(runBlocking(world_.onboarding.invite(world_.merchant, {})));
}

TEST_F(InvitationTest, EachOpeningMakesALinkThatIsNewLongAfterTheFirstRanOut) {
    const IssuedInvitation invited = world_.invite();
    world_.clock.advance(std::chrono::hours{6 * 24});

    const auto first = open(invited);
    const auto second = open(invited);

    ASSERT_TRUE(first && second);
    EXPECT_NE(first->link.pc_url, second->link.pc_url);
    EXPECT_EQ(second->link.expires_at, world_.clock.now() + 600s);
    EXPECT_EQ(second->invitation.merchant, world_.merchant);
    EXPECT_TRUE(consentBy(first->link.pc_url)) << "the older of the two works as well";
    EXPECT_TRUE(authorized());
}

TEST_F(InvitationTest, EventOfALinkMadeByTheLaunchPageFindsItsMerchant) {
    const auto launched = open(world_.invite());
    ASSERT_TRUE(launched);

    world_.push(eventOf(launched->link.pc_url, world_.platform.consent(world_.appid.text())));

    EXPECT_TRUE(authorized());
}

TEST_F(InvitationTest, UnknownOrExpiredIsRefusedWithoutACall) {
    const IssuedInvitation invited = world_.invite();
    const int calls = world_.platform.calls("pre_auth_code");

    EXPECT_EQ(runBlocking(world_.onboarding.launch("inv_forged")).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(runBlocking(world_.onboarding.launch("")).error().code, ErrorCode::kNotFound);
    world_.clock.advance(std::chrono::hours{7 * 24});
    EXPECT_EQ(open(invited).error().code, ErrorCode::kInvalidInput);
    EXPECT_EQ(world_.platform.calls("pre_auth_code"), calls);
}

TEST_F(InvitationTest, HasServedWhenItsMerchantCanScanByRedirectOrByEvent) {
    const IssuedInvitation by_redirect = world_.invite();
    ASSERT_TRUE(consentBy(by_redirect.link.pc_url));
    const IssuedInvitation by_event = world_.invite();
    world_.push(eventOf(by_event.link.pc_url, world_.platform.consent(world_.appid.text())));

    EXPECT_EQ(open(by_redirect).error().code, ErrorCode::kConflict);
    EXPECT_EQ(open(by_event).error().code, ErrorCode::kConflict);
}

// Pitfall 25: "everything is ticked", and yet the set is not there.
TEST_F(InvitationTest, StaysOpenWhileSomethingIsMissingThatTheMerchantCanPutRight) {
    const IssuedInvitation invited = world_.invite();
    world_.platform.grant(world_.appid.text(), {17, 18});
    ASSERT_TRUE(consentBy(invited.link.pc_url));
    world_.platform.grant(world_.appid.text(), {17, 18, 117});
    world_.platform.describe(world_.appid.text(), {AccountKind::kService, false, 1, "a shop"});
    auto again = open(invited);
    ASSERT_TRUE(again) << "117 was missing";
    ASSERT_TRUE(consentBy(again->link.pc_url));
    world_.platform.describe(world_.appid.text(), {AccountKind::kService, true, 1, "a shop"});
    again = open(invited);
    ASSERT_TRUE(again) << "verification was missing";

    ASSERT_TRUE(consentBy(again->link.pc_url));

    EXPECT_EQ(open(invited).error().code, ErrorCode::kConflict);
}

TEST_F(InvitationTest, OpeningsAreLimitedForAWhileAndNotForEver) {
    const IssuedInvitation invited = world_.invite();
    for (int opening = 0; opening < OpeningLimit{}.openings_max; ++opening) ASSERT_TRUE(open(invited)) << opening;
    const int calls = world_.platform.calls("pre_auth_code");

    EXPECT_EQ(open(invited).error().code, ErrorCode::kRateLimited);
    EXPECT_EQ(world_.platform.calls("pre_auth_code"), calls);
    EXPECT_TRUE(open(world_.invite())) << "another one has openings of its own";
    world_.clock.advance(OpeningLimit{}.period);
    EXPECT_TRUE(open(invited));
}

TEST_F(InvitationTest, WeChatThatIsBusyIsSaidSo) {
    const IssuedInvitation invited = world_.invite();
    world_.platform.failNext("pre_auth_code", FakePlatform::unreachable());

    EXPECT_EQ(open(invited).error().code, ErrorCode::kUpstreamUnreachable);
    EXPECT_TRUE(open(invited));
}

TEST_F(InvitationTest, WhatIsNotStoredIsNotGiven) {
    for (const char* write : {"addLink", "addInvitation"}) {
        world_.store.faults.refuse(write);
        const auto invited = runBlocking(world_.onboarding.invite(world_.merchant, {}));
        EXPECT_EQ(invited.error().code, ErrorCode::kStoreUnavailable) << write;
        world_.store.faults.allow(write);
    }
}

TEST_F(InvitationTest, OptionsAreInItsLinks) {
    const LinkOptions options{AccountChoice::kMiniPrograms, world_.appid};
    const IssuedInvitation invited = world_.invite(options);
    const auto launched = open(invited);

    ASSERT_TRUE(launched);
    for (const std::string& url : {invited.link.pc_url, launched->link.pc_url}) {
        EXPECT_TRUE(url.ends_with("&auth_type=2&biz_appid=" + world_.appid.text())) << url;
    }
}

TEST_F(InvitationTest, OneForAnAccountTakesNoOther) {
    const AppId other{"wx2222222222222222"};
    const IssuedInvitation invited = world_.invite({AccountChoice::kBoth, world_.appid});
    const std::string code = world_.platform.consent(other.text());

    const auto landed = world_.land(World::linkPart(invited.link.pc_url, "state%3D", "&"), code);
    PlatformEvent event = eventOf(invited.link.pc_url, code);
    event.appid = other;
    world_.push(event);

    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::kConflict);
    EXPECT_EQ(world_.authorization(), nullptr);
    EXPECT_EQ(waiting(), 0U);
    EXPECT_TRUE(consentBy(open(invited)->link.pc_url));
    EXPECT_TRUE(authorized());
}

}  // namespace
}  // namespace tenants
