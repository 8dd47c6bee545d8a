#include "gateway/net/event_loop.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "gateway/net/loop_group.h"
#include "tenants/base/async_mutex.h"
#include "tenants/base/completion.h"
#include "tests/unit/gateway/net/loop_fixture.h"

namespace gateway::net {
namespace {

using namespace std::chrono_literals;
using testing::in;
using testing::runOn;

class EventLoopTest : public ::testing::Test {
protected:
    EventLoopTest() { loops_.start(); }
    EventLoop& loop() { return loops_.at(0); }

    LoopGroup loops_{2};
};

TEST_F(EventLoopTest, PostedWorkRunsOnTheLoopsThreadInOrder) {
    std::vector<int> order;
    bool on_loop = true;

    for (int number = 0; number < 100; ++number) {
        loop().post(std::function<void()>{[&, number] {
            order.push_back(number);
            on_loop = on_loop && &EventLoop::current() == &loop() && tenants::Executor::current() == &loop();
        }});
    }
    testing::callOn(loop(), [] {});

    ASSERT_EQ(order.size(), 100U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    EXPECT_TRUE(on_loop);
}

TEST_F(EventLoopTest, StopStillRunsWhatWasPostedBefore) {
    int ran = 0;
    for (int number = 0; number < 10; ++number) {
        loop().post(std::function<void()>{[&] {
            ++ran;
            EventLoop::current().post(std::function<void()>{[&] { ++ran; }});
        }});
    }

    loops_.stop();

    EXPECT_EQ(ran, 20);
}

TEST_F(EventLoopTest, WorkPostedByTheLoopItselfNeedsNoWakeUp) {
    std::promise<void> done;
    int left = 1000;
    std::function<void()> step = [&] {
        if (--left == 0) {
            done.set_value();
        } else {
            EventLoop::current().post(step);
        }
    };

    loop().post(step);

    EXPECT_EQ(done.get_future().wait_for(10s), std::future_status::ready);
}

tenants::Task<tenants::SteadyTime> sleepTo(EventLoop& loop, tenants::SteadyTime time) {
    co_await loop.sleepUntil(time);
    co_return std::chrono::steady_clock::now();
}

TEST_F(EventLoopTest, SleepEndsNotBeforeItsTime) {
    const auto time = in(30ms);

    const auto woke = runOn(loop(), [&] { return sleepTo(loop(), time); });

    EXPECT_GE(woke, time);
}

TEST_F(EventLoopTest, SleepToThePastGivesOthersTheirTurn) {
    const auto woke = runOn(loop(), [&] { return sleepTo(loop(), tenants::SteadyTime{}); });

    EXPECT_GT(woke, tenants::SteadyTime{});
}

tenants::Task<bool> resumesAtHome(std::thread& worker) {
    EventLoop& home = EventLoop::current();
    tenants::Completion<int> completion;
    worker = std::thread{[&completion] { completion.complete(7); }};
    const int value = co_await completion;
    co_return value == 7 && &EventLoop::current() == &home;
}

TEST_F(EventLoopTest, CompletionFromAnotherThreadGoesOnAtTheLoop) {
    for (int round = 0; round < 200; ++round) {
        std::thread worker;

        EXPECT_TRUE(runOn(loop(), [&] { return resumesAtHome(worker); }));

        worker.join();
    }
}

tenants::Task<int> countUnder(tenants::AsyncMutex& mutex, int& counter, int rounds) {
    EventLoop& home = EventLoop::current();
    int strayed = 0;
    for (int round = 0; round < rounds; ++round) {
        const tenants::AsyncMutex::Guard guard = co_await mutex.lock();
        ++counter;
        if (&EventLoop::current() != &home) ++strayed;
    }
    co_return strayed;
}

TEST_F(EventLoopTest, MutexSharedByTwoLoopsKeepsThemApartAndAtHome) {
    tenants::AsyncMutex mutex;
    int counter = 0;

    auto other = std::async(std::launch::async,
                            [&] { return runOn(loops_.at(1), [&] { return countUnder(mutex, counter, 2000); }); });
    const int strayed = runOn(loops_.at(0), [&] { return countUnder(mutex, counter, 2000); });

    EXPECT_EQ(strayed + other.get(), 0);
    EXPECT_EQ(counter, 4000);
}

TEST(EventLoopDeathTest, CurrentLoopOfAThreadWithoutOneEndsTheProcess) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");

    EXPECT_DEATH(EventLoop::current(), "");
}

/// The poster may still be inside post() when what it posted has run: a sanitizer sees whether it touches a loop that is gone.
TEST(LoopGroup, LoopMayGoAsSoonAsTheWorkThatWasPostedHasRun) {
    for (int round = 0; round < 300; ++round) {
        std::promise<void> ran;
        auto loops = std::make_unique<LoopGroup>(1);
        loops->start();
        std::thread poster{
            [&loop = loops->at(0), &ran] { loop.post(std::function<void()>{[&ran] { ran.set_value(); }}); }};

        ran.get_future().wait();
        loops.reset();
        poster.join();
    }
}

TEST(LoopGroup, NoLoopsAreRefused) {
    EXPECT_THROW(LoopGroup{0}, std::invalid_argument);
}

TEST(LoopGroup, StoppingTwiceOrNeverStartedIsHarmless) {
    LoopGroup never_started{2};
    LoopGroup started{2};
    started.start();

    started.stop();
    started.stop();

    EXPECT_EQ(started.all().size(), 2U);
}

}  // namespace
}  // namespace gateway::net
