#include "tenants/authorization/onboarding.h"

#include "tests/unit/tenants/authorization/onboarding_fixture.h"

namespace tenants {
namespace {

class OnboardingEvents : public OnboardingTest {};

TEST_F(OnboardingEvents, EventAloneAuthorizesTheMerchantOfTheLinkThatItNames) {
    const std::string pre_auth_code = World::preAuthCodeOf(world_.newLink());
    PlatformEvent event = authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now());
    event.pre_auth_code_hash = sha256Hex(pre_auth_code);

    world_.push(event);

    EXPECT_TRUE(authorized());
    EXPECT_EQ(world_.authorization()->event_at, world_.clock.now());
    EXPECT_EQ(exchanges(), 1);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OnboardingEvents, CodeOfAnotherAccountThanTheEventNamesHasNoEffect) {
    ASSERT_TRUE(world_.authorize());
    const SharedSecret access_token = world_.authorization()->access_token;

    world_.push(authorizedEvent(world_.platform.consent("wx2222222222222222"), world_.clock.now()));

    EXPECT_EQ(world_.authorization()->appid, world_.appid);
    EXPECT_EQ(world_.authorization()->access_token, access_token);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OnboardingEvents, DuplicateEventIsRecognisedAndHasNoSecondEffect) {
    ASSERT_TRUE(world_.authorize());
    const PlatformEvent event = authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now());
    world_.push(event);
    const int before = exchanges();

    const auto again = runBlocking(world_.onboarding.receive(event));

    ASSERT_TRUE(again);
    EXPECT_FALSE(*again);
    EXPECT_EQ(exchanges(), before);
}

TEST_F(OnboardingEvents, ChangedSetsAreInDoubtBeforeSuccessAndKnownAfterHandling) {
    ASSERT_TRUE(world_.authorize());
    world_.platform.grant(world_.appid.text(), {2, 3});
    const std::string code = world_.platform.consent(world_.appid.text());

    const auto received =
        runBlocking(world_.onboarding.receive(world_.event("updateauthorized", code, world_.clock.now())));
    ASSERT_TRUE(received && *received);
    EXPECT_TRUE(world_.authorization()->grants_stale);

    ASSERT_TRUE(runBlocking(world_.onboarding.handle(**received)));
    EXPECT_FALSE(world_.authorization()->grants_stale);
    EXPECT_FALSE(world_.authorization()->allowsOcr());
}

TEST_F(OnboardingEvents, SecondChangeDuringTheExchangeOfTheFirstStaysInDoubt) {
    ASSERT_TRUE(world_.authorize());
    const auto first = runBlocking(world_.onboarding.receive(
        world_.event("updateauthorized", world_.platform.consent(world_.appid.text()), world_.clock.now())));
    const auto gate = world_.platform.delayNext("info");
    Spawned<Result<Done>> handling{world_.onboarding.handle(**first)};
    ASSERT_TRUE(runBlocking(world_.onboarding.receive(
        world_.event("updateauthorized", world_.platform.secondCode(world_.appid.text()), world_.clock.now() + 1s))));

    gate->open();

    ASSERT_TRUE(handling.ended());
    EXPECT_TRUE(world_.authorization()->grants_stale);
}

TEST_F(OnboardingEvents, WithdrawalIsDurableBeforeSuccessAndWipesTheTokens) {
    ASSERT_TRUE(world_.authorize());
    const int calls = world_.platform.calls("info");

    ASSERT_TRUE(runBlocking(world_.onboarding.receive(world_.event("unauthorized", "", world_.clock.now() + 1s))));

    EXPECT_TRUE(world_.authorization()->withdrawn);
    EXPECT_EQ(world_.authorization()->access_token, nullptr);
    EXPECT_EQ(world_.authorization()->refresh_token, nullptr);
    EXPECT_EQ(world_.platform.calls("info"), calls);  // nothing waited for WeChat
}

TEST_F(OnboardingEvents, WithdrawalThatCouldNotBeStoredIsNotKnownAndTakesEffectWhenPushedAgain) {
    ASSERT_TRUE(world_.authorize());
    const PlatformEvent event = world_.event("unauthorized", "", world_.clock.now() + 1s);
    world_.store.faults.refuse("save");
    const auto failed = runBlocking(world_.onboarding.receive(event));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::kStoreUnavailable);
    world_.store.faults.allow("save");
    world_.store.faults.refuse("addEvent");
    ASSERT_FALSE(runBlocking(world_.onboarding.receive(event)));
    world_.store.faults.allow("addEvent");

    const auto received = runBlocking(world_.onboarding.receive(event));

    ASSERT_TRUE(received);
    EXPECT_TRUE(*received);
    EXPECT_TRUE(world_.authorization()->withdrawn);
}

TEST_F(OnboardingEvents, EventThatFailedIsHandledLaterAndOldestFirst) {
    ASSERT_TRUE(world_.authorize());
    world_.platform.failNext("query_auth", FakePlatform::unreachable());
    world_.push(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now()));
    ASSERT_EQ(waiting(), 1U);
    EXPECT_TRUE(world_.authorization()->grants_stale);

    const auto errors = runBlocking(world_.onboarding.handleWaiting());

    EXPECT_TRUE(errors.empty());
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(world_.authorization()->event_at, world_.clock.now());
    EXPECT_FALSE(world_.authorization()->grants_stale);
}

TEST_F(OnboardingEvents, EventThatFailsAgainWaitsOnAndSaysWhy) {
    ASSERT_TRUE(world_.authorize());
    world_.platform.failNext("query_auth", FakePlatform::unreachable());
    world_.platform.failNext("query_auth", FakePlatform::unreachable());
    world_.push(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now()));

    const auto errors = runBlocking(world_.onboarding.handleWaiting());

    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors.front().code, ErrorCode::kUpstreamUnreachable);
    EXPECT_EQ(waiting(), 1U);
}

// Pitfall 15.
TEST_F(OnboardingEvents, OlderTicketDoesNotReplaceANewerOne) {
    ASSERT_TRUE(runBlocking(world_.onboarding.receiveTicket(shareSecret("new"), world_.clock.now() + 1s)));
    ASSERT_TRUE(runBlocking(world_.onboarding.receiveTicket(shareSecret("old"), world_.clock.now())));

    EXPECT_EQ(world_.store.authorizations.component()->ticket->expose(), "new");
}

// Pitfall 17: nothing but the ticket is there yet.
TEST_F(OnboardingEvents, TicketComesBeforeAnyAccount) {
    test_support::MemoryStore empty;
    ASSERT_TRUE(runBlocking(empty.authorizations.saveTicket(shareSecret("ticket@@@first"), world_.clock.now())));

    EXPECT_EQ(empty.authorizations.component()->ticket->expose(), "ticket@@@first");
    EXPECT_EQ(world_.authorization(), nullptr);
    EXPECT_TRUE(runBlocking(world_.keeper.componentToken()));
}

TEST_F(OnboardingEvents, RefusalByWeChatIsTriedAgainWhileTheCodeCanWorkAndThenClosed) {
    ASSERT_TRUE(world_.authorize());
    for (int refusal = 0; refusal < 3; ++refusal) world_.platform.failNext("query_auth", FakePlatform::refusal(48001));
    world_.push(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now()));
    EXPECT_EQ(runBlocking(world_.onboarding.handleWaiting()).size(), 1U);
    ASSERT_EQ(waiting(), 1U);

    world_.clock.advance(3600s);
    EXPECT_EQ(runBlocking(world_.onboarding.handleWaiting()).size(), 1U);

    EXPECT_EQ(waiting(), 0U);
    EXPECT_TRUE(world_.authorization()->grants_stale) << "a scan still asks WeChat first";
}

}  // namespace
}  // namespace tenants
