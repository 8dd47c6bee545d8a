#include "tenants/authorization/onboarding.h"

#include "tests/unit/tenants/authorization/onboarding_fixture.h"

namespace tenants {
namespace {

class OnboardingBothWays : public OnboardingTest {};

TEST_F(OnboardingBothWays, EventFirstThenRedirectExchangesOnce) {
    const std::string link = world_.newLink();
    const std::string code = world_.platform.consent(world_.appid.text());
    const PlatformEvent event = eventOf(link, code);

    world_.push(event);
    const auto landed = world_.land(World::linkPart(link, "state%3D", "&"), code);

    ASSERT_TRUE(landed);
    EXPECT_EQ(*landed, world_.merchant);
    EXPECT_EQ(exchanges(), 1);
}

TEST_F(OnboardingBothWays, RedirectFirstThenEventExchangesOnce) {
    const Consent given = consent();
    ASSERT_TRUE(world_.land(given.state, given.code));
    const SharedSecret access_token = world_.authorization()->access_token;

    world_.push(authorizedEvent(given.code, world_.clock.now()));

    EXPECT_TRUE(authorized());
    EXPECT_EQ(exchanges(), 1);
    EXPECT_EQ(world_.authorization()->access_token, access_token);
    EXPECT_EQ(world_.authorization()->event_at, world_.clock.now());
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OnboardingBothWays, EventOfABoundAccountFirstThenRedirectExchangesOnce) {
    ASSERT_TRUE(world_.authorize());
    const int before = exchanges();
    const Consent again = consent();

    world_.push(authorizedEvent(again.code, world_.clock.now()));
    const auto landed = world_.land(again.state, again.code);

    ASSERT_TRUE(landed);
    EXPECT_EQ(*landed, world_.merchant);
    EXPECT_EQ(exchanges(), before + 1);
}

TEST_F(OnboardingBothWays, RedirectThatWaitsForTheEventsExchangeIsContentWithIt) {
    ASSERT_TRUE(world_.authorize());
    const int before = exchanges();
    const Consent again = consent();
    const auto received = runBlocking(world_.onboarding.receive(authorizedEvent(again.code, world_.clock.now())));
    const auto gate = world_.platform.delayNext("query_auth");
    Spawned<Result<Done>> handling{world_.onboarding.handle(**received)};
    Spawned<Result<MerchantId>> landing{world_.onboarding.completeByRedirect(again.state, shareSecret(again.code))};
    EXPECT_FALSE(landing.ended());

    gate->open();

    ASSERT_TRUE(handling.ended() && landing.ended());
    EXPECT_TRUE(handling.result());
    EXPECT_TRUE(landing.result());
    EXPECT_EQ(exchanges(), before + 1);
}

// Pitfall 29: redirect and event both deliver a code, and both count.
TEST_F(OnboardingBothWays, DifferentCodesOfOneConsentMayBothBeExchanged) {
    const Consent given = consent();
    ASSERT_TRUE(world_.land(given.state, given.code));
    const SharedSecret first = world_.authorization()->access_token;

    world_.push(authorizedEvent(world_.platform.secondCode(world_.appid.text()), world_.clock.now()));

    EXPECT_TRUE(authorized());
    EXPECT_EQ(exchanges(), 2);
    EXPECT_FALSE(sameSecret(world_.authorization()->access_token, first));
}

TEST_F(OnboardingBothWays, OutcomeThatWasLostAfterTheExchangeIsReadBackByTheEvent) {
    const std::string link = world_.newLink();
    const std::string code = world_.platform.consent(world_.appid.text());
    world_.store.faults.refuse("save");
    const auto lost = world_.land(World::linkPart(link, "state%3D", "&"), code);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, ErrorCode::kStoreUnavailable);
    world_.store.faults.allow("save");
    const PlatformEvent event = eventOf(link, code);

    world_.push(event);

    EXPECT_TRUE(authorized());
    EXPECT_EQ(world_.authorization()->access_token, nullptr);  // made by the first scan from the refresh token
    EXPECT_TRUE(runBlocking(world_.keeper.usable(world_.merchant)));
}

TEST_F(OnboardingBothWays, SpentCodeOfAKnownAccountIsMadeGoodByAskingWeChat) {
    for (const int errcode : {61009, 61010, 40029, 40163}) {
        World world;
        ASSERT_TRUE(world.authorize());
        const std::string code = world.platform.consent(world.appid.text());
        world.platform.failNext("query_auth", FakePlatform::refusal(errcode));
        const std::string stale{world.authorization()->refresh_token->expose()};

        world.push(world.event("authorized", code, world.clock.now()));

        EXPECT_NE(world.authorization()->refresh_token->expose(), stale) << errcode;
        EXPECT_EQ(world.authorization()->event_at, world.clock.now()) << errcode;
        EXPECT_FALSE(world.authorization()->grants_stale) << errcode;
    }
}

TEST_F(OnboardingBothWays, LostEventAndLostRedirectLeaveTheOtherToDoAll) {
    const std::string link = world_.newLink();
    world_.push(eventOf(link, world_.platform.consent(world_.appid.text())));
    EXPECT_TRUE(authorized());

    ASSERT_TRUE(world_.authorize());
    EXPECT_TRUE(authorized());
    EXPECT_EQ(waiting(), 0U);
}

}  // namespace
}  // namespace tenants
