#include "sandbox/access_tokens.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace sandbox {
namespace {

using namespace std::chrono_literals;

const tenants::UtcTime kStart = test_support::beijingNoon();

TEST(AccessTokens, TokenExpiresAfterTwoHours) {
    AccessTokens tokens;
    tokens.issue("a", kStart);

    EXPECT_EQ(tokens.standingOf("a", kStart), TokenStanding::kValid);
    EXPECT_EQ(tokens.standingOf("a", kStart + 2h - 1ms), TokenStanding::kValid);
    EXPECT_EQ(tokens.standingOf("a", kStart + 2h), TokenStanding::kExpired);
}

TEST(AccessTokens, SupersededTokenWorksFiveMoreMinutes) {
    AccessTokens tokens;
    tokens.issue("old", kStart);

    tokens.issue("new", kStart + 1h);

    EXPECT_EQ(tokens.standingOf("old", kStart + 1h + 5min - 1ms), TokenStanding::kValid);
    EXPECT_EQ(tokens.standingOf("old", kStart + 1h + 5min), TokenStanding::kNotLatest);
    EXPECT_EQ(tokens.standingOf("new", kStart + 1h + 5min), TokenStanding::kValid);
}

TEST(AccessTokens, OverlapDoesNotOutliveTheTokenItself) {
    AccessTokens tokens;
    tokens.issue("old", kStart);

    tokens.issue("new", kStart + 2h - 1min);

    EXPECT_EQ(tokens.standingOf("old", kStart + 2h), TokenStanding::kExpired);
}

TEST(AccessTokens, SecondRefreshDoesNotProlongTheFirstTokensOverlap) {
    AccessTokens tokens;
    tokens.issue("first", kStart);
    tokens.issue("second", kStart + 1min);

    tokens.issue("third", kStart + 4min);

    EXPECT_EQ(tokens.standingOf("first", kStart + 6min), TokenStanding::kNotLatest);
    EXPECT_EQ(tokens.standingOf("second", kStart + 6min), TokenStanding::kValid);
}

TEST(AccessTokens, ExpiredByOrderIsExpiredAtOnce) {
    AccessTokens tokens;
    tokens.issue("a", kStart);

    tokens.expireAll(kStart + 1min);

    EXPECT_EQ(tokens.standingOf("a", kStart + 1min), TokenStanding::kExpired);
}

TEST(AccessTokens, KilledTokenIsNotLatestWithoutOverlap) {
    AccessTokens tokens;
    tokens.issue("a", kStart);

    tokens.killAll();

    EXPECT_EQ(tokens.standingOf("a", kStart), TokenStanding::kNotLatest);
}

TEST(AccessTokens, TokenOfNobodyIsUnknown) {
    EXPECT_EQ(AccessTokens{}.standingOf("a", kStart), TokenStanding::kUnknown);
}

TEST(AccessTokens, FewDeadOnesAreRememberedAndTheForgottenAreTold) {
    AccessTokens tokens;
    std::vector<std::string> forgotten;
    for (int number = 0; number < 7; ++number) {
        for (const std::string& text : tokens.issue("t" + std::to_string(number), kStart + number * 2h))
            forgotten.push_back(text);
    }

    EXPECT_EQ(forgotten, (std::vector<std::string>{"t0", "t1"}));
    EXPECT_EQ(tokens.standingOf("t1", kStart + 12h), TokenStanding::kUnknown);
    EXPECT_EQ(tokens.standingOf("t2", kStart + 12h), TokenStanding::kNotLatest);
    EXPECT_EQ(tokens.standingOf("t6", kStart + 12h), TokenStanding::kValid);
}

TEST(AccessTokens, ManyRefreshesInTheOverlapForgetNoneThatWorks) {
    AccessTokens tokens;
    for (int number = 0; number < 60; ++number) tokens.issue("t" + std::to_string(number), kStart + number * 1s);

    EXPECT_EQ(tokens.standingOf("t0", kStart + 60s), TokenStanding::kValid);
}

TEST(AccessTokens, OnlyTheNewestAreRemembered) {
    AccessTokens tokens;
    for (int number = 0; number < 65; ++number) tokens.issue("t" + std::to_string(number), kStart);

    EXPECT_EQ(tokens.issued().size(), 64U);
    EXPECT_EQ(tokens.standingOf("t0", kStart), TokenStanding::kUnknown);
    EXPECT_EQ(tokens.standingOf("t64", kStart), TokenStanding::kValid);
}

}  // namespace
}  // namespace sandbox
