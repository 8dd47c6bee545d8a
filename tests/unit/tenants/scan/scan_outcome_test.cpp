#include <gtest/gtest.h>

#include "tenants/scan/scan_licence.h"
#include "tests/support/spawned.h"
#include "tests/support/world.h"

// The table of outcomes and what each does to money: ledger.md, "Outcomes".
namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::FakeUpstream;
using test_support::ScanWorld;
using test_support::Spawned;

class ScanOutcome : public ::testing::Test {
protected:
    struct Money {
        HoldState hold;
        std::int64_t day_used, day_held, upstream_used, upstream_held;
        std::size_t charges;
    };
    void expectMoney(const Money& expected) {
        EXPECT_EQ(holdStateText(world_.hold("req_1").state), holdStateText(expected.hold));
        EXPECT_EQ(world_.window(kDayPolicy).used, expected.day_used);
        EXPECT_EQ(world_.window(kDayPolicy).held, expected.day_held);
        EXPECT_EQ(world_.window(kUpstreamDayPolicy).used, expected.upstream_used);
        EXPECT_EQ(world_.window(kUpstreamDayPolicy).held, expected.upstream_held);
        EXPECT_EQ(world_.charges(), expected.charges);
    }
    Error scanError() {
        const auto scanned = world_.scan(world_.input("req_1"));
        if (scanned) {
            ADD_FAILURE() << "scanned";
            return {ErrorCode::kConflict, ""};
        }
        return scanned.error();
    }

    ScanWorld world_;
};

TEST_F(ScanOutcome, RecognisedIsChargedEverywhere) {
    ASSERT_TRUE(world_.scan(world_.input("req_1")));

    expectMoney({HoldState::kSettled, 1, 0, 1, 0, 1});
}

TEST_F(ScanOutcome, NotRecognisedIsGivenBackToTheMerchantAndUsedUpstream) {
    world_.upstream.plan(FakeUpstream::refused(101001, "certificate not found"));

    const Error error = scanError();

    EXPECT_EQ(error.code, ErrorCode::kNotRecognised);
    EXPECT_EQ(error.upstream->errcode, 101001);
    EXPECT_EQ(error.upstream->rid, "11111111-22222222-33333333");
    EXPECT_EQ(error.request_id, "req_1");
    expectMoney({HoldState::kSettled, 0, 0, 1, 0, 0});
}

TEST_F(ScanOutcome, RefusedBeforeAnyWorkIsGivenBack) {
    struct Row {
        int errcode;
        ErrorCode code;
    };
    for (const Row row : {Row{-1, ErrorCode::kUpstreamBusy}, Row{40005, ErrorCode::kImageInvalid},
                          Row{40009, ErrorCode::kImageTooLarge}, Row{41005, ErrorCode::kImageMissing},
                          Row{101000, ErrorCode::kImageUrlInvalid}, Row{45011, ErrorCode::kRateLimited},
                          Row{61007, ErrorCode::kPermission117Missing}, Row{61003, ErrorCode::kMerchantNotAuthorized},
                          Row{48001, ErrorCode::kAccountNotEligible}, Row{77777, ErrorCode::kUpstreamRefused}}) {
        ScanWorld world;
        world.upstream.plan(FakeUpstream::refused(row.errcode, "text of WeChat's"));

        const auto scanned = world.scan(world.input("req_1"));

        ASSERT_FALSE(scanned) << row.errcode;
        EXPECT_EQ(scanned.error().code, row.code) << row.errcode;
        EXPECT_EQ(scanned.error().upstream->errcode, row.errcode);
        EXPECT_EQ(scanned.error().for_caller.find("text of WeChat's"), std::string::npos);
        EXPECT_EQ(world.upstream.calls().size(), 1U) << row.errcode;  // no repeat, not of a busy one either
        EXPECT_EQ(world.hold("req_1").state, HoldState::kReleased) << row.errcode;
        EXPECT_EQ(world.hold("req_1").reason, stableCode(row.code));
        EXPECT_EQ(world.window(kDayPolicy).held, 0);
        EXPECT_EQ(world.window(kUpstreamDayPolicy).held, 0);
        EXPECT_EQ(world.window(kUpstreamDayPolicy).used, 0);
    }
}

TEST_F(ScanOutcome, UpstreamQuotaGoneIsGivenBackAndStopsCallsUntilItTurns) {
    struct Row {
        int errcode;
        std::string errmsg;
    };
    for (const Row& row : {Row{101003, ""}, Row{45009, ""}, Row{101002, "not enough market quota"}}) {
        ScanWorld world;
        ASSERT_TRUE(world.scan(world.input("req_0")));
        world.upstream.plan(FakeUpstream::refused(row.errcode, row.errmsg));

        const auto first = world.scan(world.input("req_1"));
        const auto second = world.scan(world.input("req_2"));

        ASSERT_FALSE(first);
        EXPECT_EQ(first.error().code, ErrorCode::kUpstreamQuotaExceeded);
        EXPECT_EQ(first.error().retry_at, beijingDay(world.clock.now()).ends);
        EXPECT_EQ(world.hold("req_1").state, HoldState::kReleased);
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, ErrorCode::kUpstreamQuotaExceeded);
        EXPECT_EQ(second.error().retry_at, beijingDay(world.clock.now()).ends);
        EXPECT_EQ(world.upstream.calls().size(), 2U);
        EXPECT_EQ(world.window(kDayPolicy).used, 1);
        EXPECT_EQ(world.window(kDayPolicy).held, 0);
        EXPECT_EQ(world.window(kUpstreamDayPolicy).limit, 1);

        world.clock.advance(12h);
        EXPECT_TRUE(world.scan(world.input("req_3")));
    }
}

TEST_F(ScanOutcome, WhatNeverLeftUsIsGivenBack) {
    for (const bool timed_out : {false, true}) {
        ScanWorld world;
        world.upstream.plan(FakeUpstream::silence(false, timed_out));

        const auto scanned = world.scan(world.input("req_1"));

        ASSERT_FALSE(scanned);
        EXPECT_EQ(scanned.error().code, timed_out ? ErrorCode::kUpstreamTimeout : ErrorCode::kUpstreamUnreachable);
        EXPECT_EQ(world.hold("req_1").state, HoldState::kReleased);
        EXPECT_EQ(world.window(kDayPolicy).held, 0);
    }
}

TEST_F(ScanOutcome, SentWithoutAnAnswerIsUnknownStaysHeldAndIsNotRepeated) {
    for (const bool timed_out : {false, true}) {
        ScanWorld world;
        world.upstream.plan(FakeUpstream::silence(true, timed_out));

        const auto scanned = world.scan(world.input("req_1"));

        ASSERT_FALSE(scanned);
        EXPECT_EQ(scanned.error().code, timed_out ? ErrorCode::kUpstreamTimeout : ErrorCode::kUpstreamUnreachable);
        EXPECT_EQ(scanned.error().request_id, "req_1");
        EXPECT_EQ(world.upstream.calls().size(), 1U);
        EXPECT_EQ(world.hold("req_1").state, HoldState::kUnknown);
        EXPECT_EQ(world.hold("req_1").reason, timed_out ? "upstream_timeout" : "upstream_unreachable");
        EXPECT_EQ(world.window(kDayPolicy).held, 1);
        EXPECT_EQ(world.window(kDayPolicy).unknown, 1);
        EXPECT_EQ(world.window(kUpstreamDayPolicy).held, 1);
        EXPECT_EQ(world.charges(), 0U);
    }
}

TEST_F(ScanOutcome, SuccessWithoutTheFieldsIsUnknown) {
    UpstreamAnswer answer = FakeUpstream::recognised();
    answer.has_licence = false;
    world_.upstream.plan(answer);

    EXPECT_EQ(scanError().code, ErrorCode::kUpstreamUnreachable);
    EXPECT_EQ(world_.hold("req_1").reason, "answer_incomplete");
    expectMoney({HoldState::kUnknown, 0, 1, 0, 1, 0});
}

TEST_F(ScanOutcome, SilenceAfterTheRepeatIsUnknownToo) {
    world_.upstream.plan(FakeUpstream::refused(40001));
    world_.upstream.plan(FakeUpstream::silence(true, true));

    EXPECT_EQ(scanError().code, ErrorCode::kUpstreamTimeout);
    expectMoney({HoldState::kUnknown, 0, 1, 0, 1, 0});
}

TEST_F(ScanOutcome, AnswerThatCannotBeBookedIsNotGivenOut) {
    world_.store.faults.refuse("settle");

    const Error error = scanError();

    EXPECT_EQ(error.code, ErrorCode::kStoreUnavailable);
    EXPECT_EQ(error.request_id, "req_1");
    expectMoney({HoldState::kHeld, 0, 1, 0, 1, 0});
}

TEST_F(ScanOutcome, StoreThatCannotHoldStopsTheCall) {
    world_.store.faults.refuse("reserve");

    EXPECT_EQ(scanError().code, ErrorCode::kStoreUnavailable);
    EXPECT_TRUE(world_.upstream.calls().empty());
}

TEST_F(ScanOutcome, StoreThatCannotReleaseIsLoggedBesideTheOutcome) {
    world_.store.faults.refuse("release");
    world_.upstream.plan(FakeUpstream::refused(-1));

    const Error error = scanError();

    EXPECT_EQ(error.code, ErrorCode::kUpstreamBusy);
    EXPECT_NE(error.for_log.find("store_unavailable"), std::string::npos);
    expectMoney({HoldState::kHeld, 0, 1, 0, 1, 0});
}

TEST_F(ScanOutcome, StoreThatCannotMarkUnknownIsLoggedBesideTheOutcome) {
    world_.store.faults.refuse("markUnknown");
    world_.upstream.plan(FakeUpstream::silence(true, true));

    const Error error = scanError();

    EXPECT_EQ(error.code, ErrorCode::kUpstreamTimeout);
    EXPECT_NE(error.for_log.find("store_unavailable"), std::string::npos);
    expectMoney({HoldState::kHeld, 0, 1, 0, 1, 0});
}

TEST_F(ScanOutcome, AnswerThatComesAfterTheSweeperIsStillBooked) {
    const auto gate = world_.upstream.holdCalls();
    Spawned<Result<ScanOutput>> scan{world_.scans.scan(world_.input("req_1"))};
    EXPECT_EQ(world_.hold("req_1").state, HoldState::kHeld);
    world_.clock.advance(14s);
    ASSERT_EQ(*runBlocking(world_.store.ledger.sweep(world_.clock.now(), world_.clock.now())), 1);

    gate->open();

    ASSERT_TRUE(scan.ended());
    EXPECT_TRUE(scan.result());
    expectMoney({HoldState::kSettled, 1, 0, 1, 0, 1});
}

TEST_F(ScanOutcome, HoldExpiresAMarginAfterTheDeadline) {
    const auto gate = world_.upstream.holdCalls();
    Spawned<Result<ScanOutput>> scan{world_.scans.scan(world_.input("req_1"))};
    const UtcTime expiry = world_.clock.now() + 13s;  // 8 s for the call, 5 s on top

    EXPECT_EQ(*runBlocking(world_.store.ledger.sweep(expiry, expiry)), 0);
    EXPECT_EQ(*runBlocking(world_.store.ledger.sweep(expiry + 1ms, expiry)), 1);
    gate->open();
}

TEST_F(ScanOutcome, LateFieldsOfARequestThatWasSettledWithoutAChargeAreGivenToNobody) {
    world_.upstream.plan(FakeUpstream::recognised(), [&] {
        Settlement other_try;
        other_try.merchant = world_.merchant;
        other_try.request = RequestId{"req_1"};
        other_try.outcome = Outcome::kNotRecognised;
        other_try.now = world_.clock.now();
        ASSERT_TRUE(runBlocking(world_.store.ledger.settle(other_try)));
    });

    const Error error = scanError();

    EXPECT_EQ(error.code, ErrorCode::kConflict);
    EXPECT_EQ(error.request_id, "req_1");
    expectMoney({HoldState::kSettled, 0, 0, 1, 0, 0});
}

}  // namespace
}  // namespace tenants
