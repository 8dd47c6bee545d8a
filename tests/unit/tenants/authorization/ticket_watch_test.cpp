#include "tenants/authorization/ticket_watch.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_platform.h"
#include "tests/support/memory_store.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using Change = TicketWatch::Change;
using test_support::FakePlatform;

class TicketWatchTest : public ::testing::Test {
protected:
    void push() {
        const std::string text = "ticket@@@" + std::to_string(++pushed_);
        ASSERT_TRUE(runBlocking(store_.authorizations.saveTicket(shareSecret(text), clock_.now())));
    }
    TicketWatch::Report check() { return runBlocking(watch_.check()); }
    int requests() const { return platform_.calls("start_push"); }

    test_support::FakeClock clock_{test_support::beijingNoon()};
    test_support::MemoryStore store_;
    FakePlatform platform_;
    TicketWatch watch_{platform_, store_.authorizations, clock_, {}};
    int pushed_ = 0;
};

TEST_F(TicketWatchTest, TicketsEveryTenMinutesNeedNothing) {
    for (int i = 0; i < 20; ++i) {
        push();
        EXPECT_EQ(check().change, Change::kNone);
        clock_.advance(10min);
    }

    EXPECT_EQ(requests(), 0);
    EXPECT_EQ(watch_.health().trouble, "");
    EXPECT_EQ(watch_.health().age, 10min);
}

// Pitfall 15: a ticket that stays away is noticed long before the stored one ends.
TEST_F(TicketWatchTest, WeChatIsAskedToPushAgainWhenNoneCame) {
    push();
    check();
    clock_.advance(25min);
    EXPECT_FALSE(check().asked);

    clock_.advance(1s);
    const auto report = check();

    EXPECT_TRUE(report.asked);
    EXPECT_EQ(report.change, Change::kLate);
    EXPECT_EQ(watch_.health().trouble, "ticket_late");
    EXPECT_EQ(requests(), 1);
}

TEST_F(TicketWatchTest, RequestsPauseLongerAndLongerUpToHalfAnHour) {
    push();
    check();
    for (int minute = 0; minute < 12 * 60; ++minute) {
        clock_.advance(1min);
        check();
    }

    EXPECT_GE(requests(), 22);  // and it never gives up
    EXPECT_LE(requests(), 60);
}

TEST_F(TicketWatchTest, RequestThatFailsIsToldAndMadeAgain) {
    push();
    check();
    clock_.advance(26min);
    platform_.failNext("start_push", FakePlatform::unreachable());

    EXPECT_TRUE(check().failure);
    EXPECT_FALSE(check().asked);
    clock_.advance(1min);

    const auto again = check();
    EXPECT_TRUE(again.asked);
    EXPECT_FALSE(again.failure);
    EXPECT_EQ(again.change, Change::kNone);  // told once
}

TEST_F(TicketWatchTest, ArrivalEndsTheTroubleAndIsToldOnce) {
    push();
    check();
    clock_.advance(26min);
    check();
    push();

    EXPECT_EQ(check().change, Change::kArrived);
    EXPECT_EQ(check().change, Change::kNone);
    EXPECT_EQ(watch_.health().trouble, "");
}

TEST_F(TicketWatchTest, WithoutAnyTicketItCountsFromTheStart) {
    EXPECT_FALSE(check().asked);
    EXPECT_FALSE(watch_.health().has_ticket);
    clock_.advance(26min);

    EXPECT_TRUE(check().asked);
    EXPECT_EQ(watch_.health().trouble, "ticket_missing");
}

TEST_F(TicketWatchTest, TicketFromBeforeTheRestartIsAsOldAsTheWallClockSays) {
    push();
    clock_.advance(26min);
    TicketWatch restarted{platform_, store_.authorizations, clock_, {}};

    EXPECT_TRUE(runBlocking(restarted.check()).asked);
}

TEST_F(TicketWatchTest, TicketIsYoungWhenItComesWhateverWeChatsClockSays) {
    check();
    for (const auto skew : {-24h, 24h}) {
        const std::string text = "ticket@@@" + std::to_string(skew.count());
        ASSERT_TRUE(runBlocking(store_.authorizations.saveTicket(shareSecret(text), clock_.now() + skew)));
        EXPECT_FALSE(check().asked);
        EXPECT_EQ(watch_.health().age, 0ms);
    }
}

TEST_F(TicketWatchTest, LeapsOfTheWallClockChangeNothingWhileItWatches) {
    for (const std::chrono::minutes leap : {10min, 1440min, 43200min, -10min, -1440min, -43200min}) {
        push();
        check();
        clock_.jumpWall(leap);
        EXPECT_FALSE(check().asked) << leap.count();
        clock_.jumpWall(-leap);
    }
    clock_.jumpWall(-24h);
    clock_.advance(26min);
    EXPECT_TRUE(check().asked);  // late is late, whatever the wall clock says
}

TEST_F(TicketWatchTest, WallClockThatWasSetBackBeforeTheRestartMakesATicketNewAndNotLateForDays) {
    push();
    clock_.jumpWall(-24h * 3);
    TicketWatch restarted{platform_, store_.authorizations, clock_, {}};
    EXPECT_FALSE(runBlocking(restarted.check()).asked);

    clock_.advance(26min);

    EXPECT_TRUE(runBlocking(restarted.check()).asked);
}

}  // namespace
}  // namespace tenants
