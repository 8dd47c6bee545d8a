#include "tenants/authorization/retention.h"

#include "tests/unit/tenants/authorization/onboarding_fixture.h"

namespace tenants {
namespace {

class RetentionTest : public OnboardingTest {
protected:
    static constexpr std::chrono::hours kKeep{30 * 24};

    Retention retention(std::size_t batch_rows_max = 200, std::size_t batches_max = 50) {
        return {world_.store.authorizations, world_.clock, {kKeep, batch_rows_max, batches_max}};
    }
    bool isKnown(const PlatformEvent& event) { return !*runBlocking(world_.store.authorizations.addEvent(event)); }
    PlatformEvent handledEvent(int number) {
        const PlatformEvent event = world_.event("unauthorized", "", world_.clock.now() + std::chrono::seconds{number});
        const auto stored = runBlocking(world_.store.authorizations.addEvent(event));
        EXPECT_TRUE(runBlocking(world_.store.authorizations.markEventHandled((**stored).id, world_.clock.now())));
        return event;
    }
};

TEST_F(RetentionTest, HandledEventIsKnownForAllOfItsTimeAndThenErased) {
    const PlatformEvent event = handledEvent(1);
    Retention erasing = retention();

    world_.clock.advance(kKeep);
    EXPECT_EQ(*runBlocking(erasing.eraseEnded()), 0U);
    EXPECT_TRUE(isKnown(event));
    world_.clock.advance(1s);
    EXPECT_EQ(*runBlocking(erasing.eraseEnded()), 1U);
    EXPECT_FALSE(isKnown(event));
}

TEST_F(RetentionTest, EventThatIsNotHandledIsNeverErased) {
    ASSERT_TRUE(runBlocking(world_.onboarding.receive(world_.event("authorized", "code", world_.clock.now()))));
    world_.clock.advance(std::chrono::hours{24 * 3650});

    EXPECT_EQ(*runBlocking(retention().eraseEnded()), 0U);
    EXPECT_EQ(waiting(), 1U);
}

TEST_F(RetentionTest, AllThatAnAuthorizationLeftBehindGoesAndTheAuthorizationStays) {
    const std::string link = world_.newLink();
    const std::string code = world_.platform.consent(world_.appid.text());
    ASSERT_TRUE(world_.land(World::linkPart(link, "state%3D", "&"), code));
    world_.push(eventOf(link, code));
    world_.clock.advance(std::chrono::hours{7 * 24} + kKeep + 1s);

    EXPECT_EQ(*runBlocking(retention().eraseEnded()), 4U);  // link, invitation, claim, event
    EXPECT_TRUE(authorized());
    EXPECT_FALSE(runBlocking(world_.store.authorizations.findLinkByPreAuthCode(sha256Hex(World::preAuthCodeOf(link)))));
}

TEST_F(RetentionTest, ARunGoesOnBatchByBatchUpToItsLimit) {
    for (int number = 0; number < 25; ++number) (void)handledEvent(number);
    world_.clock.advance(kKeep + 1s);

    EXPECT_EQ(*runBlocking(retention(4, 3).eraseEnded()), 12U);
    EXPECT_EQ(*runBlocking(retention(4, 50).eraseEnded()), 13U);
}

TEST_F(RetentionTest, StoreThatCannotWriteIsToldOf) {
    world_.store.faults.refuse("eraseEnded");

    EXPECT_EQ(runBlocking(retention().eraseEnded()).error().code, ErrorCode::kStoreUnavailable);
}

}  // namespace
}  // namespace tenants
