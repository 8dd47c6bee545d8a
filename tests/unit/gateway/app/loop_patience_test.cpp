#include "gateway/app/loop_patience.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "gateway/net/event_loop.h"
#include "tenants/base/completion.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/gateway/net/loop_fixture.h"

namespace gateway::app {
namespace {

using namespace std::chrono_literals;
using tenants::Completion;
using tenants::SteadyTime;
using tenants::Task;

class LoopPatienceTest : public ::testing::Test {
protected:
    ~LoopPatienceTest() override {
        loop_.stop();
        thread_.join();
    }
    static Task<int> answerOf(Completion<int>& completion) {
        const int answer = co_await completion;
        co_return answer;
    }
    static Task<int> failing() {
        throw std::runtime_error("broken on purpose");
        co_return 0;
    }
    std::optional<int> wait(SteadyTime deadline, Task<int> work) {
        return net::testing::runOn(loop_, [&] { return tenants::within(patience_, deadline, std::move(work)); });
    }

    const test_support::FakeClock clock_{test_support::utc("2026-11-22T00:00:00Z")};
    log::Log log_{clock_, log::Level::kInfo, [](std::string_view) {}};
    BackgroundTasks background_{log_};
    LoopPatience patience_{background_};
    net::EventLoop loop_;
    std::thread thread_{[this] { loop_.run(); }};
};

TEST_F(LoopPatienceTest, WorkThatEndsAtOnceOrInTimeIsWaitedFor) {
    Completion<int> at_once;
    at_once.complete(1);
    EXPECT_EQ(wait(net::EventLoop::now() - 1h, answerOf(at_once)), 1) << "it had ended before anybody had to wait";

    Completion<int> later;
    std::thread other{[&later] { later.complete(2); }};
    EXPECT_EQ(wait(net::EventLoop::now() + 1h, answerOf(later)), 2);
    other.join();
}

TEST_F(LoopPatienceTest, WorkThatTakesLongerGoesOnAloneAndIsWaitedForByAShutdown) {
    Completion<int> answer;

    EXPECT_EQ(wait(net::EventLoop::now() + 5ms, answerOf(answer)), std::nullopt);

    EXPECT_FALSE(background_.waitForAll(0ms));
    answer.complete(3);
    EXPECT_TRUE(background_.waitForAll(10s));
}

TEST_F(LoopPatienceTest, FailureOfWorkInTimeReachesWhoWaits) {
    EXPECT_THROW((void)wait(net::EventLoop::now() + 1h, failing()), std::runtime_error);
}

}  // namespace
}  // namespace gateway::app
