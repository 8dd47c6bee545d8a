#include "tenants/base/retry_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tenants {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1000h};
constexpr RetryBudget::Settings kWithoutBucket{.percent = 10, .saved_max = 10, .rate = {}};

TEST(RetryBudget, WhenEverythingFailsRepeatsAreATenthOfTheRequests) {
    RetryBudget budget{kWithoutBucket};
    int repeats = 0;

    for (int request = 0; request < 1000; ++request) {
        budget.payIn();
        repeats += budget.take(kStart) ? 1 : 0;
    }

    EXPECT_EQ(repeats, 10 + 99);  // what was saved up, and a tenth of all but the first, which found all full
}

TEST(RetryBudget, SavesNoMoreThanItsMost) {
    RetryBudget budget{kWithoutBucket};
    for (int request = 0; request < 1000; ++request) budget.payIn();
    int repeats = 0;

    while (budget.take(kStart)) ++repeats;

    EXPECT_EQ(repeats, 10);
}

TEST(RetryBudget, NinthRequestDoesNotPayForARepeatTheTenthDoes) {
    RetryBudget budget{kWithoutBucket};
    while (budget.take(kStart)) {
    }
    for (int request = 0; request < 9; ++request) budget.payIn();
    EXPECT_FALSE(budget.take(kStart));

    budget.payIn();

    EXPECT_TRUE(budget.take(kStart));
}

TEST(RetryBudget, WhatWasSavedDoesNotGoOutInOneMoment) {
    RetryBudget budget{{.percent = 10, .saved_max = 10, .rate = {.per_second = 2, .burst = 3}}};
    int at_once = 0;
    while (budget.take(kStart)) ++at_once;

    EXPECT_EQ(at_once, 3);
    EXPECT_FALSE(budget.take(kStart + 499ms));
    EXPECT_TRUE(budget.take(kStart + 500ms));
}

TEST(RetryBudget, RefusalOfTheBucketCostsNothingSaved) {
    RetryBudget budget{{.percent = 0, .saved_max = 2, .rate = {.per_second = 1, .burst = 1}}};
    EXPECT_TRUE(budget.take(kStart));
    for (int tries = 0; tries < 10; ++tries) EXPECT_FALSE(budget.take(kStart));

    EXPECT_TRUE(budget.take(kStart + 1s));
    EXPECT_FALSE(budget.take(kStart + 10s)) << "both that were saved are gone, and nobody pays in";
}

TEST(RetryBudget, ThreadsTogetherTakeNoMoreThanOneWould) {
    RetryBudget budget{kWithoutBucket};
    std::atomic<int> repeats{0};

    std::vector<std::thread> threads;
    for (int count = 0; count < 4; ++count) {
        threads.emplace_back([&] {
            for (int request = 0; request < 1000; ++request) {
                budget.payIn();
                if (budget.take(kStart)) ++repeats;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();

    EXPECT_LE(repeats, 10 + 400);
    EXPECT_GE(repeats, 400 - 10);
}

}  // namespace
}  // namespace tenants
