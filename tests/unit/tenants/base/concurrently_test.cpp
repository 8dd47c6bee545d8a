#include "tenants/base/concurrently.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>

#include "tests/support/gate.h"
#include "tests/support/spawned.h"

namespace tenants {
namespace {

using test_support::Gate;

Task<void> passThrough(Gate& gate, std::atomic<int>& passed) {
    co_await gate.pass();
    ++passed;
}
Task<void> fail(Gate& gate, std::string text) {
    co_await gate.pass();
    throw std::runtime_error(text);
}
Task<int> gathered(std::vector<Task<void>> tasks) {
    co_await concurrently(std::move(tasks));
    co_return 1;
}

TEST(Concurrently, AllStartBeforeAnyEndsAndTheEndIsTheLastOnes) {
    Gate first;
    Gate second;
    std::atomic<int> passed{0};
    std::vector<Task<void>> tasks;
    tasks.push_back(passThrough(first, passed));
    tasks.push_back(passThrough(second, passed));
    const test_support::Spawned<int> all{gathered(std::move(tasks))};
    EXPECT_EQ(first.waiting() + second.waiting(), 2U);

    second.open();
    EXPECT_EQ(passed.load(), 1);
    EXPECT_FALSE(all.ended());
    first.open();

    EXPECT_TRUE(all.ended());
}

TEST(Concurrently, NothingAndTasksThatNeverWaitEndAtOnce) {
    Gate open;
    open.open();
    std::atomic<int> passed{0};
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(passThrough(open, passed));

    EXPECT_EQ(runBlocking(gathered({})), 1);
    EXPECT_EQ(runBlocking(gathered(std::move(tasks))), 1);

    EXPECT_EQ(passed.load(), 3);
}

TEST(Concurrently, AnExceptionIsThrownWhenAllHaveEnded) {
    Gate failing;
    Gate other;
    std::atomic<int> passed{0};
    std::vector<Task<void>> tasks;
    tasks.push_back(fail(failing, "broken on purpose"));
    tasks.push_back(passThrough(other, passed));
    failing.open();
    std::thread late{[&other] { other.open(); }};

    EXPECT_THROW(runBlocking(gathered(std::move(tasks))), std::runtime_error);

    late.join();
    EXPECT_EQ(passed.load(), 1);
}

TEST(Concurrently, TasksThatEndOnManyThreadsEndItOnce) {
    for (int round = 0; round < 200; ++round) {
        std::array<Gate, 4> gates;
        std::atomic<int> passed{0};
        std::vector<Task<void>> tasks;
        for (Gate& gate : gates) tasks.push_back(passThrough(gate, passed));
        std::vector<std::thread> threads;
        for (Gate& gate : gates) threads.emplace_back([&gate] { gate.open(); });

        EXPECT_EQ(runBlocking(gathered(std::move(tasks))), 1);

        for (std::thread& thread : threads) thread.join();
        EXPECT_EQ(passed.load(), 4);
    }
}

}  // namespace
}  // namespace tenants
