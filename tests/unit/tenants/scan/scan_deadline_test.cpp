#include "tenants/scan/scan_licence.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/spawned.h"
#include "tests/support/world.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::FakeUpstream;
using test_support::ScanWorld;
using test_support::Spawned;

/// What a scan waits for together with others: it gives up at its deadline, and that goes on.
class ScanDeadline : public ::testing::Test {
protected:
    using Scan = Spawned<Result<ScanOutput>>;

    static void expectTimeout(Scan& scan) {
        ASSERT_TRUE(scan.ended());
        ASSERT_FALSE(scan.result());
        EXPECT_EQ(scan.result().error().code, ErrorCode::kUpstreamTimeout);
    }
    void expectNothingHeld() const {
        EXPECT_EQ(world_.window("day").held, 0);
        EXPECT_EQ(world_.window("day").used, 0);
    }

    ScanWorld world_;
};

TEST_F(ScanDeadline, SlowRefreshEndsTheScanAndServesTheNextOne) {
    world_.clock.advance(2h);
    const auto gate = world_.platform.delayNext("refresh");
    Scan first{world_.scans.scan(world_.input("req-1"))};
    Scan second{world_.scans.scan(world_.input("req-2"))};  // waits for the lock of the first
    ASSERT_FALSE(first.ended() || second.ended());

    world_.patience.runOut();

    expectTimeout(first);
    expectTimeout(second);
    expectNothingHeld();
    EXPECT_TRUE(world_.upstream.calls().empty());
    gate->open();
    EXPECT_TRUE(world_.scan(world_.input("req-3")));
    EXPECT_EQ(world_.platform.calls("refresh"), 1) << "the refresh that nobody waited for was not in vain";
}

TEST_F(ScanDeadline, SlowReplacementOfARefusedTokenGivesTheUnitBack) {
    world_.upstream.plan(FakeUpstream::refused(40001));
    const auto gate = world_.platform.delayNext("refresh");
    Scan scan{world_.scans.scan(world_.input("req-1"))};
    ASSERT_FALSE(scan.ended());
    EXPECT_EQ(world_.window("day").held, 1);

    world_.patience.runOut();

    expectTimeout(scan);
    expectNothingHeld();
    EXPECT_EQ(world_.hold("req-1").state, HoldState::kReleased);
    gate->open();
    EXPECT_EQ(world_.upstream.calls().size(), 1U) << "nobody is there any more to repeat the call for";
    EXPECT_TRUE(world_.scan(world_.input("req-2")));
    EXPECT_EQ(world_.platform.calls("refresh"), 1);
}

TEST_F(ScanDeadline, GrantsThatAreReadTooSlowlyEndTheScanAndAreKnownToTheNextOne) {
    ASSERT_TRUE(runBlocking(world_.grants.doubtGrants(world_.merchant)));
    const int infos = world_.platform.calls("info");
    const auto gate = world_.platform.delayNext("info");
    Scan scan{world_.scans.scan(world_.input("req-1"))};
    ASSERT_FALSE(scan.ended());

    world_.patience.runOut();

    expectTimeout(scan);
    expectNothingHeld();
    gate->open();
    EXPECT_FALSE(world_.authorization()->grants_stale);
    EXPECT_TRUE(world_.scan(world_.input("req-2")));
    EXPECT_EQ(world_.platform.calls("info"), infos + 1);
}

TEST_F(ScanDeadline, TokenThatWorksNeedsNoPatience) {
    EXPECT_TRUE(world_.scan(world_.input("req-1")));

    EXPECT_EQ(world_.patience.waits(), 0);
}

}  // namespace
}  // namespace tenants
