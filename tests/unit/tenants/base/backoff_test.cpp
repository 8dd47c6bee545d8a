#include "tenants/base/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace tenants {
namespace {

using namespace std::chrono_literals;

constexpr Backoff kBackoff{1s, 60s};

TEST(Backoff, PausesDoubleAndAreBoundedAndNeverShorterThanHalf) {
    std::chrono::milliseconds whole = 1s;
    for (int failures = 1; failures <= 40; ++failures) {
        for (std::uint64_t salt = 0; salt < 50; ++salt) {
            const auto pause = kBackoff.pause(failures, salt);
            EXPECT_GE(pause, whole / 2) << failures;
            EXPECT_LE(pause, whole) << failures;
        }
        whole = std::min<std::chrono::milliseconds>(whole * 2, 60s);
    }
}

TEST(Backoff, SameSaltAndNumberGiveTheSamePauseAndOthersSpread) {
    std::set<std::chrono::milliseconds> pauses;
    for (std::uint64_t salt = 0; salt < 100; ++salt) {
        EXPECT_EQ(kBackoff.pause(3, salt), kBackoff.pause(3, salt));
        pauses.insert(kBackoff.pause(3, salt));
    }
    EXPECT_GT(pauses.size(), 80U);
}

TEST(Backoff, NoFailureAtAllCountsAsOne) {
    EXPECT_LE(kBackoff.pause(0, 1), 1s);
}

TEST(Backoff, FullJitterSpreadsOverTheWholePause) {
    std::set<std::chrono::milliseconds> pauses;
    for (std::uint64_t salt = 0; salt < 2000; ++salt) pauses.insert(Backoff::fullJitter(50ms, salt));

    EXPECT_EQ(*pauses.begin(), 0ms);
    EXPECT_EQ(*pauses.rbegin(), 50ms);
    EXPECT_EQ(pauses.size(), 51U);
}

}  // namespace
}  // namespace tenants
