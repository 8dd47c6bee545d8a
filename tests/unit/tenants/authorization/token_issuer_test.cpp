#include "tenants/authorization/token_issuer.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/support/world.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::ScanWorld;
using Freshness = TokenIssuer::Freshness;

class TokenIssuerTest : public ::testing::Test {
protected:
    IssuedToken issue(Freshness freshness = Freshness::kNew) {
        auto issued = issuer_.issue(world_.appid, world_.key_text, freshness);
        EXPECT_TRUE(issued);
        return *std::move(issued);
    }
    ErrorCode refusal(const std::string& appid, const std::string& secret) {
        const auto issued = issuer_.issue(AppId{appid}, secret, Freshness::kNew);
        return issued ? ErrorCode::kConflict : issued.error().code;
    }
    bool works(const IssuedToken& token) { return bool{world_.authenticator.authenticate(token.text.expose())}; }

    ScanWorld world_;
    TokenIssuer issuer_{world_.authenticator, world_.store.merchants, world_.platforms, world_.gateway_tokens,
                        world_.clock};
};

TEST_F(TokenIssuerTest, TokenWorksForAsLongAsItIsSaidTo) {
    const IssuedToken token = issue();

    EXPECT_EQ(token.expires_in, 7200s);
    EXPECT_EQ(token.caller.merchant, world_.merchant);
    EXPECT_EQ(token.caller.key, KeyId{"key_1"});
    world_.clock.advance(7200s - 1ms);
    EXPECT_TRUE(works(token));
    world_.clock.advance(1ms);
    EXPECT_FALSE(works(token));
}

TEST_F(TokenIssuerTest, TokenNeverOutlivesItsKey) {
    const std::string key = world_.addKey(world_.merchant, KeyId{"key_2"}, world_.clock.now() + 90s + 999ms);

    const auto token = issuer_.issue(world_.appid, key, Freshness::kNew);

    ASSERT_TRUE(token);
    EXPECT_EQ(token->expires_in, 90s);
    world_.clock.advance(90s + 998ms);
    EXPECT_TRUE(works(*token));
    world_.clock.advance(1ms);
    EXPECT_FALSE(works(*token));
}

TEST_F(TokenIssuerTest, KeyInItsLastSecondGivesNone) {
    const std::string key = world_.addKey(world_.merchant, KeyId{"key_2"}, world_.clock.now() + 999ms);

    EXPECT_EQ(refusal(world_.appid.text(), key), ErrorCode::kCredentialInvalid);
}

TEST_F(TokenIssuerTest, WhoHasNoKeyLearnsNothingAboutAppids) {
    const std::string unknown{mintCredential(CredentialKind::kApiKey).text.expose()};

    for (const std::string& appid : {world_.appid.text(), std::string{"wx0000000000000000"}, std::string{"nonsense"}}) {
        EXPECT_EQ(refusal(appid, unknown), ErrorCode::kCredentialInvalid) << appid;
        EXPECT_EQ(refusal(appid, "x"), ErrorCode::kCredentialInvalid) << appid;
    }
}

TEST_F(TokenIssuerTest, AppidMustBeThatOfTheKeysMerchant) {
    EXPECT_EQ(refusal("wx0000000000000000", world_.key_text), ErrorCode::kAppidInvalid);

    const MerchantId never_authorized{"mer_2"};
    world_.addMerchant(never_authorized, 5);
    const std::string their_key = world_.addKey(never_authorized, KeyId{"key_2"});
    EXPECT_EQ(refusal(world_.appid.text(), their_key), ErrorCode::kAppidInvalid);
    EXPECT_EQ(refusal("", their_key), ErrorCode::kAppidInvalid);
}

TEST_F(TokenIssuerTest, TokenBuysNoToken) {
    EXPECT_EQ(refusal(world_.appid.text(), std::string{issue().text.expose()}), ErrorCode::kCredentialInvalid);
}

TEST_F(TokenIssuerTest, MerchantThatCannotScanGetsItsTokenAndHearsWhyFromTheScan) {
    world_.push(world_.event("unauthorized", "", world_.clock.now() + std::chrono::seconds{1}));

    const IssuedToken token = issue();

    const auto caller = world_.authenticator.authenticate(token.text.expose());
    ASSERT_TRUE(caller);
    EXPECT_EQ(world_.scans.admit(*caller).error().code, ErrorCode::kMerchantNotAuthorized);
}

TEST_F(TokenIssuerTest, NewTokensOfOneMomentDifferAndAllWork) {
    const IssuedToken first = issue();
    const IssuedToken second = issue();

    EXPECT_NE(first.text.expose(), second.text.expose());
    EXPECT_TRUE(works(first));
    EXPECT_TRUE(works(second));
}

TEST_F(TokenIssuerTest, StableTokenIsTheSameWithWhatIsLeftUntilItsLastFiveMinutes) {
    const IssuedToken first = issue(Freshness::kStable);
    world_.clock.advance(6899s);
    const IssuedToken later = issue(Freshness::kStable);
    world_.clock.advance(1s);
    const IssuedToken next = issue(Freshness::kStable);

    EXPECT_EQ(first.expires_in, 7200s);
    EXPECT_EQ(later.text.expose(), first.text.expose());
    EXPECT_EQ(later.expires_in, 301s);
    EXPECT_NE(next.text.expose(), first.text.expose());
    EXPECT_EQ(next.expires_in, 7200s);
    EXPECT_TRUE(works(first)) << "the old one works to its end";
}

TEST_F(TokenIssuerTest, ForcedTokenIsTheOneThatIsSharedFromThenOn) {
    const IssuedToken first = issue(Freshness::kStable);
    const IssuedToken forced = issue(Freshness::kForced);

    EXPECT_NE(forced.text.expose(), first.text.expose());
    EXPECT_EQ(issue(Freshness::kStable).text.expose(), forced.text.expose());
    EXPECT_TRUE(works(first));
}

TEST_F(TokenIssuerTest, KeysDoNotShareAStableToken) {
    const std::string other = world_.addKey(world_.merchant, KeyId{"key_2"});
    const IssuedToken mine = issue(Freshness::kStable);

    const auto theirs = issuer_.issue(world_.appid, other, Freshness::kStable);

    ASSERT_TRUE(theirs);
    EXPECT_NE(theirs->text.expose(), mine.text.expose());
    EXPECT_EQ(theirs->caller.key, KeyId{"key_2"});
}

TEST_F(TokenIssuerTest, WallClockThatLeapsBackDoesNotStretchAStableToken) {
    const IssuedToken first = issue(Freshness::kStable);
    world_.clock.jumpWall(-24h);

    const IssuedToken second = issue(Freshness::kStable);

    EXPECT_NE(second.text.expose(), first.text.expose());
    EXPECT_EQ(second.expires_in, 7200s);
}

TEST_F(TokenIssuerTest, ManyThreadsGetOneStableToken) {
    std::vector<std::string> texts(16);
    std::vector<std::thread> threads;
    threads.reserve(texts.size());
    for (std::string& text : texts) {
        threads.emplace_back([this, &text] { text = issue(Freshness::kStable).text.expose(); });
    }
    for (std::thread& thread : threads) thread.join();

    for (const std::string& text : texts) EXPECT_EQ(text, texts.front());
}

}  // namespace
}  // namespace tenants
