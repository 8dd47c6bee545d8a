#include "gateway/net/worker_pool.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <memory>
#include <string>

#include "gateway/net/loop_group.h"
#include "tests/unit/gateway/net/loop_fixture.h"
#include "tests/unit/gateway/net/manual_clock.h"

namespace gateway::net {
namespace {

using namespace std::chrono_literals;
using testing::ManualClock;
using testing::runOn;

tenants::Task<bool> runsElsewhereAndComesBack(WorkerPool& workers) {
    EventLoop& home = EventLoop::current();
    const bool elsewhere = co_await workers.run([] { return tenants::Executor::current() == nullptr; });
    co_return elsewhere&&& EventLoop::current() == &home;
}

TEST(WorkerPool, WorkRunsOnAWorkerAndTheCallerGoesOnAtItsLoop) {
    ManualClock clock;
    LoopGroup loops{1};
    loops.start();
    WorkerPool workers{2, {.queued_max = 8}, clock};

    EXPECT_TRUE(runOn(loops.at(0), [&] { return runsElsewhereAndComesBack(workers); }));
}

TEST(WorkerPool, ResultsAreMovedAndMayBeNothing) {
    ManualClock clock;
    WorkerPool workers{1, {.queued_max = 8}, clock};
    bool ran = false;

    auto owned = tenants::runBlocking(workers.run([] { return std::make_unique<std::string>("kept"); }));
    tenants::runBlocking(workers.run([&ran] { ran = true; }));

    EXPECT_EQ(*owned, "kept");
    EXPECT_TRUE(ran);
}

TEST(WorkerPool, ExceptionOfTheWorkReachesTheCaller) {
    ManualClock clock;
    WorkerPool workers{1, {.queued_max = 8}, clock};

    EXPECT_THROW(tenants::runBlocking(workers.run([]() -> int { throw std::domain_error("no"); })), std::domain_error);
}

class BusyWorkerPool : public ::testing::Test {
protected:
    BusyWorkerPool() {
        running_ = std::async(std::launch::async, [this] {
            tenants::runBlocking(workers_.run([this] {
                begun_.count_down();
                go_on_.wait();
            }));
        });
        begun_.wait();
    }
    ~BusyWorkerPool() override {
        if (running_.valid()) release();
    }
    void release() {
        go_on_.count_down();
        running_.get();
    }
    tenants::Task<void> answer(std::promise<int>& result, int value) {
        try {
            result.set_value(co_await workers_.run([value] { return value; }));
        } catch (...) {
            result.set_exception(std::current_exception());
        }
    }

    ManualClock clock_;
    std::latch begun_{1};
    std::latch go_on_{1};
    WorkerPool workers_{1, {.queued_max = 1, .queued_age_max = 500ms}, clock_};
    std::future<void> running_;
};

TEST_F(BusyWorkerPool, FullQueueRefusesAtOnce) {
    std::promise<int> queued;
    tenants::spawn(answer(queued, 1));

    EXPECT_THROW(tenants::runBlocking(workers_.run([] { return 2; })), QueueFull);

    release();
    EXPECT_EQ(queued.get_future().get(), 1);
}

TEST_F(BusyWorkerPool, WorkThatWaitedTooLongIsNotBegun) {
    std::promise<int> queued;
    tenants::spawn(answer(queued, 1));

    clock_.advance(501ms);
    release();

    EXPECT_THROW(queued.get_future().get(), QueueFull);
}

TEST_F(BusyWorkerPool, WorkThatWaitedJustNotTooLongRuns) {
    std::promise<int> queued;
    tenants::spawn(answer(queued, 1));

    clock_.advance(500ms);
    release();

    EXPECT_EQ(queued.get_future().get(), 1);
}

TEST(WorkerPool, EndOfThePoolFinishesWhatIsQueued) {
    ManualClock clock;
    std::promise<int> result;
    std::latch begun{1};
    auto future = result.get_future();
    {
        WorkerPool workers{1, {.queued_max = 8}, clock};
        tenants::spawn(testing::deliver<int>(workers.run([&begun] {
            begun.wait();
            return 5;
        }),
                                             result));
        begun.count_down();
    }

    EXPECT_EQ(future.get(), 5);
}

}  // namespace
}  // namespace gateway::net
