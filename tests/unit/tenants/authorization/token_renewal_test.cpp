#include "tenants/authorization/token_renewal.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/spawned.h"
#include "tests/support/world.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::FakePlatform;
using test_support::Spawned;

/// Many merchants whose tokens were all got at the same moment.
class TokenRenewalTest : public ::testing::Test {
protected:
    void addMerchants(int count) {
        for (int i = 0; i < count; ++i) {
            Authorization added;
            added.merchant = MerchantId{"mer_" + std::to_string(i)};
            added.appid = AppId{"wx" + std::to_string(i)};
            world_.platform.setRefreshToken(added.appid.text(), "refreshtoken@@@" + std::to_string(i));
            added.refresh_token = shareSecret("refreshtoken@@@" + std::to_string(i));
            added.access_token = shareSecret("access-" + std::to_string(i));
            added.access_expires_at = world_.clock.now() + 7200s;
            added.changed_at = world_.clock.now();
            ASSERT_TRUE(runBlocking(world_.store.authorizations.save(std::move(added))));
        }
        ASSERT_TRUE(runBlocking(world_.keeper.componentToken()));
    }
    TokenRenewal::Report renew() { return runBlocking(renewal_.renewDue()); }
    int refreshes() const { return world_.platform.calls("refresh"); }

    test_support::World world_;
    TokenRenewal renewal_{world_.keeper, world_.store.authorizations, world_.clock, {}};
};

// Pitfall 19: tokens are renewed by themselves.
TEST_F(TokenRenewalTest, TokensAreRenewedBeforeTheyDieThoughNobodyScans) {
    addMerchants(20);
    world_.clock.advance(6470s);
    EXPECT_EQ(renew().due, 0U);

    world_.clock.advance(140s);  // margin and the whole jitter
    const auto report = renew();

    EXPECT_EQ(report.due, 20U);
    EXPECT_EQ(report.renewed, 20U);
    for (int i = 0; i < 20; ++i) {
        const auto stored = world_.store.authorizations.find(MerchantId{"mer_" + std::to_string(i)});
        EXPECT_EQ(stored->access_expires_at, world_.clock.now() + 7200s);
    }
}

TEST_F(TokenRenewalTest, JitterSpreadsThoseThatWereAuthorizedTogether) {
    addMerchants(100);
    std::map<int, std::size_t> renewed;
    world_.clock.advance(6479s);
    for (int second = 0; second < 125; ++second) {
        if (const auto report = renew(); report.renewed > 0) renewed[second] = report.renewed;
        world_.clock.advance(1s);
    }

    EXPECT_GT(renewed.size(), 30U);
    for (const auto& [second, count] : renewed) EXPECT_LT(count, 10U) << second;
}

// The definition of "necessary" stands in docs/adr/0006: one refresh a merchant every 7200 s - 600 s.
TEST_F(TokenRenewalTest, AWeekCostsNoMoreThanFivePercentAboveTheNecessaryRefreshesAndNoScanWaits) {
    constexpr int kMerchants = 100;
    addMerchants(kMerchants);
    constexpr std::chrono::seconds kWeek{7 * 24 * 3600};
    constexpr std::chrono::seconds kStep{30};
    for (std::chrono::seconds passed{0}; passed < kWeek; passed += kStep) {
        world_.clock.advance(kStep);
        renew();
        const auto authorization =
            world_.store.authorizations.find(MerchantId{"mer_" + std::to_string(passed.count() % kMerchants)});
        ASSERT_GT(authorization->access_expires_at, world_.clock.now() + 10s);
        if (passed.count() % 600 == 0) {
            ASSERT_TRUE(runBlocking(world_.onboarding.receiveTicket(
                shareSecret("ticket" + std::to_string(passed.count())), world_.clock.now())));
        }
    }

    const double necessary = kMerchants * static_cast<double>(kWeek.count()) / (7200 - 600);
    EXPECT_LE(refreshes(), 1.05 * necessary);
    EXPECT_GE(refreshes(), necessary * 0.95);
    EXPECT_EQ(world_.platform.calls("info") + world_.platform.calls("list"), 0);
}

TEST_F(TokenRenewalTest, SoonestEndComesFirstAndNoMoreThanThePassAllows) {
    addMerchants(3);
    const MerchantId first{"mer_2"};
    auto sooner = *world_.store.authorizations.find(first);
    sooner.access_expires_at -= 60s;
    ASSERT_TRUE(runBlocking(world_.store.authorizations.save(std::move(sooner))));
    TokenRenewal one_by_one{world_.keeper, world_.store.authorizations, world_.clock, {.per_pass_max = 1}};
    world_.clock.advance(6700s);

    const auto report = runBlocking(one_by_one.renewDue());

    EXPECT_EQ(report.due, 3U);
    EXPECT_EQ(report.renewed, 1U);
    EXPECT_EQ(report.left, 2U);
    EXPECT_GT(world_.store.authorizations.find(first)->access_expires_at, world_.clock.now() + 7000s);
    EXPECT_EQ(runBlocking(one_by_one.renewDue()).renewed, 1U);
}

TEST_F(TokenRenewalTest, APassThatIsAskedForWhileOneRunsDoesNothing) {
    addMerchants(30);
    world_.clock.advance(7300s);
    ASSERT_TRUE(runBlocking(world_.keeper.componentToken()));
    const auto first = world_.platform.delayNext("refresh");
    Spawned<TokenRenewal::Report> pass{renewal_.renewDue()};
    EXPECT_FALSE(pass.ended());

    const auto second = renew();
    first->open();

    EXPECT_EQ(second.due, 0U);
    ASSERT_TRUE(pass.ended());
    EXPECT_EQ(pass.result().renewed, 30U);
    EXPECT_EQ(refreshes(), 30);
}

TEST_F(TokenRenewalTest, PassIsGivenUpWhereWeChatFailsWhoeverItIsAskedFor) {
    addMerchants(200);
    world_.clock.advance(6700s);
    ASSERT_TRUE(runBlocking(world_.keeper.renewComponentIfDue()));
    for (int i = 0; i < 200; ++i) world_.platform.failNext("refresh", FakePlatform::unreachable());

    const auto report = renew();

    EXPECT_EQ(report.failed, 8U);
    EXPECT_EQ(report.left, 192U);
    EXPECT_EQ(refreshes(), 8);
}

TEST_F(TokenRenewalTest, OneMerchantsTroubleStopsNobodyElse) {
    addMerchants(50);
    world_.clock.advance(6700s);
    for (int i = 0; i < 20; ++i) world_.platform.failNext("refresh", FakePlatform::refusal(50002));

    const auto report = renew();

    EXPECT_EQ(report.failed, 20U);
    EXPECT_EQ(report.renewed, 30U);
    EXPECT_EQ(renew().due, 0U);  // the twenty pause
}

TEST_F(TokenRenewalTest, WithoutAComponentTokenNoMerchantIsTried) {
    addMerchants(5);
    world_.clock.advance(7300s);
    world_.platform.failNext("component_token", FakePlatform::unreachable());

    const auto report = renew();

    ASSERT_TRUE(report.component_failure);
    EXPECT_EQ(report.due, 0U);
    EXPECT_EQ(refreshes(), 0);
}

TEST_F(TokenRenewalTest, WhileTheOldComponentTokenWorksMerchantsAreRenewedAllTheSame) {
    addMerchants(5);
    world_.clock.advance(6700s);
    world_.platform.failNext("component_token", FakePlatform::unreachable());

    const auto report = renew();

    EXPECT_TRUE(report.component_failure);
    EXPECT_EQ(report.renewed, 5U);
}

TEST_F(TokenRenewalTest, WithdrawnMerchantsAreLeftAlone) {
    addMerchants(2);
    auto gone = *world_.store.authorizations.find(MerchantId{"mer_0"});
    gone.withdraw(world_.clock.now());
    ASSERT_TRUE(runBlocking(world_.store.authorizations.save(std::move(gone))));
    world_.clock.advance(6700s);

    EXPECT_EQ(renew().renewed, 1U);
}

TEST_F(TokenRenewalTest, StoppedItTakesNobodyMore) {
    addMerchants(20);
    world_.clock.advance(6700s);
    ASSERT_TRUE(runBlocking(world_.keeper.renewComponentIfDue()));
    const auto gate = world_.platform.delayNext("refresh");
    TokenRenewal one_at_a_time{world_.keeper, world_.store.authorizations, world_.clock, {.at_once = 1}};
    Spawned<TokenRenewal::Report> pass{one_at_a_time.renewDue()};

    one_at_a_time.stop();
    gate->open();

    ASSERT_TRUE(pass.ended());
    EXPECT_EQ(pass.result().renewed, 1U);
    EXPECT_EQ(runBlocking(one_at_a_time.renewDue()).due, 0U);
}

// Pitfall 20: several who ask for renewals at the same time share them.
TEST_F(TokenRenewalTest, ScansAndRenewalsOfOneMerchantShareOneRefresh) {
    addMerchants(1);
    world_.clock.advance(7300s);
    ASSERT_TRUE(runBlocking(world_.keeper.componentToken()));
    const auto gate = world_.platform.delayNext("refresh");
    Spawned<TokenRenewal::Report> pass{renewal_.renewDue()};
    Spawned<Result<LiveToken>> scan{world_.keeper.usable(MerchantId{"mer_0"})};

    gate->open();

    ASSERT_TRUE(pass.ended() && scan.ended());
    EXPECT_TRUE(scan.result());
    EXPECT_EQ(refreshes(), 1);
}

}  // namespace
}  // namespace tenants
