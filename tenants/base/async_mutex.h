#pragma once

#include <coroutine>
#include <deque>
#include <mutex>
#include <utility>

#include "tenants/base/executor.h"

namespace tenants {

/// A mutex that a coroutine waits for without holding its thread; first come, first served, across threads.
/// `AsyncMutex::Guard guard = co_await mutex.lock();` The mutex must outlive its guards and its waiters.
class AsyncMutex {
public:
    class [[nodiscard]] Guard {
    public:
        explicit Guard(AsyncMutex& mutex) noexcept : mutex_(&mutex) {}
        Guard(Guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
        Guard& operator=(Guard&&) = delete;
        Guard(const Guard&) = delete;
        Guard& operator=(const Guard&) = delete;
        ~Guard() {
            if (mutex_ != nullptr) mutex_->unlock();
        }

    private:
        AsyncMutex* mutex_;
    };

    auto lock() noexcept {
        struct Awaiter {
            AsyncMutex& mutex;
            bool await_ready() const noexcept { return false; }
            bool await_suspend(std::coroutine_handle<> waiter) const { return !mutex.takeOrQueue(waiter); }
            Guard await_resume() const noexcept { return Guard{mutex}; }
        };
        return Awaiter{*this};
    }

private:
    struct Waiter {
        std::coroutine_handle<> coroutine;
        Executor* home;
    };

    bool takeOrQueue(std::coroutine_handle<> waiter) {
        const std::scoped_lock lock{mutex_};
        if (!held_) {
            held_ = true;
            return true;
        }
        waiters_.push_back({waiter, Executor::current()});
        return false;
    }

    void unlock() {
        Waiter next{};
        {
            const std::scoped_lock lock{mutex_};
            if (waiters_.empty()) {
                held_ = false;
                return;
            }
            next = waiters_.front();
            waiters_.pop_front();
        }
        resumeAt(next.home, next.coroutine);  // handed over still held: nobody can slip in between
    }

    std::mutex mutex_;
    bool held_ = false;
    std::deque<Waiter> waiters_;
};

}  // namespace tenants
