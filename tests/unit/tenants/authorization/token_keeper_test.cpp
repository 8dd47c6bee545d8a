#include "tenants/authorization/token_keeper.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/support/spawned.h"
#include "tests/support/world.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::FakePlatform;
using test_support::Spawned;

// A token lives 7200 s; it is due 600 s before its end, each merchant's up to 120 s earlier.
constexpr auto kSurelyFresh = 6470s;
constexpr auto kDue = 6700s;
constexpr auto kDead = 7200s;

class TokenKeeperTest : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(world_.authorize()); }
    Result<LiveToken> usable() { return runBlocking(world_.keeper.usable(world_.merchant)); }
    Result<LiveToken> replace(LiveToken refused) {
        return runBlocking(world_.keeper.replace(world_.merchant, std::move(refused)));
    }
    std::string usableText() { return std::string{usable()->token->expose()}; }
    int refreshes() const { return world_.platform.calls("refresh"); }

    test_support::World world_;
};

TEST_F(TokenKeeperTest, FreshTokenIsGivenWithoutACall) {
    world_.clock.advance(kSurelyFresh);

    const auto token = usable();

    ASSERT_TRUE(token);
    EXPECT_EQ(token->appid, world_.appid);
    EXPECT_EQ(refreshes(), 0);
}

TEST_F(TokenKeeperTest, DueTokenIsRenewedAndStoredBeforeItIsGiven) {
    const std::string before = usableText();
    world_.clock.advance(kDue);

    const auto token = usable();

    ASSERT_TRUE(token);
    EXPECT_NE(token->token->expose(), before);
    EXPECT_EQ(world_.authorization()->access_token->expose(), token->token->expose());
    EXPECT_EQ(world_.authorization()->access_expires_at, world_.clock.now() + 7200s);
    EXPECT_EQ(refreshes(), 1);
}

TEST_F(TokenKeeperTest, ExpiryCountsFromBeforeTheRequest) {
    world_.clock.advance(kDead);
    const UtcTime asked = world_.clock.now();
    const auto gate = world_.platform.delayNext("refresh");

    Spawned<Result<LiveToken>> waiting{world_.keeper.usable(world_.merchant)};
    world_.clock.advance(5s);
    gate->open();

    ASSERT_TRUE(waiting.ended());
    EXPECT_EQ(world_.authorization()->access_expires_at, asked + 7200s);
}

TEST_F(TokenKeeperTest, SixtyFourWaitersMakeOneRefresh) {
    world_.clock.advance(kDead);
    const auto gate = world_.platform.delayNext("refresh");
    std::vector<Spawned<Result<LiveToken>>> waiters;
    for (int i = 0; i < 64; ++i) waiters.emplace_back(world_.keeper.usable(world_.merchant));
    ASSERT_FALSE(waiters.front().ended());

    gate->open();

    for (const auto& waiter : waiters) {
        ASSERT_TRUE(waiter.ended());
        ASSERT_TRUE(waiter.result());
        EXPECT_EQ(waiter.result()->token, waiters.front().result()->token);
    }
    EXPECT_EQ(refreshes(), 1);
}

TEST_F(TokenKeeperTest, SixtyFourRefusalsOfOneTokenMakeOneRefresh) {
    const LiveToken refused = *usable();
    const auto gate = world_.platform.delayNext("refresh");
    std::vector<Spawned<Result<LiveToken>>> waiters;
    for (int i = 0; i < 64; ++i) waiters.emplace_back(world_.keeper.replace(world_.merchant, refused));

    gate->open();

    for (const auto& waiter : waiters) {
        ASSERT_TRUE(waiter.ended());
        ASSERT_TRUE(waiter.result());
        EXPECT_FALSE(sameSecret(waiter.result()->token, refused.token));
    }
    EXPECT_EQ(refreshes(), 1);
}

TEST_F(TokenKeeperTest, ThreadsThatRefuseOneTokenMakeOneRefresh) {
    const LiveToken refused = *usable();
    std::vector<std::thread> threads;
    std::atomic<int> served{0};
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            const auto newer = replace(refused);
            if (newer && !sameSecret(newer->token, refused.token)) ++served;
        });
    }
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(served.load(), 8);
    EXPECT_EQ(refreshes(), 1);
}

TEST_F(TokenKeeperTest, ARefusedTokenThatWasReplacedAlreadyCostsNoRefresh) {
    const LiveToken first = *usable();
    const LiveToken second = *replace(first);

    const auto again = replace(first);

    ASSERT_TRUE(again);
    EXPECT_EQ(again->token, second.token);
    EXPECT_EQ(refreshes(), 1);
}

TEST_F(TokenKeeperTest, AChangeOfGrantsDoesNotPassForAReplacedToken) {
    const LiveToken refused = *usable();
    ASSERT_TRUE(runBlocking(world_.grants.doubtGrants(world_.merchant)));  // a new generation with the same token

    const auto newer = replace(refused);

    ASSERT_TRUE(newer);
    EXPECT_FALSE(sameSecret(newer->token, refused.token));
}

TEST_F(TokenKeeperTest, WhileADueTokenIsRenewedOthersGoOnWithIt) {
    const std::string old = usableText();
    world_.clock.advance(kDue);
    const auto gate = world_.platform.delayNext("refresh");
    Spawned<Result<LiveToken>> renewing{world_.keeper.usable(world_.merchant)};
    ASSERT_FALSE(renewing.ended());

    EXPECT_EQ(usableText(), old);

    gate->open();
    EXPECT_NE(usableText(), old);
    EXPECT_EQ(refreshes(), 1);
}

TEST_F(TokenKeeperTest, FailedRenewalDoesNotPoisonATokenThatWorks) {
    const std::string old = usableText();
    world_.clock.advance(kDue);
    world_.platform.failNext("refresh", FakePlatform::unreachable());

    EXPECT_EQ(usableText(), old);
    EXPECT_EQ(world_.authorization()->trouble, "upstream_unreachable");
    EXPECT_EQ(usableText(), old);  // and is not tried again with every scan
    EXPECT_EQ(refreshes(), 1);

    world_.clock.advance(15s);
    EXPECT_NE(usableText(), old);
    EXPECT_EQ(world_.authorization()->trouble, "");
}

TEST_F(TokenKeeperTest, FailedRenewalOfADeadTokenIsSharedAndTriedAgainAfterAPause) {
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

TEST_F(TokenKeeperTest, WallClockThatLeapsIsNotTrusted) {
    struct Row {
        std::chrono::seconds leap;
        int refreshes;
    };
    for (const Row row : {Row{-1h, 1}, Row{61s, 1}, Row{-61s, 1}, Row{59s, 0}, Row{-59s, 0}}) {
        test_support::World world;
        ASSERT_TRUE(world.authorize());
        ASSERT_TRUE(runBlocking(world.keeper.usable(world.merchant)));

        world.clock.jumpWall(row.leap);
        ASSERT_TRUE(runBlocking(world.keeper.usable(world.merchant)));

        EXPECT_EQ(world.platform.calls("refresh"), row.refreshes) << row.leap.count();
    }
}

TEST_F(TokenKeeperTest, TokenIsDeadBySteadyAgeThoughTheWallClockSaysOtherwise) {
    ASSERT_TRUE(usable());
    world_.clock.advance(kDead);
    world_.clock.jumpWall(-kDead);
    world_.platform.failNext("refresh", FakePlatform::unreachable());

    EXPECT_FALSE(usable());
}

TEST_F(TokenKeeperTest, AnswerWithoutRefreshTokenKeepsTheOldOne) {
    world_.platform.omitRefreshToken();
    const std::string refresh_token{world_.authorization()->refresh_token->expose()};
    world_.clock.advance(kDead);

    ASSERT_TRUE(usable());

    EXPECT_EQ(world_.authorization()->refresh_token->expose(), refresh_token);
}

TEST_F(TokenKeeperTest, UnknownRefreshTokenFallsBackToThePreviousOne) {
    const SharedSecret good = world_.authorization()->refresh_token;
    world_.change([](Authorization& next) { next.takeRefreshToken(shareSecret("refreshtoken@@@wrong")); });
    world_.clock.advance(kDead);

    ASSERT_TRUE(usable());

    EXPECT_EQ(refreshes(), 2);
    EXPECT_TRUE(sameSecret(world_.authorization()->refresh_token, good));
}

TEST_F(TokenKeeperTest, UnknownRefreshTokenIsReadBackFromWeChat) {
    world_.platform.setRefreshToken(world_.appid.text(), "refreshtoken@@@other");
    world_.clock.advance(kDead);

    ASSERT_TRUE(usable());

    EXPECT_EQ(world_.authorization()->refresh_token->expose(), "refreshtoken@@@other");
}

TEST_F(TokenKeeperTest, RefreshTokenThatNothingBringsBackIsTrouble) {
    world_.clock.advance(kDead);
    world_.platform.failNext("refresh", FakePlatform::refusal(61023));

    const auto token = usable();

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_EQ(world_.authorization()->trouble, "refresh_token_invalid");
    EXPECT_FALSE(world_.authorization()->withdrawn);
}

TEST_F(TokenKeeperTest, AccountThatIsNotAuthorizedToUsIsMarkedWithdrawn) {
    for (const int errcode : {61003, 42007}) {
        test_support::World world;
        ASSERT_TRUE(world.authorize());
        world.clock.advance(kDead);
        world.platform.failNext("refresh", FakePlatform::refusal(errcode));

        const auto token = runBlocking(world.keeper.usable(world.merchant));

        ASSERT_FALSE(token);
        EXPECT_EQ(token.error().code, ErrorCode::kMerchantNotAuthorized);
        EXPECT_TRUE(world.authorization()->withdrawn);
        EXPECT_EQ(world.authorization()->refresh_token, nullptr);
    }
}

TEST_F(TokenKeeperTest, FrozenAccountIsNotEligibleAndNotWithdrawn) {
    world_.clock.advance(kDead);
    world_.platform.failNext("refresh", FakePlatform::refusal(50002));

    const auto token = usable();

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kAccountNotEligible);
    EXPECT_EQ(world_.authorization()->trouble, "account_limited");
    EXPECT_FALSE(world_.authorization()->withdrawn);
}

TEST_F(TokenKeeperTest, NoAuthorizationAndWithdrawnOneHaveNoToken) {
    const auto unknown = runBlocking(world_.keeper.usable(MerchantId{"mer_unknown"}));
    world_.push(world_.event("unauthorized", "", world_.clock.now()));
    const auto withdrawn = usable();

    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kMerchantNotAuthorized);
    ASSERT_FALSE(withdrawn);
    EXPECT_EQ(withdrawn.error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_EQ(refreshes(), 0);
}

TEST_F(TokenKeeperTest, SlowAnswerNeverReplacesTheTokenOfANewerConsent) {
    world_.clock.advance(kDead);
    const auto gate = world_.platform.delayNext("refresh");
    Spawned<Result<LiveToken>> slow{world_.keeper.usable(world_.merchant)};
    world_.change([](Authorization& next) {  // as a consent stores it that did not wait for the lock
        next.access_token = shareSecret("access-of-new-consent");
        next.access_expires_at += 4h;
        next.takeRefreshToken(shareSecret("refreshtoken@@@new"));
    });

    gate->open();

    ASSERT_TRUE(slow.ended());
    ASSERT_TRUE(slow.result());
    EXPECT_EQ(slow.result()->token->expose(), "access-of-new-consent");
    EXPECT_EQ(world_.authorization()->access_token->expose(), "access-of-new-consent");
    EXPECT_EQ(world_.authorization()->refresh_token->expose(), "refreshtoken@@@new");
}

TEST_F(TokenKeeperTest, WithdrawalDuringARefreshStands) {
    world_.clock.advance(kDead);
    const auto gate = world_.platform.delayNext("refresh");
    Spawned<Result<LiveToken>> slow{world_.keeper.usable(world_.merchant)};
    ASSERT_TRUE(runBlocking(world_.onboarding.receive(world_.event("unauthorized", "", world_.clock.now()))));

    gate->open();

    ASSERT_TRUE(slow.ended());
    ASSERT_FALSE(slow.result());
    EXPECT_EQ(slow.result().error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_TRUE(world_.authorization()->withdrawn);
    EXPECT_EQ(world_.authorization()->access_token, nullptr);
}

TEST_F(TokenKeeperTest, OtherChangesDuringARefreshAreKept) {
    world_.clock.advance(kDead);
    const auto gate = world_.platform.delayNext("refresh");
    Spawned<Result<LiveToken>> slow{world_.keeper.usable(world_.merchant)};
    ASSERT_TRUE(runBlocking(world_.grants.doubtGrants(world_.merchant)));

    gate->open();

    ASSERT_TRUE(slow.ended());
    ASSERT_TRUE(slow.result());
    EXPECT_TRUE(world_.authorization()->grants_stale);
    EXPECT_EQ(world_.authorization()->access_token, slow.result()->token);
}

TEST_F(TokenKeeperTest, TokenThatCannotBeStoredIsNotGiven) {
    world_.clock.advance(kDead);
    world_.store.faults.refuse("save");

    const auto token = usable();

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kStoreUnavailable);
}

TEST_F(TokenKeeperTest, RefusedComponentTokenIsReplacedAndTheRefreshRepeatedOnce) {
    for (const int errcode : {40001, 40014, 42001, 42006}) {
        test_support::World world;
        ASSERT_TRUE(world.authorize());
        world.clock.advance(kSurelyFresh);
        ASSERT_TRUE(runBlocking(world.keeper.componentToken()));
        const LiveToken refused = *runBlocking(world.keeper.usable(world.merchant));
        world.platform.failNext("refresh", FakePlatform::refusal(errcode));
        const int made = world.platform.calls("component_token");

        EXPECT_TRUE(runBlocking(world.keeper.replace(world.merchant, refused))) << errcode;

        EXPECT_EQ(world.platform.calls("component_token"), made + 1) << errcode;
        EXPECT_EQ(world.platform.calls("refresh"), 2) << errcode;
        EXPECT_EQ(world.authorization()->trouble, "");
    }
}

TEST_F(TokenKeeperTest, ThoseWhoQueuedBehindARefusedComponentTokenDoNotShowItAgain) {
    const LiveToken refused = *usable();
    world_.platform.forgetComponentTokens();
    const int made = world_.platform.calls("component_token");
    const auto gate = world_.platform.delayNext("refresh");
    std::vector<Spawned<Result<LiveToken>>> waiters;
    for (int i = 0; i < 64; ++i) waiters.emplace_back(world_.keeper.replace(world_.merchant, refused));

    gate->open();

    for (const auto& waiter : waiters) {
        ASSERT_TRUE(waiter.ended());
        EXPECT_TRUE(waiter.result());
    }
    EXPECT_EQ(refreshes(), 2);  // the one that was refused, and the one with the new component token
    EXPECT_EQ(world_.platform.calls("component_token"), made + 1);
}

TEST_F(TokenKeeperTest, ComponentTokenThatStaysRefusedEndsAfterOneRepeat) {
    world_.clock.advance(kDead);
    world_.platform.failNext("refresh", FakePlatform::refusal(40001));
    world_.platform.failNext("refresh", FakePlatform::refusal(40001));

    const auto token = usable();

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kUpstreamRefused);
    EXPECT_EQ(refreshes(), 2);
}

TEST(TokenKeeperComponent, WithoutATicketThereIsNoToken) {
    test_support::FakeClock clock{test_support::beijingNoon()};
    test_support::MemoryStore store;
    FakePlatform platform;
    TokenKeeper keeper{platform, store.authorizations, clock, {}};

    const auto token = runBlocking(keeper.componentToken());

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kUpstreamUnreachable);
    EXPECT_EQ(platform.calls("component_token"), 0);

    ASSERT_TRUE(runBlocking(store.authorizations.saveTicket(shareSecret("ticket"), clock.now())));
    EXPECT_TRUE(runBlocking(keeper.componentToken()));  // at once, without a pause
}

TEST_F(TokenKeeperTest, ComponentTokenIsKeptUntilItsMarginAndRenewedOnce) {
    const int made = world_.platform.calls("component_token");
    world_.clock.advance(6599s);
    ASSERT_TRUE(runBlocking(world_.keeper.componentToken()));
    EXPECT_EQ(world_.platform.calls("component_token"), made);

    world_.clock.advance(2s);
    const auto gate = world_.platform.delayNext("component_token");
    Spawned<Result<SharedSecret>> renewing{world_.keeper.componentToken()};
    Spawned<Result<SharedSecret>> other{world_.keeper.componentToken()};
    EXPECT_FALSE(renewing.ended());
    EXPECT_TRUE(other.ended());
    gate->open();

    EXPECT_TRUE(renewing.ended());
    EXPECT_EQ(world_.platform.calls("component_token"), made + 1);
    EXPECT_EQ(world_.store.authorizations.component()->access_token, *renewing.result());
}

TEST_F(TokenKeeperTest, FailedComponentRenewalLeavesTheWorkingTokenInUse) {
    const SharedSecret old = *runBlocking(world_.keeper.componentToken());
    world_.clock.advance(6700s);
    world_.platform.failNext("component_token", FakePlatform::unreachable());

    const auto token = runBlocking(world_.keeper.componentToken());

    ASSERT_TRUE(token);
    EXPECT_EQ(*token, old);
}

TEST_F(TokenKeeperTest, ManyRefusalsOfOneComponentTokenMakeOneRequest) {
    const SharedSecret refused = *runBlocking(world_.keeper.componentToken());
    const int made = world_.platform.calls("component_token");
    const auto gate = world_.platform.delayNext("component_token");
    std::vector<Spawned<Result<SharedSecret>>> waiters;
    for (int i = 0; i < 64; ++i) waiters.emplace_back(world_.keeper.replaceComponentToken(refused));

    gate->open();

    for (const auto& waiter : waiters) {
        ASSERT_TRUE(waiter.ended());
        ASSERT_TRUE(waiter.result());
    }
    EXPECT_EQ(world_.platform.calls("component_token"), made + 1);
}

TEST_F(TokenKeeperTest, TicketThatIsRefusedIsReplacedByOneThatCameMeanwhile) {
    const SharedSecret refused = *runBlocking(world_.keeper.componentToken());
    world_.platform.failNext("component_token", FakePlatform::refusal(61005));
    const auto gate = world_.platform.delayNext("component_token");
    Spawned<Result<SharedSecret>> waiting{world_.keeper.replaceComponentToken(refused)};
    world_.clock.advance(1s);
    ASSERT_TRUE(runBlocking(world_.onboarding.receiveTicket(shareSecret("ticket@@@2"), world_.clock.now())));

    gate->open();

    ASSERT_TRUE(waiting.ended());
    EXPECT_TRUE(waiting.result());
}

}  // namespace
}  // namespace tenants
