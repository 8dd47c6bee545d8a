#include "tests/unit/tenants/authorization/token_keeper_fixture.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::FakePlatform;
using test_support::Spawned;

class ClockLeap : public TokenKeeperTest {};

TEST_F(ClockLeap, WallClockThatLeapsIsNotTrusted) {
    struct Row {
        std::chrono::seconds leap;
        int refreshes;
    };
    for (const Row row : {Row{-1h, 1}, Row{61s, 1}, Row{-61s, 1}, Row{59s, 0}, Row{-59s, 0}}) {
        test_support::World world;
        ASSERT_TRUE(world.authorize());
        ASSERT_TRUE(runBlocking(world.keeper.usable(world.merchant)));

        world.clock.jumpWall(row.leap);
        ASSERT_TRUE(runBlocking(world.keeper.usable(world.merchant)));

        EXPECT_EQ(world.platform.calls("refresh"), row.refreshes) << row.leap.count();
    }
}

TEST_F(ClockLeap, TokenIsDeadBySteadyAgeThoughTheWallClockSaysOtherwise) {
    ASSERT_TRUE(usable());
    world_.clock.advance(kDead);
    world_.clock.jumpWall(-kDead);
    world_.platform.failNext("refresh", FakePlatform::unreachable());

    EXPECT_FALSE(usable());
}

}  // namespace
}  // namespace tenants
