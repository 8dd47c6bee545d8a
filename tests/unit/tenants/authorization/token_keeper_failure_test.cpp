#include "tests/unit/tenants/authorization/token_keeper_fixture.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::FakePlatform;

class TokenKeeperFailure : public TokenKeeperTest {};

TEST_F(TokenKeeperFailure, FailedRenewalDoesNotPoisonATokenThatWorks) {
    const std::string old = usableText();
    world_.clock.advance(kDue);
    world_.platform.failNext("refresh", FakePlatform::unreachable());

    EXPECT_FALSE(renew());

    EXPECT_EQ(usableText(), old);
    EXPECT_EQ(trouble(), "upstream_unreachable");
    EXPECT_FALSE(renew());  // pausing
    EXPECT_EQ(refreshes(), 1);
    world_.clock.advance(15s);
    ASSERT_TRUE(renew());
    EXPECT_NE(usableText(), old);
    EXPECT_EQ(trouble(), "");
}

TEST_F(TokenKeeperFailure, RenewalsOfAWorkingTokenPauseLongerAndLongerUpToTwoMinutes) {
    world_.clock.advance(kDue);
    constexpr int kSeconds = 400;
    int made_late = 0;
    for (int second = 0; second < kSeconds; ++second) {
        const int before = refreshes();
        world_.platform.failNext("refresh", FakePlatform::unreachable());
        EXPECT_FALSE(renew());
        if (second >= kSeconds - 121) made_late += refreshes() - before;
        world_.clock.advance(1s);
    }

    EXPECT_LE(refreshes(), 9);
    EXPECT_GE(made_late, 1);  // bounded: it goes on trying
}

TEST_F(TokenKeeperFailure, FailedRenewalOfADeadTokenIsSharedAndTriedAgainAfterAPause) {
    world_.clock.advance(kDead);
    world_.platform.failNext("refresh", FakePlatform::unreachable());

    for (int i = 0; i < 3; ++i) {
        const auto token = usable();
        ASSERT_FALSE(token);
        EXPECT_EQ(token.error().code, ErrorCode::kUpstreamUnreachable);
    }
    EXPECT_EQ(refreshes(), 1);

    world_.clock.advance(1s);
    EXPECT_TRUE(usable());
}

TEST_F(TokenKeeperFailure, FrozenAccountIsNotEligibleAndNotWithdrawn) {
    world_.clock.advance(kDead);
    world_.platform.failNext("refresh", FakePlatform::refusal(50002));

    const auto token = usable();

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kAccountNotEligible);
    EXPECT_EQ(trouble(), "account_limited");
    EXPECT_FALSE(world_.authorization()->withdrawn);
}

TEST_F(TokenKeeperFailure, ARefusalThatOnlySomebodysActCanChangeIsNotTriedAgainEverySecond) {
    world_.clock.advance(kDead);
    for (int second = 0; second < 30; ++second) {
        world_.platform.failNext("refresh", FakePlatform::refusal(50002));
        EXPECT_FALSE(usable());
        world_.clock.advance(1s);
    }
    EXPECT_EQ(refreshes(), 1);
}

TEST_F(TokenKeeperFailure, AFailureSaysNothingOfTheRefreshTokenOfANewConsent) {
    world_.clock.advance(kDead);
    world_.platform.failNext("refresh", FakePlatform::refusal(50002));
    ASSERT_FALSE(usable());
    world_.platform.setRefreshToken(world_.appid.text(), "refreshtoken@@@new");
    world_.change([](Authorization& next) { next.takeRefreshToken(shareSecret("refreshtoken@@@new")); });

    EXPECT_TRUE(usable());
}

TEST_F(TokenKeeperFailure, TroubleIsToldOnceWhenItComesAndOnceWhenItGoes) {
    world_.clock.advance(kDue);
    for (int i = 0; i < 3; ++i) {
        world_.platform.failNext("refresh", FakePlatform::unreachable());
        ASSERT_FALSE(renew());
        world_.clock.advance(2min);
    }
    ASSERT_TRUE(renew());

    const auto changes = world_.keeper.takeTroubleChanges();
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].merchant, world_.merchant);
    EXPECT_EQ(changes[0].now, "upstream_unreachable");
    EXPECT_EQ(changes[1].before, "upstream_unreachable");
    EXPECT_EQ(changes[1].now, "");
}

TEST_F(TokenKeeperFailure, TokenThatCannotBeStoredIsNotGivenAndNotAskedForAgainAtOnce) {
    world_.clock.advance(kDead);
    world_.store.faults.refuse("save");

    for (int i = 0; i < 3; ++i) {
        const auto token = usable();
        ASSERT_FALSE(token);
        EXPECT_EQ(token.error().code, ErrorCode::kStoreUnavailable);
    }
    EXPECT_EQ(refreshes(), 1);

    world_.store.faults.allow("save");
    world_.clock.advance(1s);
    EXPECT_TRUE(usable());
}

TEST_F(TokenKeeperFailure, EveryRefusalHasAStableWordForTheOperator) {
    struct Row {
        int errcode;
        std::string_view trouble;
    };
    constexpr Row kRows[] = {
        {-1, "upstream_busy"},          {45009, "platform_quota_exceeded"}, {45011, "platform_rate_limited"},
        {61004, "address_not_allowed"}, {40164, "address_not_allowed"},     {61011, "component_refused"},
        {47001, "upstream_refused"}};
    for (const Row row : kRows) {
        test_support::World world;
        ASSERT_TRUE(world.authorize());
        world.clock.advance(kDue);
        world.platform.failNext("refresh", FakePlatform::refusal(row.errcode));

        EXPECT_FALSE(runBlocking(world.keeper.renewIfDue(world.merchant))) << row.errcode;

        EXPECT_EQ(world.authorization()->trouble, row.trouble) << row.errcode;
        EXPECT_FALSE(world.authorization()->withdrawn) << row.errcode;
        EXPECT_TRUE(runBlocking(world.keeper.usable(world.merchant))) << row.errcode;
    }
}

}  // namespace
}  // namespace tenants
