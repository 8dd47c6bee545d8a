#include "tenants/usage/sweeper.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/memory_store.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;

class SweeperTest : public ::testing::Test {
protected:
    SweeperTest() {
        const Merchant merchant{MerchantId{"mer_1"}, "shop", false, "", 100, clock_.now(), 1, AppId{"wxcomponent"}};
        EXPECT_TRUE(runBlocking(store_.merchants.add(merchant)));
    }
    void hold(const std::string& request) {
        Reservation reservation;
        reservation.merchant = MerchantId{"mer_1"};
        reservation.request = RequestId{request};
        reservation.at = clock_.now();
        reservation.expires_at = clock_.now() + 13s;
        reservation.day = beijingDay(clock_.now());
        reservation.upstream_day = beijingDay(clock_.now());
        const auto reserved = runBlocking(store_.ledger.reserve(reservation));
        ASSERT_TRUE(reserved && std::holds_alternative<Reserved>(*reserved));
    }
    std::int64_t sweepExpired() { return *runBlocking(sweeper_.sweepExpired()); }

    test_support::FakeClock clock_{test_support::beijingNoon()};
    test_support::MemoryStore store_;
    Sweeper sweeper_{store_.ledger, clock_};
};

TEST_F(SweeperTest, AtStartUpEveryHoldIsFromBefore) {
    hold("req_1");
    hold("req_2");

    EXPECT_EQ(*runBlocking(sweeper_.sweepAll()), 2);
    EXPECT_EQ(store_.ledger.holds(MerchantId{"mer_1"}, HoldState::kHeld, {}, 10).size(), 0U);
}

TEST_F(SweeperTest, WhileRunningOnlyHoldsPastTheirExpiryAreTurned) {
    hold("req_old");
    clock_.advance(10s);
    hold("req_new");
    clock_.advance(3s + 1ms);

    EXPECT_EQ(sweepExpired(), 1);
    const auto unknown = store_.ledger.holds(MerchantId{"mer_1"}, HoldState::kUnknown, {}, 10);
    ASSERT_EQ(unknown.size(), 1U);
    EXPECT_EQ(unknown.front().request.text(), "req_old");
    EXPECT_EQ(unknown.front().reason, "abandoned");
}

TEST_F(SweeperTest, LeapOfTheWallClockIsNotHeldAgainstCallsUnderWay) {
    EXPECT_EQ(sweepExpired(), 0);
    hold("req_under_way");
    clock_.advance(2s);
    clock_.jumpWall(1h);

    EXPECT_EQ(sweepExpired(), 0);

    clock_.advance(15s);
    EXPECT_EQ(sweepExpired(), 1);
}

TEST_F(SweeperTest, WallClockThatFallsBackTurnsNothingEarly) {
    EXPECT_EQ(sweepExpired(), 0);
    hold("req_under_way");
    clock_.jumpWall(-1h);
    clock_.advance(2s);

    EXPECT_EQ(sweepExpired(), 0);
}

TEST_F(SweeperTest, StoreThatCannotWriteIsTold) {
    store_.faults.refuse("sweep");

    const auto swept = runBlocking(sweeper_.sweepExpired());

    ASSERT_FALSE(swept);
    EXPECT_EQ(swept.error().code, ErrorCode::kStoreUnavailable);
}

}  // namespace
}  // namespace tenants
