#pragma once

#include <coroutine>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "tenants/base/executor.h"

namespace test_support {

/// Holds coroutines up until the test opens it: `co_await gate.pass()`. Safe from any thread.
class Gate {
public:
    auto pass() noexcept {
        struct Awaiter {
            Gate& gate;
            bool await_ready() const noexcept { return false; }
            bool await_suspend(std::coroutine_handle<> waiter) const { return gate.queue(waiter); }
            void await_resume() const noexcept {}
        };
        return Awaiter{*this};
    }

    /// Lets everybody through, now and from now on.
    void open() {
        std::vector<Waiter> waiters;
        {
            const std::scoped_lock lock{mutex_};
            open_ = true;
            waiters = std::exchange(waiters_, {});
        }
        for (const Waiter& waiter : waiters) tenants::resumeAt(waiter.home, waiter.coroutine);
    }

    std::size_t waiting() const {
        const std::scoped_lock lock{mutex_};
        return waiters_.size();
    }

private:
    struct Waiter {
        std::coroutine_handle<> coroutine;
        tenants::Executor* home;
    };

    bool queue(std::coroutine_handle<> waiter) {
        const std::scoped_lock lock{mutex_};
        if (open_) return false;
        waiters_.push_back({waiter, tenants::Executor::current()});
        return true;
    }

    mutable std::mutex mutex_;
    bool open_ = false;
    std::vector<Waiter> waiters_;
};

}  // namespace test_support
