#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tenants/scan/scan_licence.h"
#include "tenants/scan/upstream_quota_inquiry.h"
#include "tests/support/spawned.h"
#include "tests/support/world.h"

// Limits as the use case meets them: what a scan is told, and when WeChat is asked about its quota.
namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::FakeUpstream;
using test_support::ScanWorld;
using test_support::Spawned;

class ScanQuota : public ::testing::Test {
protected:
    void setDayFree(std::int64_t day_free) {
        UpstreamQuotaChange change;
        change.day_free = day_free;
        ASSERT_TRUE(runBlocking(
            world_.store.merchants.update(*world_.store.merchants.find(world_.merchant), world_.clock.now(), change)));
    }
    void assign(PlanTerms terms) {
        terms.tiers = {{std::nullopt, Money{50'000}}};
        ASSERT_TRUE(runBlocking(world_.store.plans.addPlan(PlanId{"std"}, "Standard", terms, world_.clock.now())));
        ASSERT_TRUE(runBlocking(
            world_.store.plans.assign(world_.merchant, PlanVersionId{PlanId{"std"}, 1}, {}, world_.clock.now())));
    }
    Result<ScanOutput> scan() { return world_.scan(world_.input("req_" + std::to_string(++scans_))); }
    Error refusal() {
        const auto scanned = scan();
        if (!scanned) return scanned.error();
        ADD_FAILURE() << "scanned";
        return {ErrorCode::kConflict, ""};
    }

    ScanWorld world_;
    int scans_ = 0;
};

TEST_F(ScanQuota, FullMonthIsToldWithItsEnd) {
    PlanTerms terms;
    terms.month_limit = 0;
    assign(terms);

    const Error error = refusal();

    EXPECT_EQ(error.code, ErrorCode::kMerchantQuotaExceeded);
    EXPECT_EQ(error.for_caller, "The merchant's scans of the month are used or held.");
    EXPECT_EQ(error.retry_at, Period{world_.clock.now()}.ends());
    EXPECT_TRUE(world_.upstream.calls().empty());
}

TEST_F(ScanQuota, WithoutPrepaidUnitsNobodyKnowsWhenToTryAgain) {
    PlanTerms terms;
    terms.packs_only = true;
    assign(terms);

    const Error error = refusal();

    EXPECT_EQ(error.code, ErrorCode::kMerchantQuotaExceeded);
    EXPECT_EQ(error.for_caller, "The merchant's prepaid scans are used, held or expired.");
    EXPECT_FALSE(error.retry_at);
}

TEST_F(ScanQuota, ScanBeyondWeChatsFreeCallsIsRefusedAndTheLogSaysWhoHasThem) {
    setDayFree(1);
    ASSERT_TRUE(scan());

    const Error error = refusal();

    EXPECT_EQ(error.code, ErrorCode::kUpstreamQuotaExceeded);
    EXPECT_EQ(error.retry_at, beijingDay(world_.clock.now()).ends);
    EXPECT_EQ(error.for_log, "upstream quota: 1 in all, by us 1 used and 0 held, elsewhere 0");
    EXPECT_EQ(world_.upstream.calls().size(), 1U);
    EXPECT_EQ(world_.upstream.quotaQuestions(), 1);
}

TEST_F(ScanQuota, ScanGoesOnWhereWeChatTellsOfMore) {
    setDayFree(1);
    ASSERT_TRUE(scan());
    world_.upstream.tellQuota(UpstreamQuotaTold{.day_free = 3, .used = 2});

    EXPECT_TRUE(scan());
    const Error error = refusal();

    EXPECT_EQ(error.for_log, "upstream quota: 3 in all, by us 2 used and 0 held, elsewhere 1");
    EXPECT_EQ(world_.upstream.quotaQuestions(), 1) << "once a minute";
}

TEST_F(ScanQuota, WeChatIsAskedAgainAfterAMinute) {
    setDayFree(1);
    ASSERT_TRUE(scan());
    ASSERT_FALSE(scan());
    world_.upstream.tellQuota(UpstreamQuotaTold{.day_free = 2, .used = 1});
    world_.clock.advance(59s);
    EXPECT_FALSE(scan());

    world_.clock.advance(1s);

    EXPECT_TRUE(scan());
    EXPECT_EQ(world_.upstream.quotaQuestions(), 2);
}

TEST_F(ScanQuota, WhereWeChatItselfRefusedItIsNotAskedUntilItsDayTurns) {
    setDayFree(10);
    world_.upstream.plan(FakeUpstream::refused(101003, "not enough market quota"));
    world_.upstream.tellQuota(UpstreamQuotaTold{.day_free = 100, .used = 0});
    ASSERT_EQ(refusal().code, ErrorCode::kUpstreamQuotaExceeded);

    const Error error = refusal();

    EXPECT_EQ(error.code, ErrorCode::kUpstreamQuotaExceeded);
    EXPECT_EQ(error.for_log, "upstream quota: 10 in all, by us 0 used and 0 held, elsewhere 10");
    EXPECT_EQ(world_.upstream.quotaQuestions(), 0);
    EXPECT_EQ(world_.upstream.calls().size(), 1U);
    world_.clock.advance(24h);
    for (int free = 0; free < 11; ++free) EXPECT_TRUE(scan());
    EXPECT_EQ(world_.upstream.quotaQuestions(), 1);
}

TEST_F(ScanQuota, QuotaThatIsNotKnownIsNotAskedFor) {
    world_.upstream.plan(FakeUpstream::refused(101003, "not enough market quota"));
    ASSERT_FALSE(scan());

    EXPECT_EQ(refusal().for_log, "");

    EXPECT_EQ(world_.upstream.quotaQuestions(), 0);
}

TEST_F(ScanQuota, ManyWhoWaitForTheAnswerAskOnce) {
    setDayFree(1);
    ASSERT_TRUE(scan());
    world_.upstream.tellQuota(UpstreamQuotaTold{.day_free = 4, .used = 1});
    const auto gate = world_.upstream.holdCalls();
    std::vector<std::unique_ptr<Spawned<Result<ScanOutput>>>> waiting;
    for (int number = 0; number < 5; ++number) {
        waiting.push_back(std::make_unique<Spawned<Result<ScanOutput>>>(
            world_.scans.scan(world_.input("req_w" + std::to_string(number)))));
    }

    gate->open();

    int scanned = 0;
    for (const auto& scan : waiting) scanned += scan->result() ? 1 : 0;
    EXPECT_EQ(scanned, 3);
    EXPECT_EQ(world_.upstream.quotaQuestions(), 1);
    EXPECT_EQ(world_.window(kUpstreamDayPolicy).used, 4);
}

TEST_F(ScanQuota, AnswerThatComesAfterTheDayTurnedIsOfTheDayInWhichWeChatWasAsked) {
    setDayFree(1);
    ASSERT_TRUE(scan());
    world_.upstream.tellQuota(UpstreamQuotaTold{.day_free = 1, .used = 5});
    const auto gate = world_.upstream.holdCalls();
    Spawned<Result<ScanOutput>> asking{world_.scans.scan(world_.input("req_asking"))};
    ASSERT_EQ(world_.upstream.quotaQuestions(), 1);
    world_.clock.advance(beijingDay(world_.clock.now()).ends - world_.clock.now());
    Spawned<Result<ScanOutput>> next_day{world_.scans.scan(world_.input("req_next_day"))};

    gate->open();

    EXPECT_FALSE(asking.result());
    EXPECT_TRUE(next_day.result());
    const WindowView window = world_.window(kUpstreamDayPolicy);
    EXPECT_EQ(window.used, 1);
    EXPECT_EQ(window.used_elsewhere, 0);
}

TEST_F(ScanQuota, AnswerThatCameBetweenTheCountAndTheQuestionIsTaken) {
    UpstreamQuotaInquiry inquiry{world_.store.ledger, world_.upstream, world_.clock};
    const auto ask = [&](SteadyTime counted_at) {
        return runBlocking(inquiry.ask(world_.merchant, AppId{"wx0000000000000001"}, shareSecret("token"), counted_at,
                                       0, world_.clock.steady() + 8s));
    };
    setDayFree(1);
    world_.upstream.tellQuota(UpstreamQuotaTold{.day_free = 4, .used = 0});
    const SteadyTime counted_at = world_.clock.steady();
    world_.clock.advance(10ms);
    ASSERT_TRUE(ask(world_.clock.steady()));
    world_.clock.advance(10ms);

    EXPECT_TRUE(ask(counted_at));
    EXPECT_FALSE(ask(world_.clock.steady())) << "once a minute";

    EXPECT_EQ(world_.upstream.quotaQuestions(), 1);
}

}  // namespace
}  // namespace tenants
