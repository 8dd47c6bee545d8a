#include "tenants/base/task.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tenants/base/async_mutex.h"
#include "tenants/base/completion.h"
#include "tenants/base/executor.h"
#include "tests/support/gate.h"
#include "tests/support/spawned.h"

namespace tenants {
namespace {

using test_support::Gate;
using test_support::Spawned;

Task<int> giveNumber(int number) {
    co_return number;
}
Task<int> failWith(std::string what) {
    throw std::runtime_error(what);
    co_return 0;
}
Task<int> addUp(int depth) {
    if (depth == 0) co_return 0;
    const int below = co_await addUp(depth - 1);
    co_return below + 1;
}
Task<int> sumOf(int count) {
    int sum = 0;
    for (int i = 0; i < count; ++i) sum += co_await giveNumber(1);
    co_return sum;
}

TEST(Task, GivesItsResultToWhoAwaitsIt) {
    EXPECT_EQ(runBlocking(addUp(100)), 100);
}

// g++ 12 makes no tail calls where a sanitizer watches the frames: there the stack grows with each await that ends at
// once, until the coroutine really waits.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kAwaitsInARow = 1'000;
#else
constexpr int kAwaitsInARow = 1'000'000;
#endif

TEST(Task, ManyAwaitsInARowDoNotGrowTheStack) {
    EXPECT_EQ(runBlocking(sumOf(kAwaitsInARow)), kAwaitsInARow);
}

TEST(Task, ExceptionReachesWhoAwaitsIt) {
    EXPECT_THROW((void)runBlocking(failWith("x")), std::runtime_error);
}

TEST(Task, StartsOnlyWhenAwaited) {
    bool started = false;
    struct Body {
        static Task<void> run(bool& flag) {
            flag = true;
            co_return;
        }
    };
    { const Task<void> never_awaited = Body::run(started); }

    EXPECT_FALSE(started);
}

Task<int> awaitCompletion(Completion<int>& completion) {
    co_return co_await completion;
}

TEST(Completion, DeliversBeforeAndAfterItIsAwaited) {
    Completion<int> early;
    early.complete(1);
    EXPECT_EQ(runBlocking(awaitCompletion(early)), 1);

    Completion<int> late;
    Spawned<int> waiting{awaitCompletion(late)};
    EXPECT_FALSE(waiting.ended());
    late.complete(2);
    EXPECT_EQ(waiting.result(), 2);
}

TEST(Completion, DeliversAFailure) {
    Completion<int> completion;
    completion.fail(std::make_exception_ptr(std::runtime_error("x")));

    EXPECT_THROW((void)runBlocking(awaitCompletion(completion)), std::runtime_error);
}

TEST(Completion, DeliversAcrossThreadsAtAnyMoment) {
    for (int round = 0; round < 2000; ++round) {
        Completion<int> completion;
        std::thread other{[&completion, round] { completion.complete(round); }};
        EXPECT_EQ(runBlocking(awaitCompletion(completion)), round);
        other.join();
    }
}

Task<int> enter(AsyncMutex& mutex, Gate& gate, std::vector<int>& order, int number) {
    const AsyncMutex::Guard guard = co_await mutex.lock();
    order.push_back(number);
    co_await gate.pass();
    co_return number;
}

TEST(AsyncMutex, LetsOneInAtATimeInTheOrderOfAsking) {
    AsyncMutex mutex;
    std::vector<int> order;
    std::vector<Gate> gates(3);
    Spawned<int> first{enter(mutex, gates[0], order, 0)};
    Spawned<int> second{enter(mutex, gates[1], order, 1)};
    Spawned<int> third{enter(mutex, gates[2], order, 2)};
    EXPECT_EQ(order, (std::vector<int>{0}));

    gates[1].open();  // not inside yet
    EXPECT_EQ(order, (std::vector<int>{0}));
    gates[0].open();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
    EXPECT_FALSE(third.ended());
    gates[2].open();
    EXPECT_TRUE(third.ended());
}

Task<void> count(AsyncMutex& mutex, int& unguarded) {
    const AsyncMutex::Guard guard = co_await mutex.lock();
    ++unguarded;
}

TEST(AsyncMutex, ExcludesThreads) {
    AsyncMutex mutex;
    int counted = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&mutex, &counted] {
            for (int i = 0; i < 2000; ++i) runBlocking(count(mutex, counted));
        });
    }
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(counted, 8000);
}

/// Resumes what was posted only when the test says so.
class ManualExecutor final : public Executor {
public:
    void post(std::coroutine_handle<> coroutine) override {
        const std::array<std::coroutine_handle<>, 1> one{coroutine};
        postAll(one);
    }
    void postAll(std::span<const std::coroutine_handle<>> coroutines) override {
        posted_.insert(posted_.end(), coroutines.begin(), coroutines.end());
        ++posts_;
    }
    int posts() const { return posts_; }
    template <class Action>
    void run(Action action) {
        const CurrentScope scope{*this};
        action();
    }
    void runPosted() {
        run([this] {
            for (const auto coroutine : std::exchange(posted_, {})) coroutine.resume();
        });
    }

private:
    std::vector<std::coroutine_handle<>> posted_;
    int posts_ = 0;
};

TEST(Executor, CoroutineGoesOnWhereItWasSuspended) {
    ManualExecutor home;
    Completion<int> completion;
    std::optional<Spawned<int>> waiting;
    home.run([&] { waiting.emplace(awaitCompletion(completion)); });

    completion.complete(3);
    EXPECT_FALSE(waiting->ended());

    home.runPosted();
    EXPECT_EQ(waiting->result(), 3);
}

TEST(ResumedTogether, EachExecutorGetsItsShareInOneGoAndInOrder) {
    ManualExecutor first;
    ManualExecutor second;
    std::array<Completion<int>, 4> completions;
    std::vector<std::unique_ptr<Spawned<int>>> waiting;
    for (std::size_t i = 0; i < completions.size(); ++i) {
        (i % 2 == 0 ? first : second).run([&] {
            waiting.push_back(std::make_unique<Spawned<int>>(awaitCompletion(completions.at(i))));
        });
    }

    {
        const ResumedTogether together;
        for (int i = 0; i < 4; ++i) completions.at(static_cast<std::size_t>(i)).complete(i);
        EXPECT_EQ(first.posts() + second.posts(), 0);
    }

    EXPECT_EQ(first.posts(), 1);
    EXPECT_EQ(second.posts(), 1);
    first.runPosted();
    EXPECT_FALSE(waiting[1]->ended());
    second.runPosted();
    for (std::size_t i = 0; i < waiting.size(); ++i) EXPECT_EQ(waiting[i]->result(), static_cast<int>(i));
}

TEST(ResumedTogether, CoroutineWithoutAnExecutorGoesOnAtOnce) {
    Completion<int> completion;
    Spawned<int> waiting{awaitCompletion(completion)};
    const ResumedTogether together;

    completion.complete(5);

    EXPECT_EQ(waiting.result(), 5);
}

}  // namespace
}  // namespace tenants
