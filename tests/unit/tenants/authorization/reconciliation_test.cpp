#include "tenants/authorization/reconciliation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/support/spawned.h"
#include "tests/support/world.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using State = ReconciliationReport::State;
using test_support::FakePlatform;
using test_support::Spawned;

class ReconciliationTest : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(world_.authorize());
        world_.clock.advance(1min);
    }
    Reconciliation made() {  // guaranteed to be built in place: it can be neither copied nor moved
        return {
            world_.keeper, world_.grants, world_.store.authorizations, world_.store.reconciliations, world_.clock, {}};
    }
    /// A run that the operator asked for, to its end.
    ReconciliationReport run() {
        (void)runBlocking(reconciliation_.start());
        return toTheEnd(reconciliation_);
    }
    ReconciliationReport toTheEnd(Reconciliation& reconciliation) {
        for (int step = 0; step < 1000; ++step) {
            auto ended = runBlocking(reconciliation.advance());
            EXPECT_TRUE(ended);
            if (ended && *ended) return **ended;
        }
        ADD_FAILURE() << "the run does not end";
        return {};
    }
    static std::vector<std::string> kinds(const ReconciliationReport& report) {
        std::vector<std::string> kinds;
        for (const Difference& difference : report.differences) kinds.push_back(difference.kind);
        return kinds;
    }
    void addMerchants(int count) {
        for (int i = 0; i < count; ++i) {
            Authorization added;
            added.merchant = MerchantId{"mer_more_" + std::to_string(i)};
            added.appid = AppId{"wxmore" + std::to_string(i)};
            added.granted_sets = {kOcrPermissionSet};
            added.account = {AccountKind::kMiniProgram, true, 1, "a shop"};
            added.refresh_token = shareSecret("refreshtoken@@@" + std::to_string(i));
            world_.platform.setRefreshToken(added.appid.text(), "refreshtoken@@@" + std::to_string(i));
            ASSERT_TRUE(runBlocking(world_.store.authorizations.save(std::move(added))));
        }
    }
    const std::string& appid() const { return world_.appid.text(); }

    test_support::World world_;
    Reconciliation reconciliation_ = made();
};

TEST_F(ReconciliationTest, WhereNothingDiffersTheReportSaysSoAndIsStored) {
    const auto report = run();

    EXPECT_EQ(report.state, State::kDone);
    EXPECT_EQ(report.listed, 1);
    EXPECT_EQ(report.to_check, 1);
    EXPECT_EQ(report.checked, 1);
    EXPECT_EQ(report.differences_total, 0);
    const auto stored = runBlocking(world_.store.reconciliations.find(report.id));
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->state, State::kDone);
    EXPECT_TRUE(stored->finished_at);
}

TEST_F(ReconciliationTest, AccountThatNoMerchantHasIsReportedOnly) {
    world_.platform.setRefreshToken("wxstranger", "refreshtoken@@@stranger");

    const auto report = run();

    ASSERT_EQ(kinds(report), std::vector<std::string>{"unknown_account"});
    EXPECT_EQ(report.differences[0].appid.text(), "wxstranger");
    EXPECT_TRUE(report.differences[0].merchant.empty());
    EXPECT_FALSE(report.differences[0].mended);
    EXPECT_EQ(world_.store.authorizations.findByAppId(AppId{"wxstranger"}), nullptr);
}

TEST_F(ReconciliationTest, WithdrawalWhoseEventWasLostIsFound) {
    world_.platform.withdraw(appid());

    const auto report = run();

    ASSERT_EQ(kinds(report), std::vector<std::string>{"withdrawn"});
    EXPECT_TRUE(report.differences[0].mended);
    EXPECT_EQ(report.differences[0].merchant, world_.merchant);
    EXPECT_TRUE(world_.authorization()->withdrawn);
    EXPECT_EQ(world_.authorization()->access_token, nullptr);
}

TEST_F(ReconciliationTest, AccountThatIsNotListedButAuthorizedByItsInfoIsNotGivenUp) {
    const auto gate = world_.platform.delayNext("list");
    world_.platform.withdraw(appid());  // for the moment at which the list is made
    (void)runBlocking(reconciliation_.start());
    Spawned<Result<std::optional<ReconciliationReport>>> step{reconciliation_.advance()};
    world_.platform.setRefreshToken(appid(), std::string{world_.authorization()->refresh_token->expose()});
    gate->open();

    ASSERT_TRUE(step.ended());
    ASSERT_TRUE(step.result() && *step.result());
    EXPECT_EQ(kinds(**step.result()), std::vector<std::string>{"not_listed"});
    EXPECT_FALSE(world_.authorization()->withdrawn);
}

// Pitfall 10: the refresh token of a consent that we never heard of is taken over.
TEST_F(ReconciliationTest, AnotherRefreshTokenIsTakenOver) {
    world_.platform.setRefreshToken(appid(), "refreshtoken@@@newer");

    const auto report = run();

    ASSERT_EQ(kinds(report), std::vector<std::string>{"refresh_token"});
    EXPECT_EQ(report.differences[0].detail, "was another one");
    EXPECT_EQ(world_.authorization()->refresh_token->expose(), "refreshtoken@@@newer");
}

TEST_F(ReconciliationTest, MissingRefreshTokenIsTakenOver) {
    world_.change([](Authorization& next) { next.refresh_token = nullptr; });

    const auto report = run();

    ASSERT_EQ(kinds(report), std::vector<std::string>{"refresh_token"});
    EXPECT_EQ(report.differences[0].detail, "was missing");
    EXPECT_NE(world_.authorization()->refresh_token, nullptr);
}

TEST_F(ReconciliationTest, RefreshTokenThatCameMeanwhileIsNotReplacedByAnOlderOne) {
    (void)runBlocking(reconciliation_.start());
    const auto gate = world_.platform.delayNext("info");
    Spawned<Result<std::optional<ReconciliationReport>>> step{reconciliation_.advance()};
    world_.platform.setRefreshToken(appid(), "refreshtoken@@@newest");
    world_.change([](Authorization& next) { next.takeRefreshToken(shareSecret("refreshtoken@@@newest")); });

    gate->open();

    ASSERT_TRUE(step.ended());
    EXPECT_EQ(world_.authorization()->refresh_token->expose(), "refreshtoken@@@newest");
}

TEST_F(ReconciliationTest, ChangedSetsAndAccountAreTakenOverAndWhatForbidsOcrIsNamed) {
    world_.platform.grant(appid(), {1, 2});
    world_.platform.describe(appid(), {AccountKind::kService, false, 18, "renamed"});

    const auto report = run();

    EXPECT_EQ(kinds(report), (std::vector<std::string>{"granted_sets", "account", "permission_117_missing"}));
    EXPECT_EQ(report.differences[0].detail, "117 -> 1 2");
    EXPECT_TRUE(report.differences[0].mended);
    EXPECT_FALSE(report.differences[2].mended);
    EXPECT_EQ(world_.authorization()->granted_sets, (std::set<int>{1, 2}));
    EXPECT_EQ(world_.authorization()->account.nick_name, "renamed");
}

TEST_F(ReconciliationTest, AccountThatLostItsVerificationIsNotEligible) {
    world_.platform.describe(appid(), {AccountKind::kService, false, 1, "a shop"});

    EXPECT_EQ(kinds(run()), (std::vector<std::string>{"account", "account_not_eligible"}));
}

TEST_F(ReconciliationTest, AuthorizationThatCameBackUnheardCountsAgain) {
    world_.change([this](Authorization& next) { next.withdraw(world_.clock.now()); });
    world_.clock.advance(1h);

    const auto report = run();

    EXPECT_EQ(kinds(report), (std::vector<std::string>{"restored", "refresh_token"}));
    EXPECT_FALSE(world_.authorization()->withdrawn);
    EXPECT_TRUE(runBlocking(world_.keeper.usable(world_.merchant)));
}

/// The last refresh failed for a reason that asks for minutes of patience, and the account came back with that very token.
TEST_F(ReconciliationTest, AuthorizationThatCameBackCanScanAtOnce) {
    const std::string refresh_token{world_.authorization()->refresh_token->expose()};
    world_.clock.advance(2h);
    world_.platform.withdraw(appid());
    ASSERT_FALSE(runBlocking(world_.keeper.usable(world_.merchant)));
    ASSERT_TRUE(world_.authorization()->withdrawn);
    world_.clock.advance(1s);
    world_.platform.setRefreshToken(appid(), refresh_token);

    EXPECT_EQ(kinds(run()), (std::vector<std::string>{"restored", "refresh_token"}));

    EXPECT_TRUE(runBlocking(world_.keeper.usable(world_.merchant)));
}

TEST_F(ReconciliationTest, WithdrawnAuthorizationThatWeChatRefusesStaysWithdrawn) {
    world_.change([this](Authorization& next) { next.withdraw(world_.clock.now()); });
    world_.clock.advance(1h);
    world_.platform.failNext("info", FakePlatform::refusal(61003));  // the list lags behind

    const auto report = run();

    EXPECT_TRUE(report.differences.empty());
    EXPECT_TRUE(world_.authorization()->withdrawn);
}

// Pitfall 28: listed, but its code was never exchanged: then the merchant's consent has to come in first.
TEST_F(ReconciliationTest, WithdrawnAuthorizationThatIsListedWithoutARefreshTokenStaysWithdrawn) {
    world_.change([this](Authorization& next) { next.withdraw(world_.clock.now()); });
    world_.platform.hideRefreshToken(appid());
    world_.clock.advance(1h);

    EXPECT_TRUE(run().differences.empty());

    EXPECT_TRUE(world_.authorization()->withdrawn);
}

TEST_F(ReconciliationTest, WithdrawalThatCameAfterTheListStands) {
    (void)runBlocking(reconciliation_.start());
    const auto gate = world_.platform.delayNext("list");
    Spawned<Result<std::optional<ReconciliationReport>>> step{reconciliation_.advance()};
    world_.clock.advance(1s);
    world_.change([this](Authorization& next) { next.withdraw(world_.clock.now()); });

    gate->open();

    ASSERT_TRUE(step.ended());
    EXPECT_TRUE(world_.authorization()->withdrawn);
}

TEST_F(ReconciliationTest, ItGoesInSmallStepsAndOneRunAtATime) {
    addMerchants(50);
    const auto first = runBlocking(reconciliation_.start());
    ASSERT_TRUE(first);
    const int infos = world_.platform.calls("info");
    ASSERT_TRUE(runBlocking(reconciliation_.advance()));
    EXPECT_EQ(world_.platform.calls("info"), infos + 20);

    const auto second = runBlocking(reconciliation_.start());

    ASSERT_TRUE(second);
    EXPECT_EQ(second->id, first->id);
    EXPECT_EQ(second->checked, 20);
    EXPECT_EQ(runBlocking(reconciliation_.find(first->id))->checked, 20);
    EXPECT_EQ(toTheEnd(reconciliation_).checked, 51);
    EXPECT_EQ(world_.platform.calls("list"), 1);
}

TEST_F(ReconciliationTest, ItRunsDailyAndCountsFromTheLastRunThatWasDone) {
    EXPECT_FALSE(*runBlocking(reconciliation_.advance()));  // a new installation has nothing to compare yet
    world_.clock.advance(10min);
    EXPECT_EQ(toTheEnd(reconciliation_).trigger, ReconciliationReport::Trigger::kDaily);
    Reconciliation restarted = made();
    for (Reconciliation* reconciliation : {&reconciliation_, &restarted}) {
        EXPECT_FALSE(*runBlocking(reconciliation->advance()));
    }

    world_.clock.advance(24h);
    ASSERT_TRUE(runBlocking(world_.onboarding.receiveTicket(shareSecret("ticket@@@2"), world_.clock.now())));

    EXPECT_EQ(toTheEnd(restarted).state, State::kDone);
    EXPECT_EQ(runBlocking(reconciliation_.newest(10)).size(), 2U);
}

TEST_F(ReconciliationTest, WallClockThatWasSetBackPutsTheNextRunOffByADayAtMost) {
    (void)runBlocking(reconciliation_.start());
    toTheEnd(reconciliation_);
    world_.clock.jumpWall(-24h * 100);
    Reconciliation restarted = made();
    EXPECT_FALSE(*runBlocking(restarted.advance()));

    world_.clock.advance(24h);

    EXPECT_EQ(toTheEnd(restarted).state, State::kDone);
}

TEST_F(ReconciliationTest, RunThatACrashCutShortIsClosedAndDoneAgain) {
    addMerchants(50);
    world_.platform.grant(appid(), {2});
    const auto cut = runBlocking(reconciliation_.start());
    ASSERT_TRUE(runBlocking(reconciliation_.advance()));
    Reconciliation restarted = made();

    const auto report = toTheEnd(restarted);

    EXPECT_EQ(report.state, State::kDone);
    EXPECT_EQ(report.checked, 51);
    const auto closed = runBlocking(restarted.find(cut->id));
    EXPECT_EQ(closed->state, State::kFailed);
    EXPECT_EQ(closed->error, "interrupted");
}

TEST_F(ReconciliationTest, WhereWeChatCannotBeAskedTheRunFailsAndIsTriedAgainAfterAPause) {
    world_.platform.failNext("list", FakePlatform::unreachable());

    const auto report = run();

    EXPECT_EQ(report.state, State::kFailed);
    EXPECT_EQ(report.error, "upstream_unreachable");
    EXPECT_FALSE(*runBlocking(reconciliation_.advance()));
    world_.clock.advance(5min);
    EXPECT_EQ(toTheEnd(reconciliation_).state, State::kDone);
}

TEST_F(ReconciliationTest, WeChatThatGoesAwayInTheMiddleEndsTheRun) {
    addMerchants(100);
    for (int i = 0; i < 100; ++i) world_.platform.failNext("info", FakePlatform::unreachable());

    const auto report = run();

    EXPECT_EQ(report.state, State::kFailed);
    EXPECT_LE(report.checked, 4);
}

TEST_F(ReconciliationTest, OneAccountThatCannotBeReadIsNamedAndStopsNothing) {
    addMerchants(9);
    world_.platform.failNext("info", FakePlatform::refusal(47001));

    const auto report = run();

    EXPECT_EQ(report.state, State::kDone);
    EXPECT_EQ(report.checked, 10);
    ASSERT_EQ(kinds(report), std::vector<std::string>{"not_checked"});
    EXPECT_EQ(report.differences[0].detail, "upstream_refused");
}

TEST_F(ReconciliationTest, ReportKeepsAThousandDifferencesAndCountsTheRest) {
    for (int i = 0; i < 1200; ++i) {
        world_.platform.setRefreshToken("wxstranger" + std::to_string(i), "refreshtoken@@@");
    }

    const auto report = run();

    EXPECT_EQ(report.differences_total, 1200);
    EXPECT_EQ(report.differences.size(), 1000U);
}

TEST_F(ReconciliationTest, StoreThatCannotWriteBeginsNoRun) {
    world_.store.faults.refuse("saveReport");

    EXPECT_FALSE(runBlocking(reconciliation_.start()));
    EXPECT_EQ(world_.platform.calls("list"), 0);

    world_.store.faults.allow("saveReport");
    EXPECT_EQ(run().state, State::kDone);
}

TEST_F(ReconciliationTest, StoppedItChecksNobodyMore) {
    (void)runBlocking(reconciliation_.start());
    reconciliation_.stop();

    EXPECT_FALSE(*runBlocking(reconciliation_.advance()));

    EXPECT_EQ(world_.platform.calls("list"), 0);
}

}  // namespace
}  // namespace tenants
