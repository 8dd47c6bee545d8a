#include "tests/unit/tenants/authorization/token_keeper_fixture.h"

#include <vector>

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::FakePlatform;
using test_support::Spawned;

/// What is done where WeChat does not know a refresh token (61023), or the account (61003).
class TokenKeeperRecovery : public TokenKeeperTest {
protected:
    void SetUp() override {
        TokenKeeperTest::SetUp();
        infos_before_ = infos();
    }
    int lists() const { return world_.platform.calls("list"); }
    int infos() const { return world_.platform.calls("info"); }
    /// As where our store was restored from yesterday's backup.
    void replaceAtWeChat(const std::string& refresh_token) {
        world_.platform.setRefreshToken(world_.appid.text(), refresh_token);
    }
    std::string refreshToken() const { return std::string{world_.authorization()->refresh_token->expose()}; }

    int infos_before_ = 0;
};

// Pitfalls 12 and 13: the refresh token is kept as long as WeChat names no other, and has no end of its own.
TEST_F(TokenKeeperRecovery, AnswerWithoutRefreshTokenKeepsTheOldOne) {
    world_.platform.omitRefreshToken();
    const std::string before = refreshToken();
    world_.clock.advance(24h * 31);

    ASSERT_TRUE(usable());

    EXPECT_EQ(refreshToken(), before);
}

TEST_F(TokenKeeperRecovery, UnknownRefreshTokenFallsBackToThePreviousOne) {
    const SharedSecret good = world_.authorization()->refresh_token;
    world_.change([](Authorization& next) { next.takeRefreshToken(shareSecret("refreshtoken@@@wrong")); });
    world_.clock.advance(kDead);

    ASSERT_TRUE(usable());

    EXPECT_EQ(refreshes(), 2);
    EXPECT_EQ(lists(), 0);
    EXPECT_TRUE(sameSecret(world_.authorization()->refresh_token, good));
}

// Pitfalls 14 and 27: a lost refresh token comes back from the list, weeks after a refresh that worked.
TEST_F(TokenKeeperRecovery, UnknownRefreshTokenIsReadBackFromTheList) {
    replaceAtWeChat("refreshtoken@@@other");
    world_.platform.omitRefreshToken();  // then the one that worked is the one to keep
    world_.clock.advance(24h * 21);

    ASSERT_TRUE(usable());

    EXPECT_EQ(refreshToken(), "refreshtoken@@@other");
    EXPECT_EQ(lists(), 1);
    EXPECT_EQ(infos(), infos_before_);
    EXPECT_EQ(trouble(), "");
}

// Pitfall 3: all refresh tokens lost at once.
TEST_F(TokenKeeperRecovery, AThousandLostRefreshTokensCostOneReadOfTheList) {
    std::vector<MerchantId> merchants;
    for (int i = 0; i < 1000; ++i) {
        const std::string number = std::to_string(i);
        Authorization authorization;
        authorization.merchant = MerchantId{"mer_lost_" + number};
        authorization.appid = AppId{"wxlost" + number};
        merchants.push_back(authorization.merchant);
        world_.platform.setRefreshToken(authorization.appid.text(), "refreshtoken@@@" + number);
        ASSERT_TRUE(runBlocking(world_.store.authorizations.save(std::move(authorization))));
    }
    const auto gate = world_.platform.delayNext("list");
    std::vector<Spawned<Result<LiveToken>>> waiters;
    for (const MerchantId& merchant : merchants) waiters.emplace_back(world_.keeper.usable(merchant));

    gate->open();

    for (const auto& waiter : waiters) {
        ASSERT_TRUE(waiter.ended());
        EXPECT_TRUE(waiter.result());
    }
    EXPECT_EQ(lists(), 3);  // its three pages
    EXPECT_EQ(infos(), infos_before_);
}

TEST_F(TokenKeeperRecovery, TokenThatChangedSinceTheListWasReadIsReadFromTheAccountsInfo) {
    replaceAtWeChat("refreshtoken@@@second");
    world_.clock.advance(kDead);
    ASSERT_TRUE(usable());
    replaceAtWeChat("refreshtoken@@@third");  // the list is shared for another minute
    const LiveToken refused = *usable();

    ASSERT_TRUE(replace(refused));

    EXPECT_EQ(refreshToken(), "refreshtoken@@@third");
    EXPECT_EQ(lists(), 1);
    EXPECT_EQ(infos(), infos_before_ + 1);
}

TEST_F(TokenKeeperRecovery, ListThatCannotBeReadLeavesTheAccountsInfo) {
    replaceAtWeChat("refreshtoken@@@other");
    world_.clock.advance(kDead);
    world_.platform.failNext("list", FakePlatform::unreachable());

    ASSERT_TRUE(usable());

    EXPECT_EQ(refreshToken(), "refreshtoken@@@other");
}

TEST_F(TokenKeeperRecovery, WhereNeitherCanBeReadTheAccountIsNotGivenUp) {
    replaceAtWeChat("refreshtoken@@@other");
    world_.clock.advance(kDead);
    world_.platform.failNext("list", FakePlatform::unreachable());
    world_.platform.failNext("info", FakePlatform::unreachable());

    const auto token = usable();

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kUpstreamUnreachable);
    EXPECT_EQ(trouble(), "upstream_unreachable");
    world_.clock.advance(5s);
    EXPECT_TRUE(usable());
}

// Pitfall 28: a list entry without refresh_token brings nothing back.
TEST_F(TokenKeeperRecovery, RefreshTokenThatNothingBringsBackNeedsANewAuthorization) {
    replaceAtWeChat("refreshtoken@@@other");
    world_.platform.hideRefreshToken(world_.appid.text());
    world_.clock.advance(kDead);

    const auto token = usable();

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_EQ(trouble(), "reauthorization_needed");
    EXPECT_FALSE(world_.authorization()->withdrawn);
    EXPECT_NE(world_.authorization()->refresh_token, nullptr);
}

TEST_F(TokenKeeperRecovery, MissingRefreshTokenIsReadBackToo) {
    world_.change([](Authorization& next) {
        next.refresh_token = nullptr;
        next.access_token = nullptr;
    });

    ASSERT_TRUE(usable());

    EXPECT_NE(world_.authorization()->refresh_token, nullptr);
    EXPECT_EQ(refreshes(), 1);
}

TEST_F(TokenKeeperRecovery, MissingRefreshTokenThatWeChatDoesNotTellEitherNeedsANewAuthorization) {
    world_.platform.hideRefreshToken(world_.appid.text());
    world_.change([](Authorization& next) {
        next.refresh_token = nullptr;
        next.access_token = nullptr;
    });

    const auto token = usable();

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_EQ(trouble(), "reauthorization_needed");
    EXPECT_EQ(refreshes(), 0);
}

TEST_F(TokenKeeperRecovery, ComponentTokenThatIsRefusedForTheListIsReplaced) {
    replaceAtWeChat("refreshtoken@@@other");
    world_.clock.advance(kDead);
    world_.platform.failNext("list", FakePlatform::refusal(42001));

    ASSERT_TRUE(usable());

    EXPECT_EQ(lists(), 2);
    EXPECT_EQ(refreshToken(), "refreshtoken@@@other");
}

TEST_F(TokenKeeperRecovery, AccountThatIsNotListedAnyMoreIsMarkedWithdrawn) {
    world_.clock.advance(kDead);
    world_.platform.withdraw(world_.appid.text());  // 61003 from now on

    const auto token = usable();

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_TRUE(world_.authorization()->withdrawn);
    EXPECT_EQ(world_.authorization()->refresh_token, nullptr);
    const auto changes = world_.keeper.takeTroubleChanges();
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].now, "authorization_withdrawn");
}

// Pitfall 26: 61003 although the list shows the account.
TEST_F(TokenKeeperRecovery, RefusalOfAnAccountThatIsStillListedIsForTheOperatorAndWithdrawsNothing) {
    world_.clock.advance(kDead);
    world_.platform.failNext("refresh", FakePlatform::refusal(61003));

    const auto token = usable();

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_EQ(trouble(), "refused_though_listed");
    EXPECT_FALSE(world_.authorization()->withdrawn);
    EXPECT_NE(world_.authorization()->refresh_token, nullptr);
    world_.clock.advance(1min);
    EXPECT_TRUE(usable());
}

TEST_F(TokenKeeperRecovery, ListThatIsOlderThanTheConsentWithdrawsNothing) {
    world_.platform.withdraw(world_.appid.text());
    ASSERT_TRUE(runBlocking(world_.keeper.listAuthorizers()));  // without the account, and shared for a while
    ASSERT_TRUE(world_.authorize());
    const auto live = usable();
    ASSERT_TRUE(live);
    world_.platform.failNext("refresh", FakePlatform::refusal(61003));

    EXPECT_FALSE(runBlocking(world_.keeper.replace(world_.merchant, *live)));

    EXPECT_FALSE(world_.authorization()->withdrawn);
    EXPECT_EQ(trouble(), "refused_though_listed");
}

TEST_F(TokenKeeperRecovery, RefusalThatTheListCannotConfirmWithdrawsNothingYet) {
    world_.clock.advance(kDead);
    world_.platform.withdraw(world_.appid.text());
    world_.platform.failNext("list", FakePlatform::unreachable());

    EXPECT_FALSE(usable());
    EXPECT_FALSE(world_.authorization()->withdrawn);

    world_.clock.advance(5s);
    EXPECT_FALSE(usable());
    EXPECT_TRUE(world_.authorization()->withdrawn);
}

TEST_F(TokenKeeperRecovery, ChangedPasswordVoidsAllTokens) {
    world_.clock.advance(kDead);
    world_.platform.failNext("refresh", FakePlatform::refusal(42007));

    const auto token = usable();

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_TRUE(world_.authorization()->withdrawn);
}

}  // namespace
}  // namespace tenants
