#include "tenants/authorization/authorizer_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_platform.h"
#include "tests/support/spawned.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::FakePlatform;
using test_support::Spawned;

class AuthorizerListTest : public ::testing::Test {
protected:
    void SetUp() override { token_ = runBlocking(platform_.componentToken(shareSecret("ticket")))->token; }
    void addAccounts(int count) {
        for (int i = 0; i < count; ++i) {
            platform_.setRefreshToken("wx" + std::to_string(i), "refreshtoken@@@" + std::to_string(i));
        }
    }
    AuthorizerList::Reading recent() { return runBlocking(list_.recent(token_)); }
    int reads() const { return platform_.calls("list"); }

    test_support::FakeClock clock_{test_support::beijingNoon()};
    FakePlatform platform_;
    AuthorizerList list_{platform_, clock_, {}};
    SharedSecret token_;
};

TEST_F(AuthorizerListTest, AllPagesAreReadHoweverShortTheyAre) {
    addAccounts(1203);
    platform_.limitPages(100);

    const auto reading = recent();

    ASSERT_TRUE(reading);
    EXPECT_EQ((*reading)->size(), 1203U);
    EXPECT_EQ((*reading)->at(AppId{"wx1202"})->expose(), "refreshtoken@@@1202");
    EXPECT_EQ(reads(), 13);
}

TEST_F(AuthorizerListTest, NobodyAtAllIsAListToo) {
    const auto reading = recent();

    ASSERT_TRUE(reading);
    EXPECT_TRUE((*reading)->empty());
}

// Pitfall 28: an entry without a refresh token is an account all the same.
TEST_F(AuthorizerListTest, EntryWithoutRefreshTokenIsListedWithoutOne) {
    addAccounts(1);
    platform_.hideRefreshToken("wx0");

    const auto reading = recent();

    ASSERT_TRUE(reading);
    EXPECT_EQ((*reading)->at(AppId{"wx0"}), nullptr);
}

TEST_F(AuthorizerListTest, ManyWhoAskTogetherShareOneReadAndLaterOnesForAMinute) {
    addAccounts(3);
    const auto gate = platform_.delayNext("list");
    std::vector<Spawned<AuthorizerList::Reading>> waiters;
    for (int i = 0; i < 64; ++i) waiters.emplace_back(list_.recent(token_));
    gate->open();
    for (const auto& waiter : waiters) EXPECT_TRUE(waiter.ended() && waiter.result());
    EXPECT_EQ(reads(), 1);

    clock_.advance(59s);
    ASSERT_TRUE(recent());
    EXPECT_EQ(reads(), 1);
    clock_.advance(1s);
    ASSERT_TRUE(recent());
    EXPECT_EQ(reads(), 2);
}

TEST_F(AuthorizerListTest, FailureIsSharedForAMomentAndNotWithAnotherToken) {
    platform_.failNext("list", FakePlatform::unreachable());
    EXPECT_FALSE(recent());
    EXPECT_FALSE(recent());
    EXPECT_EQ(reads(), 1);

    token_ = runBlocking(platform_.componentToken(shareSecret("ticket")))->token;
    EXPECT_TRUE(recent());

    platform_.failNext("list", FakePlatform::unreachable());
    EXPECT_FALSE(runBlocking(list_.readAnew(token_)));
    clock_.advance(5s);
    EXPECT_TRUE(recent());
}

TEST_F(AuthorizerListTest, FailureInTheMiddleGivesNoPartOfTheList) {
    addAccounts(600);
    const auto gate = platform_.delayNext("list");
    Spawned<AuthorizerList::Reading> reading{list_.recent(token_)};
    platform_.failNext("list", FakePlatform::unreachable());  // of the second page

    gate->open();

    ASSERT_TRUE(reading.ended());
    EXPECT_FALSE(reading.result());
}

TEST_F(AuthorizerListTest, AnewReadsWhatChangedSinceAndServesTheNextOnes) {
    addAccounts(1);
    ASSERT_TRUE(recent());
    addAccounts(2);

    EXPECT_EQ((*runBlocking(list_.readAnew(token_)))->size(), 2U);

    EXPECT_EQ((*recent())->size(), 2U);
    EXPECT_EQ(reads(), 2);
}

/// Says that there is always more.
class EndlessPlatform final : public tenants::Platform {
public:
    Task<Result<Done>> startPushTicket() override { co_return Done{}; }
    Task<Result<FreshToken>> componentToken(SharedSecret) override { co_return FreshToken{}; }
    Task<Result<FreshToken>> preAuthCode(SharedSecret) override { co_return FreshToken{}; }
    Task<Result<Grant>> queryAuth(SharedSecret, SharedSecret) override { co_return Grant{}; }
    Task<Result<AuthorizerTokens>> refreshAuthorizer(SharedSecret, AppId, SharedSecret) override {
        co_return AuthorizerTokens{};
    }
    Task<Result<AuthorizerInfo>> authorizerInfo(SharedSecret, AppId) override { co_return AuthorizerInfo{}; }
    Task<Result<AuthorizerPage>> authorizerList(SharedSecret, std::int64_t offset, std::int64_t) override {
        co_return AuthorizerPage{offset + 1'000'000, 1, {{AppId{"wx" + std::to_string(offset)}, nullptr}}};
    }
};

TEST(AuthorizerListEnd, ListThatNeverEndsIsGivenUp) {
    test_support::FakeClock clock{test_support::beijingNoon()};
    EndlessPlatform platform;
    AuthorizerList list{platform, clock, {}};

    const auto reading = runBlocking(list.recent(shareSecret("token")));

    ASSERT_FALSE(reading);
    EXPECT_EQ(reading.error().code, ErrorCode::kUpstreamUnreachable);
}

}  // namespace
}  // namespace tenants
