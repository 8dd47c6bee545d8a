#include <vector>

#include "tenants/authorization/token_renewal.h"
#include "tests/unit/tenants/authorization/token_keeper_fixture.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::FakePlatform;

/// Somebody sets the wall clock. The merchant's and the component's token are of the same moment.
class ClockLeap : public TokenKeeperTest {
protected:
    void SetUp() override {
        TokenKeeperTest::SetUp();
        ASSERT_TRUE(usable());
        made_before_ = made();
    }
    int made() const { return world_.platform.calls("component_token"); }
    TokenRenewal::Report renewDue() { return runBlocking(renewal_.renewDue()); }
    /// A process that has just been started on the same store.
    struct Restarted {
        explicit Restarted(test_support::World& world)
            : keeper(world.platform, world.store.authorizations, world.clock, {}),
              renewal(keeper, world.store.authorizations, world.clock, {}) {}
        TokenKeeper keeper;
        TokenRenewal renewal;
    };

    TokenRenewal renewal_{world_.keeper, world_.store.authorizations, world_.clock, {}};
    int made_before_ = 0;
};

constexpr std::chrono::seconds kLeaps[] = {61s, 10min, 1h, 3h, 24h, 24h * 400};  // forward, and back

TEST_F(ClockLeap, TokensThatAreYoungBySteadyAgeStayInUseAndAreRenewedOnce) {
    for (const std::chrono::seconds size : kLeaps) {
        for (const std::chrono::seconds leap : {size, -size}) {
            test_support::World world;
            ASSERT_TRUE(world.authorize());
            TokenRenewal renewal{world.keeper, world.store.authorizations, world.clock, {}};
            ASSERT_EQ(runBlocking(renewal.renewDue()).due, 0U);
            const SharedSecret old = world.authorization()->access_token;
            const int made = world.platform.calls("component_token");

            world.clock.jumpWall(leap);

            EXPECT_EQ(runBlocking(world.keeper.usable(world.merchant))->token, old) << leap.count();
            const UtcTime first_pass = world.clock.now();
            for (int pass = 0; pass < 5; ++pass) {
                (void)runBlocking(renewal.renewDue());
                world.clock.advance(2s);
            }
            EXPECT_EQ(world.platform.calls("refresh"), 1) << leap.count();
            EXPECT_EQ(world.platform.calls("component_token"), made + 1) << leap.count();
            EXPECT_EQ(world.authorization()->access_expires_at, first_pass + 7200s) << leap.count();
        }
    }
}

TEST_F(ClockLeap, SmallStepsAreTakenAsTheyCome) {
    for (const std::chrono::seconds step : {59s, -59s}) {
        ASSERT_EQ(renewDue().due, 0U);
        world_.clock.jumpWall(step);

        EXPECT_EQ(renewDue().due, 0U) << step.count();
        EXPECT_EQ(refreshes(), 0);
        world_.clock.jumpWall(-step);
    }
}

TEST_F(ClockLeap, TokenIsDeadBySteadyAgeThoughTheWallClockSaysOtherwise) {
    world_.clock.advance(kDead);
    world_.clock.jumpWall(-kDead);
    world_.platform.failNext("refresh", FakePlatform::unreachable());

    EXPECT_FALSE(usable());
}

TEST_F(ClockLeap, ComponentTokenIsDeadBySteadyAgeThoughTheWallClockSaysOtherwise) {
    world_.clock.advance(kDead);
    world_.clock.jumpWall(-kDead);

    ASSERT_TRUE(runBlocking(world_.keeper.componentToken()));

    EXPECT_EQ(made(), made_before_ + 1);
}

TEST_F(ClockLeap, LeapBackBeforeARestartMakesNobodyTrustWhatIsStored) {
    for (const std::chrono::seconds leap : kLeaps) {
        test_support::World world;
        ASSERT_TRUE(world.authorize());
        const int made = world.platform.calls("component_token");
        world.clock.jumpWall(-leap);
        Restarted process{world};

        for (int pass = 0; pass < 3; ++pass) (void)runBlocking(process.renewal.renewDue());

        EXPECT_EQ(world.platform.calls("refresh"), 1) << leap.count();
        EXPECT_EQ(world.platform.calls("component_token"), made + 1) << leap.count();
        EXPECT_EQ(world.authorization()->access_expires_at, world.clock.now() + 7200s) << leap.count();
    }
}

TEST_F(ClockLeap, LeapForwardBeforeARestartRenewsOnceAndLeavesAYoungTokenAlone) {
    struct Row {
        std::chrono::seconds leap;
        int refreshes;
    };
    for (const Row row : {Row{61s, 0}, Row{1h, 0}, Row{2h, 1}, Row{24h * 400, 1}}) {
        test_support::World world;
        ASSERT_TRUE(world.authorize());
        world.clock.jumpWall(row.leap);
        Restarted process{world};

        for (int pass = 0; pass < 3; ++pass) (void)runBlocking(process.renewal.renewDue());

        EXPECT_EQ(world.platform.calls("refresh"), row.refreshes) << row.leap.count();
    }
}

TEST_F(ClockLeap, RestartWithoutALeapRenewsNothing) {
    world_.clock.advance(1h);
    Restarted process{world_};

    EXPECT_EQ(runBlocking(process.renewal.renewDue()).due, 0U);

    EXPECT_EQ(refreshes(), 0);
    EXPECT_EQ(made(), made_before_);
}

/// A leap back that is shorter than the token's age cannot be seen after a restart: then WeChat's refusal tells, and the
/// token is replaced on the way.
TEST_F(ClockLeap, WhatARestartCannotKnowIsMendedByWeChatsRefusal) {
    world_.clock.advance(2h);
    world_.clock.jumpWall(-1h);
    Restarted process{world_};
    const auto thought_good = runBlocking(process.keeper.usable(world_.merchant));
    ASSERT_TRUE(thought_good);

    const auto newer = runBlocking(process.keeper.replace(world_.merchant, *thought_good));

    ASSERT_TRUE(newer);
    EXPECT_FALSE(sameSecret(newer->token, thought_good->token));
    EXPECT_EQ(refreshes(), 1);
}

TEST_F(ClockLeap, AThousandMerchantsAreRenewedOnceEachInPassesAfterALeap) {
    for (int i = 0; i < 999; ++i) {
        Authorization added;
        added.merchant = MerchantId{"mer_leap_" + std::to_string(i)};
        added.appid = AppId{"wxleap" + std::to_string(i)};
        world_.platform.setRefreshToken(added.appid.text(), "refreshtoken@@@" + std::to_string(i));
        added.refresh_token = shareSecret("refreshtoken@@@" + std::to_string(i));
        added.access_token = shareSecret("access-" + std::to_string(i));
        added.access_expires_at = world_.clock.now() + 7200s;
        added.changed_at = world_.clock.now();
        ASSERT_TRUE(runBlocking(world_.store.authorizations.save(std::move(added))));
    }
    ASSERT_EQ(renewDue().due, 0U);
    world_.clock.jumpWall(-24h * 30);

    const auto first = renewDue();
    const auto second = renewDue();
    const auto third = renewDue();

    EXPECT_EQ(first.renewed, 500U);
    EXPECT_EQ(second.renewed, 500U);
    EXPECT_EQ(third.due, 0U);
    EXPECT_EQ(refreshes(), 1000);
}

TEST_F(ClockLeap, WhoCouldNotBeRenewedAfterALeapIsTriedAgain) {
    ASSERT_EQ(renewDue().due, 0U);
    world_.clock.jumpWall(-24h * 30);
    world_.platform.failNext("refresh", FakePlatform::unreachable());
    EXPECT_EQ(renewDue().failed, 1U);
    EXPECT_EQ(renewDue().due, 0U);  // it pauses

    world_.clock.advance(15s);

    EXPECT_EQ(renewDue().renewed, 1U);
}

}  // namespace
}  // namespace tenants
