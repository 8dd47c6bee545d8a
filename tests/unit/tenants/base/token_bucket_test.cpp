#include "tenants/base/token_bucket.h"

#include <gtest/gtest.h>

namespace tenants {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1000h};

/// How many tokens are there at once.
int drained(TokenBucket& bucket, SteadyTime now) {
    int taken = 0;
    while (!bucket.take(now) && taken < 10'000) ++taken;
    return taken;
}

TEST(TokenBucket, BurstIsThereAtOnceAndOneMoreIsNot) {
    TokenBucket bucket{{.per_second = 10, .burst = 3}};

    EXPECT_EQ(drained(bucket, kStart), 3);
    EXPECT_EQ(bucket.take(kStart), kStart + 100ms);
}

TEST(TokenBucket, TokensComeBackAtTheRateAndNotOneInstantEarlier) {
    TokenBucket bucket{{.per_second = 10, .burst = 3}};
    drained(bucket, kStart);

    EXPECT_TRUE(bucket.take(kStart + 100ms - 1ns));
    EXPECT_FALSE(bucket.take(kStart + 100ms));
    EXPECT_TRUE(bucket.take(kStart + 100ms));
    EXPECT_EQ(drained(bucket, kStart + 300ms), 2);
}

TEST(TokenBucket, PauseOfAnyLengthSavesUpNoMoreThanTheBurst) {
    TokenBucket bucket{{.per_second = 10, .burst = 3}};
    drained(bucket, kStart);

    EXPECT_EQ(drained(bucket, kStart + 1000h), 3);
}

TEST(TokenBucket, OverASecondTheRateHolds) {
    TokenBucket bucket{{.per_second = 50, .burst = 1}};
    int taken = 0;

    for (auto now = kStart; now < kStart + 10s; now += 1ms) taken += bucket.take(now) ? 0 : 1;

    EXPECT_EQ(taken, 500);
}

TEST(TokenBucket, RefusedOnesDoNotPutTheNextOff) {
    TokenBucket bucket{{.per_second = 1, .burst = 1}};
    drained(bucket, kStart);

    for (int tries = 0; tries < 100; ++tries) EXPECT_EQ(bucket.take(kStart + 500ms), kStart + 1s);

    EXPECT_FALSE(bucket.take(kStart + 1s));
}

TEST(TokenBucket, RateOfZeroIsNoLimit) {
    TokenBucket bucket{{}};

    EXPECT_EQ(drained(bucket, kStart), 10'000);
    EXPECT_TRUE(bucket.full(kStart));
}

TEST(TokenBucket, FullAgainWhenAllThatWasTakenCameBack) {
    TokenBucket bucket{{.per_second = 10, .burst = 3}};
    EXPECT_TRUE(bucket.full(kStart));
    drained(bucket, kStart);

    EXPECT_FALSE(bucket.full(kStart + 299ms));
    EXPECT_TRUE(bucket.full(kStart + 300ms));
}

}  // namespace
}  // namespace tenants
