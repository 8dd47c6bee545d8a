#include "tenants/scan/scan_licence.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "tests/support/receipts.h"
#include "tests/support/spawned.h"
#include "tests/support/world.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::entryNumber;
using test_support::FakePlatform;
using test_support::FakeUpstream;
using test_support::ScanWorld;
using test_support::Spawned;

class ScanLicenceTest : public ::testing::Test {
protected:
    ErrorCode refusal(const Result<ScanOutput>& scanned) {
        if (scanned) ADD_FAILURE() << "scanned";
        return scanned ? ErrorCode::kConflict : scanned.error().code;
    }
    void setMerchant(bool suspended, std::int64_t day_limit) {
        Merchant merchant = *world_.store.merchants.find(world_.merchant);
        merchant.suspended = suspended;
        merchant.day_limit = day_limit;
        ASSERT_TRUE(runBlocking(world_.store.merchants.update(merchant, world_.clock.now())));
    }

    ScanWorld world_;
};

TEST_F(ScanLicenceTest, RecognisedScanIsAnsweredAndCharged) {
    const auto scanned = world_.scan(world_.input("req_1"));

    ASSERT_TRUE(scanned);
    EXPECT_EQ(scanned->body->expose(), FakeUpstream::recognised().body);
    EXPECT_EQ(scanned->request.text(), "req_1");
    EXPECT_EQ(entryNumber(scanned->receipt), 1);
    EXPECT_FALSE(scanned->replayed);
    ASSERT_EQ(world_.charges(), 1U);
    const UsageEntry entry = world_.store.ledger.entries(world_.merchant, {}, 1).front();
    EXPECT_EQ(entry.kind, EntryKind::kCharge);
    EXPECT_EQ(entry.key, KeyId{"key_1"});
    EXPECT_EQ(entry.at, world_.clock.now());
}

TEST_F(ScanLicenceTest, UpstreamGetsTheMerchantsOwnTokenThePictureAndTheDeadline) {
    ASSERT_TRUE(world_.scan(world_.input("req_1")));

    const auto calls = world_.upstream.calls();
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].appid, world_.appid);
    EXPECT_EQ(calls[0].access_token, world_.authorization()->access_token->expose());
    EXPECT_EQ(std::get<ImageBytes>(calls[0].picture).bytes, "picture");
    EXPECT_EQ(calls[0].deadline, world_.clock.steady() + 8s);
}

TEST_F(ScanLicenceTest, RefusalsComeInTheirOrderAndCostNothing) {
    struct Row {
        ErrorCode expected;
        std::function<void()> spoil;
    };
    // Each obstacle is checked before all those above it, so that adding it changes the refusal.
    const Row rows[] = {
        {ErrorCode::kMerchantQuotaExceeded, [this] { setMerchant(false, 0); }},
        {ErrorCode::kAccountNotEligible,
         [this] { world_.change([](Authorization& next) { next.account.kind = AccountKind::kUnsupported; }); }},
        {ErrorCode::kPermission117Missing,
         [this] { world_.change([](Authorization& next) {
                      next.granted_sets = {17, 1117};
                  }); }},
        {ErrorCode::kMerchantNotAuthorized,
         [this] { world_.push(world_.event("unauthorized", "", world_.clock.now() + std::chrono::seconds{1})); }},
        {ErrorCode::kMerchantSuspended, [this] { setMerchant(true, 0); }},
        {ErrorCode::kCredentialInvalid,
         [this] {
             ASSERT_TRUE(
                 runBlocking(world_.store.merchants.revokeKey(world_.merchant, KeyId{"key_1"}, world_.clock.now())));
         }},
    };
    for (const Row& row : rows) {
        row.spoil();

        EXPECT_EQ(refusal(world_.scan(world_.input("req_1"))), row.expected);
        if (row.expected != ErrorCode::kMerchantQuotaExceeded) {
            EXPECT_EQ(world_.scans.admit(world_.caller).error().code, row.expected);
        }
    }
    EXPECT_TRUE(world_.upstream.calls().empty());
    EXPECT_TRUE(world_.store.ledger.holds(world_.merchant, {}, {}, 10).empty());
    EXPECT_EQ(world_.charges(), 0U);
}

TEST_F(ScanLicenceTest, MerchantThatNeverConsentedIsNotAuthorized) {
    const MerchantId other{"mer_2"};
    world_.addMerchant(other, 5);
    const std::string key = world_.addKey(other, KeyId{"key_2"});
    ScanInput input = world_.input("req_1");
    input.caller = *world_.authenticator.authenticate(key);

    EXPECT_EQ(refusal(world_.scan(input)), ErrorCode::kMerchantNotAuthorized);
}

TEST_F(ScanLicenceTest, DoubtedGrantsAreReadBeforeTheyAreTrusted) {
    world_.platform.grant(world_.appid.text(), {2});
    ASSERT_TRUE(runBlocking(world_.grants.doubtGrants(world_.merchant)));

    EXPECT_EQ(refusal(world_.scan(world_.input("req_1"))), ErrorCode::kPermission117Missing);
    EXPECT_TRUE(world_.upstream.calls().empty());
}

TEST_F(ScanLicenceTest, DoubtedGrantsThatLackedTheSetMayHaveItNow) {
    world_.change([](Authorization& next) {
        next.granted_sets = {};
        next.grants_stale = true;
    });
    EXPECT_TRUE(world_.scans.admit(world_.caller));

    EXPECT_TRUE(world_.scan(world_.input("req_1")));
}

TEST_F(ScanLicenceTest, DoubtThatOutlastsTheReReadDoesNotLetAMissingSetThrough) {
    world_.platform.grant(world_.appid.text(), {2});
    ASSERT_TRUE(runBlocking(world_.grants.doubtGrants(world_.merchant)));
    auto gate = world_.platform.delayNext("info");
    Spawned<Result<ScanOutput>> scan{world_.scans.scan(world_.input("req_1"))};
    for (int round = 0; round < 3; ++round) {
        ASSERT_FALSE(scan.ended());
        ASSERT_TRUE(runBlocking(world_.grants.doubtGrants(world_.merchant)));
        const auto answered = gate;
        gate = world_.platform.delayNext("info");
        answered->open();
    }

    ASSERT_TRUE(scan.ended());
    EXPECT_EQ(refusal(scan.result()), ErrorCode::kPermission117Missing);
    EXPECT_TRUE(world_.upstream.calls().empty());
}

TEST_F(ScanLicenceTest, SetThatGoesBetweenHoldAndCallStopsTheCallThoughInDoubtAgain) {
    world_.store.faults.after("reserve", [this] {
        world_.change([](Authorization& next) {
            next.granted_sets = {2};
            next.grants_stale = true;
        });
    });

    EXPECT_EQ(refusal(world_.scan(world_.input("req_1"))), ErrorCode::kPermission117Missing);
    EXPECT_TRUE(world_.upstream.calls().empty());
    EXPECT_EQ(world_.hold("req_1").state, HoldState::kReleased);
}

TEST_F(ScanLicenceTest, GrantsThatCannotBeReadAreNotTrusted) {
    ASSERT_TRUE(runBlocking(world_.grants.doubtGrants(world_.merchant)));
    world_.platform.failNext("info", FakePlatform::unreachable());

    EXPECT_EQ(refusal(world_.scan(world_.input("req_1"))), ErrorCode::kUpstreamUnreachable);
    EXPECT_TRUE(world_.upstream.calls().empty());
}

TEST_F(ScanLicenceTest, TokenThatCannotBeHadCostsNoHold) {
    world_.clock.advance(7200s);
    world_.platform.failNext("refresh", FakePlatform::unreachable());

    EXPECT_EQ(refusal(world_.scan(world_.input("req_1"))), ErrorCode::kUpstreamUnreachable);
    EXPECT_TRUE(world_.store.ledger.holds(world_.merchant, {}, {}, 10).empty());
}

TEST_F(ScanLicenceTest, TokenThatComesAfterTheDeadlineCostsNoHold) {
    world_.clock.advance(7200s);
    const auto gate = world_.platform.delayNext("refresh");
    Spawned<Result<ScanOutput>> scan{world_.scans.scan(world_.input("req_1"))};
    world_.clock.advance(8s);
    gate->open();

    ASSERT_TRUE(scan.ended());
    EXPECT_EQ(refusal(scan.result()), ErrorCode::kUpstreamTimeout);
    EXPECT_TRUE(world_.store.ledger.holds(world_.merchant, {}, {}, 10).empty());
}

TEST_F(ScanLicenceTest, RefusedTokenIsReplacedAndTheCallRepeatedOnce) {
    for (const int errcode : {40001, 40014, 42001}) {
        ScanWorld world;
        const std::string old{world.authorization()->access_token->expose()};
        world.upstream.plan(FakeUpstream::refused(errcode));

        const auto scanned = world.scan(world.input("req_1"));

        ASSERT_TRUE(scanned) << errcode;
        ASSERT_EQ(world.upstream.calls().size(), 2U);
        EXPECT_EQ(world.upstream.calls()[0].access_token, old);
        EXPECT_NE(world.upstream.calls()[1].access_token, old);
        EXPECT_EQ(world.upstream.calls()[1].deadline, world.upstream.calls()[0].deadline);
        EXPECT_EQ(world.charges(), 1U);
    }
}

TEST_F(ScanLicenceTest, SecondRefusalOfTheTokenIsNeverShownAsTheMerchants) {
    world_.upstream.plan(FakeUpstream::refused(40001));
    world_.upstream.plan(FakeUpstream::refused(40001));

    const auto scanned = world_.scan(world_.input("req_1"));

    ASSERT_FALSE(scanned);
    EXPECT_EQ(scanned.error().code, ErrorCode::kUpstreamRefused);
    EXPECT_EQ(scanned.error().upstream->errcode, 40001);
    EXPECT_EQ(world_.upstream.calls().size(), 2U);
    EXPECT_EQ(world_.hold("req_1").state, HoldState::kReleased);
}

TEST_F(ScanLicenceTest, TokenThatCannotBeReplacedReleasesTheHold) {
    world_.upstream.plan(FakeUpstream::refused(40001));
    world_.platform.failNext("refresh", FakePlatform::unreachable());

    const auto scanned = world_.scan(world_.input("req_1"));

    EXPECT_EQ(refusal(scanned), ErrorCode::kUpstreamUnreachable);
    EXPECT_EQ(scanned.error().request_id, "req_1");
    EXPECT_EQ(world_.hold("req_1").state, HoldState::kReleased);
    EXPECT_EQ(world_.window(kDayPolicy).held, 0);
}

TEST_F(ScanLicenceTest, NoRepeatAfterTheDeadline) {
    world_.upstream.plan(FakeUpstream::refused(40001));
    const auto gate = world_.platform.delayNext("refresh");
    Spawned<Result<ScanOutput>> scan{world_.scans.scan(world_.input("req_1"))};
    world_.clock.advance(8s);
    gate->open();

    ASSERT_TRUE(scan.ended());
    EXPECT_EQ(refusal(scan.result()), ErrorCode::kUpstreamTimeout);
    EXPECT_EQ(world_.upstream.calls().size(), 1U);
    EXPECT_EQ(world_.hold("req_1").state, HoldState::kReleased);
}

TEST_F(ScanLicenceTest, SixtyFourScansWithADeadTokenMakeOneRefreshAndAllSucceed) {
    for (int i = 0; i < 64; ++i) world_.upstream.plan(FakeUpstream::refused(42001));
    const auto gate = world_.upstream.holdCalls();
    std::vector<Spawned<Result<ScanOutput>>> scans;
    for (int i = 0; i < 64; ++i) scans.emplace_back(world_.scans.scan(world_.input("req_" + std::to_string(i))));

    gate->open();

    for (const auto& scan : scans) {
        ASSERT_TRUE(scan.ended());
        EXPECT_TRUE(scan.result());
    }
    EXPECT_EQ(world_.platform.calls("refresh"), 1);
    EXPECT_EQ(world_.charges(), 64U);
}

TEST_F(ScanLicenceTest, WithdrawalBetweenHoldAndCallStopsTheCall) {
    world_.store.faults.after("reserve", [this] {
        world_.push(world_.event("unauthorized", "", world_.clock.now() + std::chrono::seconds{1}));
    });

    EXPECT_EQ(refusal(world_.scan(world_.input("req_1"))), ErrorCode::kMerchantNotAuthorized);
    EXPECT_TRUE(world_.upstream.calls().empty());
    EXPECT_EQ(world_.hold("req_1").state, HoldState::kReleased);
}

TEST_F(ScanLicenceTest, WithdrawalDuringTheCallAllowsNoRepeat) {
    world_.upstream.plan(FakeUpstream::refused(40001), [this] {
        world_.platform.withdraw(world_.appid.text());
        world_.push(world_.event("unauthorized", "", world_.clock.now() + std::chrono::seconds{1}));
    });

    EXPECT_EQ(refusal(world_.scan(world_.input("req_1"))), ErrorCode::kMerchantNotAuthorized);
    EXPECT_EQ(world_.upstream.calls().size(), 1U);
    EXPECT_EQ(world_.hold("req_1").state, HoldState::kReleased);
}

TEST_F(ScanLicenceTest, ScanThatRunsWhenTheSetIsWithdrawnIsStillBooked) {
    world_.upstream.plan(FakeUpstream::recognised(),
                         [this] { world_.change([](Authorization& next) { next.granted_sets = {}; }); });

    EXPECT_TRUE(world_.scan(world_.input("req_1")));
    EXPECT_EQ(refusal(world_.scan(world_.input("req_2"))), ErrorCode::kPermission117Missing);
    EXPECT_EQ(world_.upstream.calls().size(), 1U);
    EXPECT_EQ(world_.charges(), 1U);
}

TEST_F(ScanLicenceTest, WhatWeChatSaysOfTheAccountIsReadAgainBeforeTheNextCall) {
    for (const int errcode : {61003, 61007, 48001, 50002}) {
        ScanWorld world;
        world.upstream.plan(FakeUpstream::refused(errcode), [&world] { world.platform.withdraw(world.appid.text()); });

        ASSERT_FALSE(world.scan(world.input("req_1")));
        EXPECT_TRUE(world.authorization()->grants_stale) << errcode;
        const auto next = world.scan(world.input("req_2"));

        ASSERT_FALSE(next);
        EXPECT_EQ(next.error().code, ErrorCode::kMerchantNotAuthorized) << errcode;
        EXPECT_TRUE(world.authorization()->withdrawn) << errcode;
        EXPECT_EQ(world.upstream.calls().size(), 1U) << errcode;
    }
}

TEST_F(ScanLicenceTest, ParallelScansNeverPassTheDayLimit) {
    setMerchant(false, 10);
    std::vector<std::thread> threads;
    std::atomic<int> charged{0};
    std::atomic<int> refused{0};
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([this, thread, &charged, &refused] {
            for (int i = 0; i < 4; ++i) {
                const auto scanned =
                    world_.scan(world_.input("req_" + std::to_string(thread) + "_" + std::to_string(i)));
                if (scanned) {
                    ++charged;
                } else if (scanned.error().code == ErrorCode::kMerchantQuotaExceeded) {
                    ++refused;
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(charged.load(), 10);
    EXPECT_EQ(refused.load(), 22);
    EXPECT_EQ(world_.charges(), 10U);
    EXPECT_EQ(world_.upstream.calls().size(), 10U);
}

TEST_F(ScanLicenceTest, FullDaySaysWhenTheNextOneBegins) {
    setMerchant(false, 1);
    ASSERT_TRUE(world_.scan(world_.input("req_1")));

    const auto second = world_.scan(world_.input("req_2"));

    EXPECT_EQ(refusal(second), ErrorCode::kMerchantQuotaExceeded);
    EXPECT_EQ(second.error().retry_at, beijingDay(world_.clock.now()).ends);
    world_.clock.advance(12h);  // from noon to midnight in Beijing
    EXPECT_TRUE(world_.scan(world_.input("req_2")));
}

TEST_F(ScanLicenceTest, ScanThatStraddlesMidnightSettlesWhereItWasHeld) {
    world_.clock.advance(12h - 1s);
    const UtcTime first_day = world_.clock.now();
    world_.upstream.plan(FakeUpstream::recognised(), [this] { world_.clock.advance(2s); });

    ASSERT_TRUE(world_.scan(world_.input("req_1")));

    for (const WindowView& window : world_.store.ledger.openWindows(world_.merchant, world_.clock.now())) {
        EXPECT_EQ(window.policy, kMonthPolicy);
    }
    const auto windows = world_.store.ledger.openWindows(world_.merchant, first_day);
    ASSERT_EQ(windows.size(), 3U);
    for (const WindowView& window : windows) EXPECT_EQ(window.used, 1) << window.policy;
}

}  // namespace
}  // namespace tenants
