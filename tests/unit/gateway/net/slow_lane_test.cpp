#include "gateway/net/slow_lane.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <vector>

namespace gateway::net {
namespace {

TEST(SlowLane, RunsPiecesOneAfterTheOtherOnAThreadThatGivesWay) {
    SlowLane lane;
    std::vector<int> order;
    std::promise<int> niceness;

    lane.add([&] { order.push_back(1); });
    lane.add([&] { order.push_back(2); });
    lane.add([&] { niceness.set_value(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()))); });

    EXPECT_GT(niceness.get_future().get(), ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())));
    EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(SlowLane, EndWaitsForThePieceThatRuns) {
    std::promise<void> begun;
    std::promise<void> may_end;
    bool ended = false;
    auto lane = std::make_unique<SlowLane>();
    lane->add([&] {
        begun.set_value();
        may_end.get_future().wait();
        ended = true;
    });
    begun.get_future().wait();

    auto closing = std::async(std::launch::async, [&] { lane.reset(); });
    may_end.set_value();
    closing.wait();

    EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace gateway::net
