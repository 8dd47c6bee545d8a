#include "tenants/base/circuit_breaker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tenants {
namespace {

using namespace std::chrono_literals;
using State = CircuitBreaker::State;

constexpr CircuitBreaker::Settings kSettings{.failures = 3, .percent = 50, .window = 10s, .pause = 5s};

class CircuitBreakerTest : public testing::Test {
protected:
    void fail(int times) {
        for (int count = 0; count < times; ++count) breaker_.failed(breaker_.begin(now_).value(), now_);
    }
    void succeed(int times) {
        for (int count = 0; count < times; ++count) breaker_.succeeded(breaker_.begin(now_).value(), now_);
    }

    SteadyTime now_{1000h};
    CircuitBreaker breaker_{kSettings};
};

TEST_F(CircuitBreakerTest, OpensWithTheLastFailureAllowedAndNotBefore) {
    fail(2);
    EXPECT_EQ(breaker_.state(now_), State::kClosed);
    EXPECT_FALSE(breaker_.refusedUntil(now_));

    fail(1);

    EXPECT_EQ(breaker_.state(now_), State::kOpen);
    EXPECT_EQ(breaker_.refusedUntil(now_), now_ + 5s);
    EXPECT_FALSE(breaker_.begin(now_));
}

TEST_F(CircuitBreakerTest, FewFailuresAmongManySuccessesDoNotOpenIt) {
    fail(1);
    succeed(4);
    fail(2);
    EXPECT_EQ(breaker_.state(now_), State::kClosed) << "three of seven";

    fail(1);

    EXPECT_EQ(breaker_.state(now_), State::kOpen) << "four of eight";
}

TEST_F(CircuitBreakerTest, SuccessesBeforeTheFirstFailureDoNotHideAnOutage) {
    succeed(1000);

    fail(3);

    EXPECT_EQ(breaker_.state(now_), State::kOpen);
}

TEST_F(CircuitBreakerTest, FailuresOfDifferentWindowsAreNotAddedUp) {
    fail(2);
    now_ += 10s;
    fail(2);
    EXPECT_EQ(breaker_.state(now_), State::kClosed);

    now_ += 10s - 1ns;
    fail(1);

    EXPECT_EQ(breaker_.state(now_), State::kOpen) << "the window ends with its last instant";
}

TEST_F(CircuitBreakerTest, AfterThePauseOneProbeGoesOutAndItsSuccessCloses) {
    fail(3);
    now_ += 5s - 1ns;
    EXPECT_FALSE(breaker_.begin(now_));
    now_ += 1ns;
    EXPECT_EQ(breaker_.state(now_), State::kHalfOpen);
    EXPECT_FALSE(breaker_.refusedUntil(now_));

    const auto probe = breaker_.begin(now_);

    ASSERT_TRUE(probe);
    EXPECT_TRUE(probe->probe);
    EXPECT_FALSE(breaker_.begin(now_)) << "one probe and no more";
    EXPECT_TRUE(breaker_.refusedUntil(now_ + 1s));
    breaker_.succeeded(*probe, now_ + 1s);
    EXPECT_EQ(breaker_.state(now_), State::kClosed);
    fail(2);
    EXPECT_EQ(breaker_.state(now_), State::kClosed) << "the failures of before are forgotten";
}

TEST_F(CircuitBreakerTest, ProbeThatFailsOpensForAnotherPause) {
    fail(3);
    now_ += 5s;
    const auto probe = breaker_.begin(now_);
    now_ += 1s;

    EXPECT_TRUE(breaker_.failed(*probe, now_));

    EXPECT_EQ(breaker_.refusedUntil(now_), now_ + 5s);
    now_ += 5s;
    EXPECT_TRUE(breaker_.begin(now_)->probe);
}

TEST_F(CircuitBreakerTest, ProbeThatNeverWentOutLeavesTheNextOneToProbe) {
    fail(3);
    now_ += 5s;
    breaker_.abandoned(breaker_.begin(now_).value());

    const auto next = breaker_.begin(now_);

    ASSERT_TRUE(next);
    EXPECT_TRUE(next->probe);
}

TEST_F(CircuitBreakerTest, OutcomesOfCallsFromBeforeAChangeCountForNothing) {
    const auto early = breaker_.begin(now_).value();
    fail(3);

    EXPECT_FALSE(breaker_.failed(early, now_)) << "open already";
    EXPECT_EQ(breaker_.refusedUntil(now_), now_ + 5s);
    breaker_.succeeded(early, now_);
    EXPECT_EQ(breaker_.state(now_), State::kOpen) << "a late success is no probe";
    now_ += 5s;
    breaker_.succeeded(breaker_.begin(now_).value(), now_);
    for (int count = 0; count < 10; ++count) EXPECT_FALSE(breaker_.failed(early, now_));

    EXPECT_EQ(breaker_.state(now_), State::kClosed) << "failures from before the outage do not open it again";
}

TEST_F(CircuitBreakerTest, IdleWhenNothingItRemembersMatters) {
    EXPECT_TRUE(breaker_.idle(now_));
    fail(1);
    EXPECT_FALSE(breaker_.idle(now_));
    EXPECT_TRUE(breaker_.idle(now_ + 10s));
    fail(2);
    EXPECT_FALSE(breaker_.idle(now_ + 10s));
}

TEST_F(CircuitBreakerTest, EachChangeIsToldOnceAndAProbeThatNeverWentOutIsNone) {
    std::vector<State> told;
    CircuitBreaker breaker{kSettings, [&told](State state) { told.push_back(state); }};
    const auto fail = [&] { breaker.failed(breaker.begin(now_).value(), now_); };
    breaker.succeeded(breaker.begin(now_).value(), now_);
    fail();
    fail();
    EXPECT_TRUE(told.empty());
    const auto late = breaker.begin(now_).value();

    fail();
    breaker.failed(late, now_);
    for (int refused = 0; refused < 10; ++refused) EXPECT_FALSE(breaker.begin(now_));
    EXPECT_EQ(told, (std::vector{State::kOpen}));

    now_ += 5s;
    for (int unused = 0; unused < 10; ++unused) breaker.abandoned(breaker.begin(now_).value());
    fail();
    now_ += 5s;
    breaker.succeeded(breaker.begin(now_).value(), now_);
    breaker.succeeded(breaker.begin(now_).value(), now_);

    EXPECT_EQ(told, (std::vector{State::kOpen, State::kHalfOpen, State::kOpen, State::kHalfOpen, State::kClosed}));
}

TEST_F(CircuitBreakerTest, OfManyThreadsOneGetsTheProbe) {
    fail(3);
    now_ += 5s;
    std::atomic<int> probes{0};
    std::atomic<int> passes{0};

    std::vector<std::thread> threads;
    for (int count = 0; count < 8; ++count) {
        threads.emplace_back([&] {
            const auto pass = breaker_.begin(now_);
            if (pass) ++passes;
            if (pass && pass->probe) ++probes;
        });
    }
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(probes, 1);
    EXPECT_EQ(passes, 1);
}

}  // namespace
}  // namespace tenants
