#include "tests/unit/tenants/authorization/token_keeper_fixture.h"

#include <vector>

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::FakePlatform;
using test_support::Spawned;

class TokenKeeperComponent : public TokenKeeperTest {};

TEST_F(TokenKeeperComponent, RefusedComponentTokenIsReplacedAndTheRefreshRepeatedOnce) {
    for (const int errcode : {40001, 40014, 42001, 42006}) {
        test_support::World world;
        ASSERT_TRUE(world.authorize());
        world.clock.advance(kSurelyFresh);
        ASSERT_TRUE(runBlocking(world.keeper.componentToken()));
        const LiveToken refused = *runBlocking(world.keeper.usable(world.merchant));
        world.platform.failNext("refresh", FakePlatform::refusal(errcode));
        const int made = world.platform.calls("component_token");

        EXPECT_TRUE(runBlocking(world.keeper.replace(world.merchant, refused))) << errcode;

        EXPECT_EQ(world.platform.calls("component_token"), made + 1) << errcode;
        EXPECT_EQ(world.platform.calls("refresh"), 2) << errcode;
        EXPECT_EQ(world.authorization()->trouble, "");
    }
}

TEST_F(TokenKeeperComponent, ThoseWhoQueuedBehindARefusedComponentTokenDoNotShowItAgain) {
    const LiveToken refused = *usable();
    world_.platform.forgetComponentTokens();
    const int made = world_.platform.calls("component_token");
    const auto gate = world_.platform.delayNext("refresh");
    std::vector<Spawned<Result<LiveToken>>> waiters;
    for (int i = 0; i < 64; ++i) waiters.emplace_back(world_.keeper.replace(world_.merchant, refused));

    gate->open();

    for (const auto& waiter : waiters) {
        ASSERT_TRUE(waiter.ended());
        EXPECT_TRUE(waiter.result());
    }
    EXPECT_EQ(refreshes(), 2);  // the one that was refused, and the one with the new component token
    EXPECT_EQ(world_.platform.calls("component_token"), made + 1);
}

TEST_F(TokenKeeperComponent, ComponentTokenThatStaysRefusedEndsAfterOneRepeat) {
    world_.clock.advance(kDead);
    world_.platform.failNext("refresh", FakePlatform::refusal(40001));
    world_.platform.failNext("refresh", FakePlatform::refusal(40001));

    const auto token = usable();

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kUpstreamRefused);
    EXPECT_EQ(refreshes(), 2);
}

// Pitfall 17: the first ticket comes before any account is authorized, and needs none.
TEST_F(TokenKeeperComponent, WithoutATicketThereIsNoToken) {
    test_support::FakeClock clock{test_support::beijingNoon()};
    test_support::MemoryStore store;
    FakePlatform platform;
    TokenKeeper keeper{platform, store.authorizations, clock, {}};

    const auto token = runBlocking(keeper.componentToken());

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kUpstreamUnreachable);
    EXPECT_EQ(platform.calls("component_token"), 0);

    ASSERT_TRUE(runBlocking(store.authorizations.saveTicket(shareSecret("ticket"), clock.now())));
    EXPECT_TRUE(runBlocking(keeper.componentToken()));  // at once, without a pause
}

TEST_F(TokenKeeperComponent, ComponentTokenIsKeptUntilItsMarginAndRenewedOnce) {
    const int made = world_.platform.calls("component_token");
    world_.clock.advance(6599s);
    ASSERT_TRUE(runBlocking(world_.keeper.renewComponentIfDue()));
    EXPECT_EQ(world_.platform.calls("component_token"), made);

    world_.clock.advance(2s);
    const auto gate = world_.platform.delayNext("component_token");
    Spawned<Result<Done>> renewing{world_.keeper.renewComponentIfDue()};
    Spawned<Result<Done>> again{world_.keeper.renewComponentIfDue()};
    Spawned<Result<SharedSecret>> other{world_.keeper.componentToken()};
    EXPECT_FALSE(renewing.ended());
    EXPECT_TRUE(other.ended());
    gate->open();

    EXPECT_TRUE(renewing.ended() && again.ended());
    EXPECT_EQ(world_.platform.calls("component_token"), made + 1);
    EXPECT_NE(world_.store.authorizations.component()->access_token, *other.result());
}

TEST_F(TokenKeeperComponent, FailedComponentRenewalLeavesTheWorkingTokenInUse) {
    const SharedSecret old = *runBlocking(world_.keeper.componentToken());
    world_.clock.advance(kDue);
    world_.platform.failNext("component_token", FakePlatform::unreachable());

    EXPECT_FALSE(runBlocking(world_.keeper.renewComponentIfDue()));

    EXPECT_EQ(*runBlocking(world_.keeper.componentToken()), old);
    EXPECT_EQ(world_.keeper.componentHealth().trouble, "upstream_unreachable");
}

// Pitfall 18: an error of api_component_token must not leave an empty token behind.
TEST_F(TokenKeeperComponent, RefusedTicketLeavesTheStoredTokenAsItIs) {
    const SharedSecret old = world_.store.authorizations.component()->access_token;
    world_.clock.advance(kDead);
    world_.platform.failNext("component_token", FakePlatform::refusal(61006));

    EXPECT_FALSE(runBlocking(world_.keeper.componentToken()));

    EXPECT_EQ(world_.store.authorizations.component()->access_token, old);
    EXPECT_EQ(world_.keeper.componentHealth().trouble, "ticket_refused");
}

TEST_F(TokenKeeperComponent, NewTicketEndsThePauseThatARefusedOneBegan) {
    world_.clock.advance(kDead);
    world_.platform.failNext("component_token", FakePlatform::refusal(61005));
    ASSERT_FALSE(runBlocking(world_.keeper.componentToken()));
    const int asked = world_.platform.calls("component_token");
    ASSERT_FALSE(runBlocking(world_.keeper.componentToken()));
    EXPECT_EQ(world_.platform.calls("component_token"), asked);  // pausing

    ASSERT_TRUE(runBlocking(world_.onboarding.receiveTicket(shareSecret("ticket@@@2"), world_.clock.now())));

    EXPECT_TRUE(runBlocking(world_.keeper.componentToken()));
}

TEST_F(TokenKeeperComponent, TroubleIsToldOnceWhenItComesAndOnceWhenItGoes) {
    world_.clock.advance(kDue);
    for (int i = 0; i < 3; ++i) {
        world_.platform.failNext("component_token", FakePlatform::unreachable());
        ASSERT_FALSE(runBlocking(world_.keeper.renewComponentIfDue()));
        world_.clock.advance(2min);
    }
    ASSERT_TRUE(runBlocking(world_.keeper.renewComponentIfDue()));

    const auto changes = world_.keeper.takeTroubleChanges();
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].now, "upstream_unreachable");
    EXPECT_EQ(changes[1].before, "upstream_unreachable");
    EXPECT_EQ(changes[1].now, "");
    EXPECT_TRUE(world_.keeper.takeTroubleChanges().empty());
}

// Pitfall 8: a platform that refuses every component token must not be asked for ever more of them.
TEST_F(TokenKeeperComponent, TokensThatAreRefusedOneAfterTheOtherAreNotMadeInALoop) {
    LiveToken refused = *usable();
    const int made = world_.platform.calls("component_token");
    for (int i = 0; i < 50; ++i) world_.platform.failNext("refresh", FakePlatform::refusal(40001));

    for (int second = 0; second < 25; ++second) {
        EXPECT_FALSE(replace(refused));
        world_.clock.advance(1s);
    }

    EXPECT_EQ(world_.platform.calls("component_token"), made + 1);
    EXPECT_LE(refreshes(), 10);
}

TEST_F(TokenKeeperComponent, ManyRefusalsOfOneComponentTokenMakeOneRequest) {
    const SharedSecret refused = *runBlocking(world_.keeper.componentToken());
    const int made = world_.platform.calls("component_token");
    const auto gate = world_.platform.delayNext("component_token");
    std::vector<Spawned<Result<SharedSecret>>> waiters;
    for (int i = 0; i < 64; ++i) waiters.emplace_back(world_.keeper.replaceComponentToken(refused));

    gate->open();

    for (const auto& waiter : waiters) {
        ASSERT_TRUE(waiter.ended());
        ASSERT_TRUE(waiter.result());
    }
    EXPECT_EQ(world_.platform.calls("component_token"), made + 1);
}

TEST_F(TokenKeeperComponent, TicketThatIsRefusedIsReplacedByOneThatCameMeanwhile) {
    const SharedSecret refused = *runBlocking(world_.keeper.componentToken());
    world_.platform.failNext("component_token", FakePlatform::refusal(61005));
    const auto gate = world_.platform.delayNext("component_token");
    Spawned<Result<SharedSecret>> waiting{world_.keeper.replaceComponentToken(refused)};
    world_.clock.advance(1s);
    ASSERT_TRUE(runBlocking(world_.onboarding.receiveTicket(shareSecret("ticket@@@2"), world_.clock.now())));

    gate->open();

    ASSERT_TRUE(waiting.ended());
    EXPECT_TRUE(waiting.result());
}

}  // namespace
}  // namespace tenants
