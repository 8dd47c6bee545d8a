#include "gateway/net/loop_lag.h"

#include <gtest/gtest.h>

#include <chrono>

#include "gateway/net/loop_group.h"
#include "tests/unit/gateway/net/loop_fixture.h"

namespace gateway::net {
namespace {

using namespace std::chrono_literals;

/// Keeps the loop from everything else for so long.
void hold(EventLoop& loop, std::chrono::milliseconds time) {
    testing::callOn(loop, [time] {
        const auto end = testing::in(time);
        while (std::chrono::steady_clock::now() < end) {
        }
    });
}

TEST(LoopLag, LoopThatIsHeldUpIsLateAndRecovers) {
    LoopGroup loops{2};
    loops.start();
    LoopLag lag{loops.all()};
    lag.start();

    for (int round = 0; round < 100 && lag.recent() < 60ms; ++round) hold(loops.at(1), 200ms);
    EXPECT_GE(lag.recent(), 60ms) << "one late loop of several counts";

    const auto patience = testing::in(20s);
    while (lag.recent() >= 30ms && std::chrono::steady_clock::now() < patience) testing::callOn(loops.at(1), [] {});
    EXPECT_LT(lag.recent(), 30ms);
    lag.stop();
    lag.stop();
}

TEST(LoopLag, EndsWithoutEverHavingBegun) {
    LoopGroup loops{1};
    const LoopLag lag{loops.all()};

    EXPECT_EQ(lag.recent(), 0us);
}

}  // namespace
}  // namespace gateway::net
