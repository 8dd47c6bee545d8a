#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/support/contract/plan_fixture.h"

/// UsageLedger's contract: limits of plans, prepaid packs and WeChat's quota. Included by one source file of a program.
namespace test_support {

class QuotaContract : public PlanContract {};

// --- the windows of a plan

TEST_P(QuotaContract, MonthIsHeldUsedAndGivenBackLikeTheDay) {
    for (const char* request : {"r-1", "r-2", "r-3", "r-4"}) ASSERT_TRUE(reserved(reservation(request)));
    EXPECT_EQ(month().held, 4);
    EXPECT_EQ(month().limit, std::nullopt);
    EXPECT_EQ(month().span.starts, Period{kNoon}.starts());
    EXPECT_EQ(month().span.ends, Period{kNoon}.ends());

    settle(settlement("r-1"));
    settle(settlement("r-2", Outcome::kNotRecognised));
    release(releaseOf("r-3"));
    markUnknown("r-4");

    EXPECT_EQ(month().used, 1);
    EXPECT_EQ(month().held, 1);
    EXPECT_EQ(month().unknown, 1);
    settle(settlement("r-4"));
    EXPECT_EQ(month().used, 2);
    EXPECT_EQ(month().held, 0);
    EXPECT_EQ(month().unknown, 0);
}

TEST_P(QuotaContract, MonthLimitHoldsOverItsDays) {
    assign(plan("std", terms({}, 3)));
    ASSERT_TRUE(reserved(reservation("r-1")));
    settle(settlement("r-1"));
    ASSERT_TRUE(reserved(reservationAt("r-2", kNoon + kDay)));
    ASSERT_TRUE(reserved(reservationAt("r-3", kNoon + kDay)));

    const WindowFull full = refused(reservationAt("r-4", kNoon + 2 * kDay));

    EXPECT_EQ(full.policy, kMonthPolicy);
    EXPECT_EQ(full.ends_at, Period{kNoon}.ends());
    EXPECT_TRUE(reserved(reservationAt("r-4", Period{kNoon}.ends()))) << "the next month is a new window";
}

TEST_P(QuotaContract, SmallerDayLimitOfMerchantAndPlanCounts) {
    setDayLimit(kMerchant, 5);
    assign(plan("small", terms(2)));
    for (const char* request : {"r-1", "r-2"}) ASSERT_TRUE(reserved(reservation(request)));
    EXPECT_EQ(refused(reservation("r-3")).policy, kDayPolicy);

    assign(plan("large", terms(9)));

    EXPECT_EQ(day().limit, 5);
    setDayLimit(kMerchant, 20);
    EXPECT_EQ(day().limit, 9);
    setDayLimit(kMerchant, 3);
    EXPECT_EQ(day().limit, 3);
}

TEST_P(QuotaContract, ChangeOfPlanChangesOpenWindowsButNeverBelowWhatIsTaken) {
    for (const char* request : {"r-1", "r-2", "r-3"}) ASSERT_TRUE(reserved(reservation(request)));
    settle(settlement("r-1"));

    assign(plan("small", terms(1, 2)));

    EXPECT_EQ(day().limit, 3);
    EXPECT_EQ(month().limit, 3);
    release(releaseOf("r-2"));
    EXPECT_EQ(refused(reservation("r-4")).policy, kDayPolicy) << "what is given back is not taken again";
    EXPECT_EQ(day().limit, 2);
    assign(std::nullopt);
    EXPECT_EQ(day().limit, 100);
    EXPECT_EQ(month().limit, std::nullopt);
}

TEST_P(QuotaContract, VersionThatWasScheduledCountsFromItsInstantOnInTheSameWindow) {
    const UtcTime turns = kNoon + std::chrono::hours{1};
    assign(plan("before", terms(1)));
    const AssignmentId scheduled = assign(plan("after", terms(2)), turns);
    ASSERT_TRUE(reserved(reservation("r-1")));
    EXPECT_EQ(refused(reservationAt("r-2", turns - std::chrono::milliseconds{1})).policy, kDayPolicy);

    EXPECT_TRUE(reserved(reservationAt("r-2", turns)));

    EXPECT_EQ(day().limit, 2);
    EXPECT_EQ(refused(reservationAt("r-3", turns)).policy, kDayPolicy);
    EXPECT_EQ(runBlocking(plans().cancelAssignment(kMerchant, scheduled, turns)).error().code, ErrorCode::kConflict);
}

TEST_P(QuotaContract, AnyChangeOfAMerchantGivesItsWindowsTheLimitsOfTheVersionThatHasBegun) {
    const UtcTime turns = kNoon + std::chrono::hours{1};
    assign(plan("after", terms(5, 20)), turns);
    ASSERT_TRUE(reserved(reservation("r-1")));
    const Merchant unchanged = *stores_->merchants().find(kMerchant);

    const auto before = runBlocking(stores_->merchants().update(unchanged, turns - std::chrono::milliseconds{1}));
    ASSERT_TRUE(before);
    EXPECT_EQ(day().limit, 100);
    EXPECT_EQ(month().limit, std::nullopt) << "what has not begun counts for nothing";
    ASSERT_TRUE(runBlocking(stores_->merchants().update(*before, turns)));

    EXPECT_EQ(day().limit, 5);
    EXPECT_EQ(month().limit, 20);
}

TEST_P(QuotaContract, CancelledAssignmentGivesTheLimitsOfTheVersionThatHasBegunToo) {
    const UtcTime turns = kNoon + std::chrono::hours{1};
    assign(plan("after", terms(5, 20)), turns);
    const AssignmentId scheduled = assign(plan("never", terms(1, 1)), turns + std::chrono::hours{1});
    ASSERT_TRUE(reserved(reservation("r-1")));

    ASSERT_TRUE(runBlocking(plans().cancelAssignment(kMerchant, scheduled, turns)));

    EXPECT_EQ(day().limit, 5);
    EXPECT_EQ(month().limit, 20);
}

TEST_P(QuotaContract, CancelledScheduleNeverCounts) {
    const UtcTime turns = kNoon + std::chrono::hours{1};
    const AssignmentId scheduled = assign(plan("after", terms(0)), turns);
    ASSERT_TRUE(reserved(reservation("r-1")));

    ASSERT_TRUE(runBlocking(plans().cancelAssignment(kMerchant, scheduled, kNoon)));

    EXPECT_TRUE(reserved(reservationAt("r-2", turns)));
    EXPECT_EQ(day().limit, 100);
}

TEST_P(QuotaContract, ChargeCarriesThePlanOfTheInstantItWasHeldAt) {
    const PlanVersionId first = plan("first", terms());
    const PlanVersionId second = plan("second", terms());
    ASSERT_TRUE(reserved(reservation("r-0")));
    assign(first);
    ASSERT_TRUE(reserved(reservation("r-1")));
    assign(second, kNoon + std::chrono::hours{1});
    ASSERT_TRUE(reserved(reservationAt("r-2", kNoon + std::chrono::hours{1})));

    for (const char* request : {"r-0", "r-1", "r-2"}) settle(settlement(request));

    ASSERT_EQ(entries().size(), 3U);
    EXPECT_EQ(entries()[2].plan_version, std::nullopt);
    EXPECT_EQ(entries()[1].plan_version, first);
    EXPECT_EQ(entries()[0].plan_version, second);
}

TEST_P(QuotaContract, ScanThatStraddlesMidnightOfTheMonthsEndStaysInTheWindowsItWasHeldIn) {
    const UtcTime before = Period{kNoon}.ends() - std::chrono::milliseconds{1};
    ASSERT_TRUE(reserved(reservationAt("r-1", before)));

    Settlement late = settlement("r-1");
    late.now = before + std::chrono::seconds{5};
    settle(late);

    EXPECT_EQ(window(kDayPolicy, before).used, 1);
    EXPECT_EQ(month(before).used, 1);
    EXPECT_TRUE(ledger().openWindows(kMerchant, late.now).empty());
    EXPECT_EQ(entries()[0].period, Period{before});
}

TEST_P(QuotaContract, OneFullWindowTakesFromNone) {
    assign(plan("std", terms({}, 1)));
    grant(newPack("pack_a", 10));
    ASSERT_TRUE(reserved(reservation("r-1")));

    EXPECT_EQ(refused(reservation("r-2")).policy, kMonthPolicy);

    EXPECT_EQ(day().held, 1);
    EXPECT_EQ(month().held, 1);
    EXPECT_EQ(upstreamDay().held, 1);
    EXPECT_EQ(pack("pack_a").held, 1);
}

TEST_P(QuotaContract, FirstFullWindowByNameIsTold) {
    assign(plan("none", terms(0, 0)));
    setUpstream(0);

    EXPECT_EQ(refused(reservation("r-1")).policy, kDayPolicy);
    assign(plan("month", terms({}, 0)));
    EXPECT_EQ(refused(reservation("r-1")).policy, kMonthPolicy);
    PlanTerms prepaid = terms();
    prepaid.packs_only = true;
    assign(plan("prepaid", prepaid));
    EXPECT_EQ(refused(reservation("r-1")).policy, kPackPolicy);
    grant(newPack("pack_a", 1));
    EXPECT_EQ(refused(reservation("r-1")).policy, kUpstreamDayPolicy);
    EXPECT_TRUE(ledger().openWindows(kMerchant, kNoon).empty());
}

TEST_P(QuotaContract, LimitsOfOneMerchantAreNotThoseOfAnother) {
    assign(plan("none", terms(0)));
    setUpstream(0);
    Reservation theirs = reservation("r-1");
    theirs.merchant = kOther;

    EXPECT_TRUE(reserved(theirs));
    EXPECT_EQ(refused(reservation("r-1")).policy, kDayPolicy);
}

// --- prepaid packs

TEST_P(QuotaContract, PackIsHeldUsedAndGivenBackLikeAWindow) {
    grant(newPack("pack_a", 10));
    for (const char* request : {"r-1", "r-2", "r-3", "r-4"}) ASSERT_TRUE(reserved(reservation(request)));
    EXPECT_EQ(pack("pack_a").held, 4);

    settle(settlement("r-1"));
    settle(settlement("r-2", Outcome::kNotRecognised));
    release(releaseOf("r-3"));
    markUnknown("r-4");

    EXPECT_EQ(pack("pack_a").used, 1);
    EXPECT_EQ(pack("pack_a").held, 1) << "an unknown scan keeps its unit";
    EXPECT_EQ(entries()[0].pack, PackId{"pack_a"});
    settle(settlement("r-4"));
    EXPECT_EQ(pack("pack_a").used, 2);
    EXPECT_EQ(pack("pack_a").held, 0);
}

TEST_P(QuotaContract, FirstPackToExpirePaysUntilItHasNoMore) {
    grant(newPack("pack_long", 1, std::chrono::hours{48}));
    grant(newPack("pack_short", 2, std::chrono::hours{24}));

    for (const char* request : {"r-1", "r-2", "r-3", "r-4"}) {
        ASSERT_TRUE(reserved(reservation(request)));
        settle(settlement(request));
    }

    ASSERT_EQ(entries().size(), 4U);
    EXPECT_EQ(entries()[3].pack, PackId{"pack_short"});
    EXPECT_EQ(entries()[2].pack, PackId{"pack_short"});
    EXPECT_EQ(entries()[1].pack, PackId{"pack_long"});
    EXPECT_EQ(entries()[0].pack, std::nullopt) << "without packs_only the plan pays on";
}

TEST_P(QuotaContract, PackPaysBeforeItsExpiryOnly) {
    const UtcTime end = kNoon + kDay;
    grant(newPack("pack_a", 10, kDay));
    ASSERT_TRUE(reserved(reservationAt("r-1", end - std::chrono::milliseconds{1})));
    ASSERT_TRUE(reserved(reservationAt("r-2", end)));

    for (const char* request : {"r-1", "r-2"}) settle(settlement(request));

    EXPECT_EQ(entries()[1].pack, PackId{"pack_a"}) << "held in time, settled after the end";
    EXPECT_EQ(entries()[0].pack, std::nullopt);
    EXPECT_EQ(pack("pack_a").used, 1);
}

TEST_P(QuotaContract, PacksOnlyPlanRefusesWithoutUnits) {
    PlanTerms prepaid = terms();
    prepaid.packs_only = true;
    assign(plan("prepaid", prepaid));
    EXPECT_EQ(refused(reservation("r-1")).policy, kPackPolicy);
    EXPECT_EQ(refused(reservation("r-1")).ends_at, std::nullopt);

    grant(newPack("pack_a", 1));
    ASSERT_TRUE(reserved(reservation("r-1")));
    EXPECT_EQ(refused(reservation("r-2")).policy, kPackPolicy);
    release(releaseOf("r-1"));

    EXPECT_TRUE(reserved(reservation("r-2"))) << "what was given back is there again";
    grant(newPack("pack_b", 5));
    EXPECT_TRUE(reserved(reservation("r-3")));
    ASSERT_TRUE(runBlocking(plans().expirePack(kMerchant, PackId{"pack_b"}, kNoon + std::chrono::seconds{1})));
    EXPECT_EQ(refused(reservationAt("r-4", kNoon + std::chrono::seconds{1})).policy, kPackPolicy);
    settle(settlement("r-3"));
    EXPECT_EQ(pack("pack_b").used, 1);
}

TEST_P(QuotaContract, PackOfAnotherMerchantPaysNothing) {
    Pack foreign = newPack("pack_b", 5);
    foreign.merchant = kOther;
    grant(foreign);

    ASSERT_TRUE(reserved(reservation("r-1")));
    settle(settlement("r-1"));

    EXPECT_EQ(entries()[0].pack, std::nullopt);
    EXPECT_EQ(plans().packs(kOther, std::nullopt, 1)[0].left(), 5);
}

TEST_P(QuotaContract, ReopenedRequestTakesFromWhatCountsAtItsSecondTry) {
    Reservation first = reservation("r-1");
    first.fingerprint = fingerprint(1);
    grant(newPack("pack_a", 1));
    ASSERT_TRUE(reserved(first));
    release(releaseOf("r-1"));
    const PlanVersionId version = plan("std", terms());
    assign(version);
    ASSERT_TRUE(runBlocking(plans().expirePack(kMerchant, PackId{"pack_a"}, kNoon + std::chrono::seconds{1})));

    Reservation again = reservationAt("r-1", kNoon + std::chrono::seconds{1});
    again.fingerprint = first.fingerprint;
    ASSERT_TRUE(reserved(again));
    settle(settlement("r-1"));

    EXPECT_EQ(entries()[0].plan_version, version);
    EXPECT_EQ(entries()[0].pack, std::nullopt);
    EXPECT_EQ(pack("pack_a").left(), 1);
}

// --- WeChat's quota

TEST_P(QuotaContract, FreeCallsOfTheDayAreCountedWithWhoHasThem) {
    setUpstream(2);
    ASSERT_TRUE(reserved(reservation("r-1")));
    ASSERT_TRUE(reserved(reservation("r-2")));
    settle(settlement("r-1", Outcome::kNotRecognised));

    const WindowFull full = refused(reservation("r-3"));

    EXPECT_EQ(full.policy, kUpstreamDayPolicy);
    EXPECT_EQ(full.ends_at, beijingDay(kNoon).ends);
    ASSERT_TRUE(full.upstream);
    EXPECT_EQ(full.upstream->limit, 2);
    EXPECT_EQ(full.upstream->used, 1);
    EXPECT_EQ(full.upstream->held, 1);
    EXPECT_EQ(full.upstream->used_elsewhere, 0);
    EXPECT_EQ(upstreamDay().limit, 2);
    release(releaseOf("r-2"));
    EXPECT_TRUE(reserved(reservation("r-3")));
    EXPECT_TRUE(reserved(reservationAt("r-4", kNoon + kDay))) << "a new day has its own";
}

TEST_P(QuotaContract, PacksBoughtAtWeChatAreCountedDownAfterTheFreeCalls) {
    setUpstream(1, 2);
    ASSERT_TRUE(reserved(reservation("r-1")));
    EXPECT_EQ(upstreamPackUnits(), 2);
    ASSERT_TRUE(reserved(reservation("r-2")));
    EXPECT_EQ(upstreamPackUnits(), 1);
    ASSERT_TRUE(reserved(reservation("r-3")));
    EXPECT_EQ(upstreamPackUnits(), 0);
    EXPECT_EQ(upstreamDay().limit, 3);
    EXPECT_EQ(refused(reservation("r-4")).policy, kUpstreamDayPolicy);

    settle(settlement("r-1"));
    settle(settlement("r-2", Outcome::kNotRecognised));
    EXPECT_EQ(upstreamPackUnits(), 0);
    release(releaseOf("r-3"));
    EXPECT_EQ(upstreamPackUnits(), 1);
    ASSERT_TRUE(reserved(reservation("r-4")));
    markUnknown("r-4");

    EXPECT_EQ(upstreamPackUnits(), 0) << "an unknown scan keeps its unit";
    ASSERT_TRUE(reserved(reservationAt("r-5", kNoon + kDay))) << "the next day's free call";
    EXPECT_EQ(refused(reservationAt("r-6", kNoon + kDay)).policy, kUpstreamDayPolicy);
}

TEST_P(QuotaContract, PackUnitsThatYesterdayStillHoldsAreNotOfferedToday) {
    setUpstream(1, 1);
    ASSERT_TRUE(reserved(reservation("r-1")));
    ASSERT_TRUE(reserved(reservation("r-2")));  // from the pack, and not back yet
    ASSERT_TRUE(reserved(reservationAt("r-3", kNoon + kDay)));

    EXPECT_EQ(refused(reservationAt("r-4", kNoon + kDay)).policy, kUpstreamDayPolicy);

    release(releaseOf("r-2"));
    EXPECT_EQ(upstreamPackUnits(), 1);
    ASSERT_TRUE(reserved(reservationAt("r-4", kNoon + 2 * kDay)));
    ASSERT_TRUE(reserved(reservationAt("r-5", kNoon + 2 * kDay)));
    EXPECT_EQ(refused(reservation("r-6")).policy, kUpstreamDayPolicy) << "the clock went back: the pack is gone there";
}

TEST_P(QuotaContract, RefusalOfWeChatMarksTheWindowFullAndSaysThatOthersUsedTheRest) {
    setUpstream(10, 5);
    ASSERT_TRUE(reserved(reservation("r-1")));
    settle(settlement("r-1"));
    ASSERT_TRUE(reserved(reservation("r-2")));

    Release refusal = releaseOf("r-2");
    refusal.upstream_full = true;
    release(refusal);

    const WindowFull full = refused(reservation("r-3"));
    EXPECT_EQ(full.policy, kUpstreamDayPolicy);
    ASSERT_TRUE(full.upstream);
    EXPECT_EQ(full.upstream->used, 1);
    EXPECT_EQ(full.upstream->used_elsewhere, 9);
    EXPECT_EQ(upstreamDay().limit, 1);
    EXPECT_EQ(upstreamDay().used_elsewhere, 9);
    EXPECT_EQ(upstreamPackUnits(), 5);
}

TEST_P(QuotaContract, ReopenedWindowHasNoLimitUntilWeChatRefuses) {
    setUpstream(1);
    ASSERT_TRUE(reserved(reservation("r-1")));
    ASSERT_EQ(refused(reservation("r-2")).policy, kUpstreamDayPolicy);

    ASSERT_TRUE(runBlocking(ledger().reopenUpstreamWindow(kMerchant, kNoon)));

    EXPECT_EQ(upstreamDay().limit, std::nullopt);
    for (const char* request : {"r-2", "r-3"}) EXPECT_TRUE(reserved(reservation(request)));
    Release refusal = releaseOf("r-3");
    refusal.upstream_full = true;
    release(refusal);
    EXPECT_EQ(refused(reservation("r-4")).policy, kUpstreamDayPolicy);
    EXPECT_EQ(upstreamDay().limit, 2);
}

TEST_P(QuotaContract, OperatorsNumbersOpenTheWindowThatIsFull) {
    setUpstream(2);
    ASSERT_TRUE(reserved(reservation("r-1")));
    Release refusal = releaseOf("r-1");
    refusal.upstream_full = true;
    release(refusal);
    ASSERT_EQ(refused(reservation("r-2")).policy, kUpstreamDayPolicy);

    const Merchant changed = setUpstream(2, 1);

    EXPECT_EQ(changed.upstream_day_free, 2);
    EXPECT_EQ(changed.upstream_pack_units, 1);
    EXPECT_EQ(upstreamDay().limit, 1) << "others used the two free calls";
    ASSERT_TRUE(reserved(reservation("r-2")));
    EXPECT_EQ(upstreamPackUnits(), 0);
    EXPECT_EQ(refused(reservation("r-3")).policy, kUpstreamDayPolicy);
}

TEST_P(QuotaContract, ChangeOfWhatIsElseLeavesWeChatsNumbersAsScansLeftThem) {
    setUpstream(1, 5);
    const Merchant read_before = *stores_->merchants().find(kMerchant);
    for (const char* request : {"r-1", "r-2"}) ASSERT_TRUE(reserved(reservation(request)));

    Merchant changed = read_before;
    changed.name = "another";
    const auto updated = runBlocking(stores_->merchants().update(changed, kNoon));

    ASSERT_TRUE(updated);
    EXPECT_EQ(updated->upstream_pack_units, 4);
    EXPECT_EQ(upstreamPackUnits(), 4);
}

TEST_P(QuotaContract, NumbersThatAreNotKnownAnyMoreLimitNothing) {
    setUpstream(1);
    ASSERT_TRUE(reserved(reservation("r-1")));
    UpstreamQuotaChange change;
    change.day_free = std::optional<std::int64_t>{};

    ASSERT_TRUE(runBlocking(stores_->merchants().update(*stores_->merchants().find(kMerchant), kNoon, change)));

    EXPECT_EQ(upstreamDay().limit, std::nullopt);
    EXPECT_TRUE(reserved(reservation("r-2")));
}

TEST_P(QuotaContract, WeChatsWordIsTakenForTheMerchantAndTheOpenWindow) {
    setUpstream(1);
    ASSERT_TRUE(reserved(reservation("r-1")));
    ASSERT_EQ(refused(reservation("r-2")).policy, kUpstreamDayPolicy);

    ASSERT_TRUE(runBlocking(ledger().takeUpstreamQuota(kMerchant, {.day_free = 10, .used = 8}, kNoon)));

    EXPECT_EQ(upstreamDay().used_elsewhere, 7);
    EXPECT_EQ(upstreamDay().limit, 3);
    EXPECT_EQ(stores_->merchants().find(kMerchant)->upstream_day_free, 10);
    for (const char* request : {"r-2", "r-3"}) EXPECT_TRUE(reserved(reservation(request)));
    const WindowFull full = refused(reservation("r-4"));
    EXPECT_EQ(full.upstream->limit + full.upstream->used_elsewhere, 10);
    ASSERT_TRUE(runBlocking(ledger().takeUpstreamQuota(kMerchant, {.day_free = 2, .used = 2}, kNoon)));
    EXPECT_EQ(upstreamDay().limit, 3) << "never below what is taken";
    EXPECT_EQ(runBlocking(ledger().takeUpstreamQuota(MerchantId{"mer_none"}, {}, kNoon)).error().code,
              ErrorCode::kNotFound);
}

// --- warnings

TEST_P(QuotaContract, WindowIsMarkedAtEightyAndNinetyFivePercentOnceEach) {
    setDayLimit(kMerchant, 20);
    auto reserveUpTo = [this, next = 0](int count) mutable {
        while (next < count) ASSERT_TRUE(reserved(reservation("r-" + std::to_string(++next))));
    };

    reserveUpTo(15);
    EXPECT_EQ(day().warned_percent, 0);
    reserveUpTo(16);
    EXPECT_EQ(day().warned_percent, 80);
    reserveUpTo(18);
    EXPECT_EQ(day().warned_percent, 80);
    reserveUpTo(19);
    EXPECT_EQ(day().warned_percent, 95);
    release(releaseOf("r-1"));
    EXPECT_EQ(day().warned_percent, 95);
    EXPECT_EQ(month().warned_percent, 0) << "it has no limit";
}

TEST_P(QuotaContract, PackIsMarkedAtEightyAndNinetyFivePercentOnceEach) {
    grant(newPack("pack_a", 20));
    const auto warned = [this] { return pack("pack_a").warned_percent; };
    auto reserveUpTo = [this, next = 0](int count) mutable {
        while (next < count) ASSERT_TRUE(reserved(reservation("r-" + std::to_string(++next))));
    };

    reserveUpTo(15);
    EXPECT_EQ(warned(), 0);
    reserveUpTo(16);
    EXPECT_EQ(warned(), 80);
    reserveUpTo(18);
    EXPECT_EQ(warned(), 80);
    reserveUpTo(19);
    EXPECT_EQ(warned(), 95);
    release(releaseOf("r-1"));
    EXPECT_EQ(warned(), 95) << "once told it stays told";
}

TEST_P(QuotaContract, LowerLimitMarksTheWindowToo) {
    for (const char* request : {"r-1", "r-2", "r-3", "r-4"}) ASSERT_TRUE(reserved(reservation(request)));

    assign(plan("std", terms({}, 5)));
    EXPECT_EQ(month().warned_percent, 80);
    setDayLimit(kMerchant, 4);
    EXPECT_EQ(day().warned_percent, 95);
}

TEST_P(QuotaContract, WhatOthersUsedOfWeChatsQuotaCountsForItsWarning) {
    setUpstream(100);
    ASSERT_TRUE(reserved(reservation("r-1")));
    EXPECT_EQ(upstreamDay().warned_percent, 0);

    ASSERT_TRUE(runBlocking(ledger().takeUpstreamQuota(kMerchant, {.day_free = 100, .used = 80}, kNoon)));

    EXPECT_EQ(upstreamDay().warned_percent, 80);
}

}  // namespace test_support
