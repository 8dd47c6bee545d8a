#include "tenants/authorization/grant_keeper.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/spawned.h"
#include "tests/support/world.h"

namespace tenants {
namespace {

using test_support::FakePlatform;
using test_support::Spawned;

class GrantKeeperTest : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(world_.authorize());
        reads_before_ = world_.platform.calls("info");
    }
    Result<Done> refresh() { return runBlocking(world_.grants.refreshGrants(world_.merchant)); }
    Result<Done> doubt() { return runBlocking(world_.grants.doubtGrants(world_.merchant)); }
    int reads() const { return world_.platform.calls("info") - reads_before_; }

    test_support::World world_;
    int reads_before_ = 0;
};

TEST_F(GrantKeeperTest, GrantsInNoDoubtAreNotReadAgain) {
    ASSERT_TRUE(refresh());

    EXPECT_EQ(reads(), 0);
}

TEST_F(GrantKeeperTest, DoubtedGrantsAreReadOnceHoweverManyAsk) {
    world_.platform.grant(world_.appid.text(), {1, 2});
    world_.platform.describe(world_.appid.text(), {AccountKind::kService, false, 1, "renamed"});
    ASSERT_TRUE(doubt());
    const auto gate = world_.platform.delayNext("info");
    Spawned<Result<Done>> first{world_.grants.refreshGrants(world_.merchant)};
    Spawned<Result<Done>> second{world_.grants.refreshGrants(world_.merchant)};

    gate->open();

    ASSERT_TRUE(first.ended() && second.ended());
    EXPECT_TRUE(first.result() && second.result());
    EXPECT_EQ(reads(), 1);
    EXPECT_FALSE(world_.authorization()->grants_stale);
    EXPECT_EQ(world_.authorization()->granted_sets, (std::set<int>{1, 2}));
    EXPECT_EQ(world_.authorization()->account.kind, AccountKind::kService);
    EXPECT_EQ(world_.authorization()->account.nick_name, "renamed");
}

TEST_F(GrantKeeperTest, DoubtThatComesDuringAReadIsNotTakenForAnswered) {
    ASSERT_TRUE(doubt());
    const auto gate = world_.platform.delayNext("info");
    Spawned<Result<Done>> reading{world_.grants.refreshGrants(world_.merchant)};
    world_.platform.grant(world_.appid.text(), {});
    ASSERT_TRUE(doubt());

    gate->open();

    ASSERT_TRUE(reading.ended());
    EXPECT_TRUE(reading.result());
    EXPECT_EQ(reads(), 2);
    EXPECT_FALSE(world_.authorization()->allowsOcr());
}

TEST_F(GrantKeeperTest, ACrowdOfDoubtsIsWrittenAsTwo) {
    const auto gate = world_.store.faults.delayNext("save");
    const std::int64_t before = world_.authorization()->generation;
    std::vector<Spawned<Result<Done>>> crowd;
    for (int i = 0; i < 64; ++i) crowd.emplace_back(world_.grants.doubtGrants(world_.merchant));
    ASSERT_FALSE(crowd.front().ended());

    gate->open();

    for (const auto& doubt : crowd) EXPECT_TRUE(doubt.ended() && doubt.result());
    // The first may have been written before the others came, so that one more has to say it again for all of them.
    EXPECT_EQ(world_.authorization()->generation, before + 2);
    EXPECT_TRUE(world_.authorization()->grants_stale);
}

TEST_F(GrantKeeperTest, DoubtThatCouldNotBeWrittenCountsForNobodyElse) {
    world_.store.faults.refuse("save");
    EXPECT_FALSE(doubt());
    world_.store.faults.allow("save");

    EXPECT_TRUE(doubt());

    EXPECT_TRUE(world_.authorization()->grants_stale);
}

TEST_F(GrantKeeperTest, WhereDoubtsComeFasterThanAnswersTheLastAnswerCountsAndStaysInDoubt) {
    ASSERT_TRUE(doubt());
    world_.platform.grant(world_.appid.text(), {2});
    auto gate = world_.platform.delayNext("info");
    Spawned<Result<Done>> reading{world_.grants.refreshGrants(world_.merchant)};
    for (int round = 0; round < 3; ++round) {
        ASSERT_FALSE(reading.ended());
        ASSERT_TRUE(doubt());
        const auto answered = gate;
        gate = world_.platform.delayNext("info");
        answered->open();
    }

    ASSERT_TRUE(reading.ended());
    EXPECT_TRUE(reading.result());
    EXPECT_EQ(reads(), 3);
    EXPECT_EQ(world_.authorization()->granted_sets, std::set<int>{2});
    EXPECT_TRUE(world_.authorization()->grants_stale);
}

TEST_F(GrantKeeperTest, WhereWeChatCannotBeAskedTheDoubtStays) {
    ASSERT_TRUE(doubt());
    world_.platform.failNext("info", FakePlatform::unreachable());

    const auto refreshed = refresh();

    ASSERT_FALSE(refreshed);
    EXPECT_EQ(refreshed.error().code, ErrorCode::kUpstreamUnreachable);
    EXPECT_TRUE(world_.authorization()->grants_stale);
}

TEST_F(GrantKeeperTest, AccountThatWeChatDoesNotKnowAsOursIsWithdrawn) {
    world_.platform.withdraw(world_.appid.text());
    ASSERT_TRUE(doubt());

    const auto refreshed = refresh();

    ASSERT_FALSE(refreshed);
    EXPECT_EQ(refreshed.error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_TRUE(world_.authorization()->withdrawn);
    EXPECT_EQ(world_.authorization()->access_token, nullptr);
}

TEST_F(GrantKeeperTest, RefreshTokenThatWeChatNamesIsTakenOver) {
    world_.platform.setRefreshToken(world_.appid.text(), "refreshtoken@@@newest");

    ASSERT_TRUE(runBlocking(world_.grants.rereadGrants(world_.merchant)));

    EXPECT_EQ(world_.authorization()->refresh_token->expose(), "refreshtoken@@@newest");
    EXPECT_NE(world_.authorization()->access_token, nullptr);
    EXPECT_EQ(reads(), 1);
}

TEST_F(GrantKeeperTest, MerchantWithoutAuthorizationHasNothingToRead) {
    const auto refreshed = runBlocking(world_.grants.refreshGrants(MerchantId{"mer_unknown"}));
    const auto doubted = runBlocking(world_.grants.doubtGrants(MerchantId{"mer_unknown"}));

    ASSERT_FALSE(refreshed);
    EXPECT_EQ(refreshed.error().code, ErrorCode::kMerchantNotAuthorized);
    ASSERT_FALSE(doubted);
    EXPECT_EQ(doubted.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(reads(), 0);
}

TEST_F(GrantKeeperTest, StoreThatCannotWriteIsToldAndTheDoubtStays) {
    ASSERT_TRUE(doubt());
    world_.store.faults.refuse("save");

    const auto refreshed = refresh();

    ASSERT_FALSE(refreshed);
    EXPECT_EQ(refreshed.error().code, ErrorCode::kStoreUnavailable);
    EXPECT_TRUE(world_.authorization()->grants_stale);
}

}  // namespace
}  // namespace tenants
