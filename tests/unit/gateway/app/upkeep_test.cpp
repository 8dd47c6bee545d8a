#include "gateway/app/upkeep.h"

#include <gtest/gtest.h>

#include <semaphore>
#include <vector>

namespace gateway::app {
namespace {

using namespace std::chrono_literals;

TEST(Upkeep, EachJobRunsAgainAndAgainAtItsPace) {
    std::counting_semaphore<> fast{0};
    std::counting_semaphore<> slow{0};
    int fast_runs = 0;
    std::vector<int> fast_runs_before_slow;

    {
        const Upkeep upkeep{{{5ms,
                              [&] {
                                  ++fast_runs;
                                  fast.release();
                              }},
                             {15ms, [&] {
                                  fast_runs_before_slow.push_back(fast_runs);
                                  slow.release();
                              }}}};
        EXPECT_TRUE(slow.try_acquire_for(10s));
        EXPECT_TRUE(slow.try_acquire_for(10s));
    }

    // A thread that woke late may have let it run more often.
    ASSERT_GE(fast_runs_before_slow.size(), 2U);
    EXPECT_EQ(fast_runs_before_slow[0], 3);
    EXPECT_EQ(fast_runs_before_slow[1], 6);
}

TEST(Upkeep, EndsAtOnceThoughAJobIsDueMuchLater) {
    const auto before = std::chrono::steady_clock::now();  // how long the destructor takes is the claim

    {
        const Upkeep upkeep{{{1h, [] {}}}};
    }

    EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
}

}  // namespace
}  // namespace gateway::app
