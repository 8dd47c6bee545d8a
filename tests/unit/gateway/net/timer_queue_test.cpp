#include "gateway/net/timer_queue.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace gateway::net {
namespace {

using namespace std::chrono_literals;

class CallTimer final : public Timer {
public:
    explicit CallTimer(std::function<void()> call) : call_(std::move(call)) {}

private:
    void expired() override { call_(); }
    std::function<void()> call_;
};

const tenants::SteadyTime kStart{1000s};

TEST(TimerQueue, ExpiresWhatIsDueEarliestFirst) {
    TimerQueue queue;
    std::vector<int> expired;
    CallTimer late{[&] { expired.push_back(3); }};
    CallTimer early{[&] { expired.push_back(1); }};
    CallTimer middle{[&] { expired.push_back(2); }};
    queue.arm(late, kStart + 3s);
    queue.arm(early, kStart + 1s);
    queue.arm(middle, kStart + 2s);

    queue.expire(kStart + 2s);

    EXPECT_EQ(expired, (std::vector<int>{1, 2}));
    EXPECT_TRUE(late.armed());
    EXPECT_FALSE(early.armed());
    EXPECT_EQ(queue.next(), kStart + 3s);
}

TEST(TimerQueue, DisarmedTimerNeverExpires) {
    TimerQueue queue;
    int expired = 0;
    CallTimer timer{[&] { ++expired; }};
    queue.arm(timer, kStart);

    timer.disarm();
    queue.expire(kStart + 1h);

    EXPECT_EQ(expired, 0);
    EXPECT_EQ(queue.next(), std::nullopt);
}

TEST(TimerQueue, EndOfATimerDisarmsIt) {
    TimerQueue queue;
    {
        CallTimer timer{[] { FAIL() << "expired after its end"; }};
        queue.arm(timer, kStart);
    }

    queue.expire(kStart + 1h);

    EXPECT_EQ(queue.size(), 0U);
}

TEST(TimerQueue, ArmingAgainMovesATimer) {
    TimerQueue queue;
    int expired = 0;
    CallTimer timer{[&] { ++expired; }};
    queue.arm(timer, kStart + 1s);

    queue.arm(timer, kStart + 5s);
    queue.expire(kStart + 4s);

    EXPECT_EQ(expired, 0);
    EXPECT_EQ(queue.size(), 1U);
}

TEST(TimerQueue, TimerThatArmsItselfForThePastCannotHoldTheQueue) {
    TimerQueue queue;
    int expired = 0;
    std::unique_ptr<CallTimer> timer;
    timer = std::make_unique<CallTimer>([&] {
        ++expired;
        queue.arm(*timer, kStart);
    });
    queue.arm(*timer, kStart);

    queue.expire(kStart + 1s);

    EXPECT_EQ(expired, 1);
    EXPECT_TRUE(timer->armed());
}

TEST(TimerQueue, TimerMayEndAnotherThatIsDueAsWell) {
    TimerQueue queue;
    auto second = std::make_unique<CallTimer>([] { FAIL() << "was ended before"; });
    CallTimer first{[&] { second.reset(); }};
    queue.arm(first, kStart);
    queue.arm(*second, kStart + 1ms);

    queue.expire(kStart + 1s);

    EXPECT_EQ(queue.size(), 0U);
}

TEST(TimerQueue, AgreesWithASortedMapOverRandomHistories) {
    std::mt19937 random{20261122};
    TimerQueue queue;
    std::vector<std::unique_ptr<CallTimer>> timers;
    std::map<std::pair<tenants::SteadyTime, std::size_t>, bool> model;  // (time, timer)
    std::vector<std::optional<tenants::SteadyTime>> armed(64);
    std::vector<tenants::SteadyTime> expired;
    for (std::size_t index = 0; index < armed.size(); ++index) {
        timers.push_back(std::make_unique<CallTimer>([&, index] {
            expired.push_back(*armed[index]);
            model.erase({*armed[index], index});
            armed[index].reset();
        }));
    }
    tenants::SteadyTime now = kStart;

    for (int step = 0; step < 20'000; ++step) {
        const std::size_t index = random() % timers.size();
        switch (random() % 4) {
            case 0:
            case 1: {
                const auto time = now + std::chrono::milliseconds{random() % 1000};
                queue.arm(*timers[index], time);
                if (armed[index]) model.erase({*armed[index], index});
                armed[index] = time;
                model[{time, index}] = true;
                break;
            }
            case 2:
                timers[index]->disarm();
                if (armed[index]) model.erase({*armed[index], index});
                armed[index].reset();
                break;
            default:
                now += std::chrono::milliseconds{random() % 50};
                expired.clear();
                queue.expire(now);
                ASSERT_TRUE(std::is_sorted(expired.begin(), expired.end()));
        }
        ASSERT_EQ(queue.size(), model.size());
        ASSERT_EQ(queue.next().has_value(), !model.empty());
        if (!model.empty()) {
            ASSERT_EQ(*queue.next(), model.begin()->first.first);
        }
    }
}

}  // namespace
}  // namespace gateway::net
