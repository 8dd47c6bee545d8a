#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include "tenants/base/executor.h"
#include "tenants/base/task.h"

namespace tenants {

namespace detail {

/// Starts tasks and resumes the one who awaits it when the last has ended. Lives in that coroutine's frame.
class Gathering {
public:
    explicit Gathering(std::vector<Task<void>> tasks) : tasks_(std::move(tasks)), left_(tasks_.size() + 1) {}
    Gathering(const Gathering&) = delete;
    Gathering& operator=(const Gathering&) = delete;

    bool await_ready() const noexcept { return tasks_.empty(); }
    bool await_suspend(std::coroutine_handle<> waiter) {
        waiter_ = waiter;
        home_ = Executor::current();
        for (Task<void>& task : tasks_) spawn(run(std::move(task), *this));
        return left_.fetch_sub(1, std::memory_order_acq_rel) != 1;  // the one that counted for this very loop
    }
    void await_resume() const {
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    static Task<void> run(Task<void> task, Gathering& gathering) {
        try {
            co_await std::move(task);
        } catch (...) {
            const std::scoped_lock lock{gathering.mutex_};
            if (!gathering.failure_) gathering.failure_ = std::current_exception();
        }
        gathering.ended();
    }
    void ended() {
        const std::coroutine_handle<> waiter = waiter_;
        Executor* const home = home_;
        if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) resumeAt(home, waiter);
    }

    std::vector<Task<void>> tasks_;
    std::atomic<std::size_t> left_;
    std::coroutine_handle<> waiter_;
    Executor* home_ = nullptr;
    std::mutex mutex_;
    std::exception_ptr failure_;
};

}  // namespace detail

/// Runs the tasks beside one another, each from the caller's thread on, and ends when all have. Then the first exception
/// that left one of them, if any, is thrown.
inline Task<void> concurrently(std::vector<Task<void>> tasks) {
    detail::Gathering gathering{std::move(tasks)};
    co_await gathering;
}

}  // namespace tenants
