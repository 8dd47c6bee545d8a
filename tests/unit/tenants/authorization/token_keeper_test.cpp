#include "tests/unit/tenants/authorization/token_keeper_fixture.h"

#include <atomic>
#include <thread>
#include <vector>

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::Spawned;

TEST_F(TokenKeeperTest, FreshTokenIsGivenWithoutACall) {
    world_.clock.advance(kSurelyFresh);

    const auto token = usable();

    ASSERT_TRUE(token);
    EXPECT_EQ(token->appid, world_.appid);
    EXPECT_EQ(refreshes(), 0);
}

TEST_F(TokenKeeperTest, DueTokenIsGivenWithoutWaitingForItsRenewal) {
    const std::string before = usableText();
    world_.clock.advance(kDue);

    EXPECT_EQ(usableText(), before);

    EXPECT_EQ(refreshes(), 0);
}

TEST_F(TokenKeeperTest, DueTokenIsRenewedAheadOfItsEnd) {
    const std::string before = usableText();
    world_.clock.advance(kDue);

    ASSERT_TRUE(renew());

    EXPECT_NE(usableText(), before);
    EXPECT_EQ(world_.authorization()->access_expires_at, world_.clock.now() + 7200s);
    EXPECT_EQ(refreshes(), 1);
}

TEST_F(TokenKeeperTest, FreshTokenIsNotRenewed) {
    world_.clock.advance(kSurelyFresh);

    ASSERT_TRUE(renew());

    EXPECT_EQ(refreshes(), 0);
}

// Pitfall 7: the old token stays until the new one is stored.
TEST_F(TokenKeeperTest, DeadTokenIsReplacedAndStoredBeforeItIsGiven) {
    const SharedSecret before = world_.authorization()->access_token;
    world_.clock.advance(kDead);
    const auto gate = world_.platform.delayNext("refresh");
    Spawned<Result<LiveToken>> waiting{world_.keeper.usable(world_.merchant)};
    EXPECT_EQ(world_.authorization()->access_token, before);

    gate->open();

    ASSERT_TRUE(waiting.ended());
    ASSERT_TRUE(waiting.result());
    EXPECT_EQ(world_.authorization()->access_token, waiting.result()->token);
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

// Pitfall 5: whoever waited for the lock looks again before it refreshes.
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

// Pitfall 4: many refusals of one token do not end the one that took its place.
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
    Spawned<Result<Done>> renewing{world_.keeper.renewIfDue(world_.merchant)};
    Spawned<Result<Done>> again{world_.keeper.renewIfDue(world_.merchant)};
    ASSERT_FALSE(renewing.ended());

    EXPECT_EQ(usableText(), old);

    gate->open();
    EXPECT_TRUE(renewing.ended() && again.ended());
    EXPECT_NE(usableText(), old);
    EXPECT_EQ(refreshes(), 1);
}

TEST_F(TokenKeeperTest, NoAuthorizationAndWithdrawnOneHaveNoToken) {
    const auto unknown = runBlocking(world_.keeper.usable(MerchantId{"mer_unknown"}));
    world_.push(world_.event("unauthorized", "", world_.clock.now() + std::chrono::seconds{1}));
    const auto withdrawn = usable();

    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kMerchantNotAuthorized);
    ASSERT_FALSE(withdrawn);
    EXPECT_EQ(withdrawn.error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_EQ(refreshes(), 0);
}

// Pitfalls 9 and 10: a slow answer never overwrites what a newer consent stored.
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

// Pitfall 11: a new consent brings a new access token, which takes the place of the one that died with it.
TEST_F(TokenKeeperTest, NewConsentReplacesTheAccessTokenToo) {
    const LiveToken before = *usable();
    ASSERT_TRUE(world_.authorize());

    const auto after = replace(before);

    ASSERT_TRUE(after);
    EXPECT_FALSE(sameSecret(after->token, before.token));
    EXPECT_EQ(refreshes(), 0);
}

TEST_F(TokenKeeperTest, WithdrawalDuringARefreshStands) {
    world_.clock.advance(kDead);
    const auto gate = world_.platform.delayNext("refresh");
    Spawned<Result<LiveToken>> slow{world_.keeper.usable(world_.merchant)};
    ASSERT_TRUE(runBlocking(
        world_.onboarding.receive(world_.event("unauthorized", "", world_.clock.now() + std::chrono::seconds{1}))));

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

}  // namespace
}  // namespace tenants
