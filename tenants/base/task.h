#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <semaphore>
#include <type_traits>
#include <utility>
#include <variant>

namespace tenants {

template <class T>
class Task;

namespace detail {

/// What every task's promise has: who waits for it, and a body that starts only when awaited.
class TaskPromiseBase {
public:
    struct ResumeWaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> finished) const noexcept {
            return finished.promise().waiter_;
        }
        void await_resume() const noexcept {}
    };

    std::suspend_always initial_suspend() const noexcept { return {}; }
    ResumeWaiter final_suspend() const noexcept { return {}; }
    void setWaiter(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }

private:
    std::coroutine_handle<> waiter_ = std::noop_coroutine();
};

template <class T>
class TaskPromise : public TaskPromiseBase {
public:
    Task<T> get_return_object() noexcept;
    template <class U>
    void return_value(U&& value) {
        result_.template emplace<1>(std::forward<U>(value));
    }
    void unhandled_exception() noexcept { result_.template emplace<2>(std::current_exception()); }
    T take() {
        if (result_.index() == 2) std::rethrow_exception(std::get<2>(result_));
        return std::move(std::get<1>(result_));
    }

private:
    std::variant<std::monostate, T, std::exception_ptr> result_;
};

template <>
class TaskPromise<void> : public TaskPromiseBase {
public:
    Task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { failure_ = std::current_exception(); }
    void take() const {
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    std::exception_ptr failure_;
};

}  // namespace detail

/// A computation that may wait without holding a thread. It starts when it is awaited, runs on the awaiter's thread and
/// hands its result, or the exception it ended with, to the one who awaits it. Await each task once.
template <class T = void>
class [[nodiscard]] Task {
public:
    using promise_type = detail::TaskPromise<T>;

    Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
    Task& operator=(Task&&) = delete;
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (coroutine_) coroutine_.destroy();
    }

    auto operator co_await() && noexcept {
        struct Awaiter {
            std::coroutine_handle<promise_type> coroutine;
            bool await_ready() const noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) const noexcept {
                coroutine.promise().setWaiter(waiter);
                return coroutine;
            }
            T await_resume() const { return coroutine.promise().take(); }
        };
        return Awaiter{coroutine_};
    }

private:
    friend promise_type;
    explicit Task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}

    std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {

template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
    return Task<T>{std::coroutine_handle<TaskPromise<T>>::from_promise(*this)};
}

inline Task<void> TaskPromise<void>::get_return_object() noexcept {
    return Task<void>{std::coroutine_handle<TaskPromise<void>>::from_promise(*this)};
}

/// A coroutine that nobody awaits: it owns itself and is gone when it ends.
struct Detached {
    struct promise_type {
        Detached get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };
};

inline Detached detach(Task<void> task) {
    co_await std::move(task);
}

template <class T>
using Outcome =
    std::variant<std::monostate, std::conditional_t<std::is_void_v<T>, std::monostate, T>, std::exception_ptr>;

template <class T>
Task<void> record(Task<T> task, Outcome<T>& outcome, std::binary_semaphore& done) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(task);
            outcome.template emplace<1>();
        } else {
            outcome.template emplace<1>(co_await std::move(task));
        }
    } catch (...) {
        outcome.template emplace<2>(std::current_exception());
    }
    done.release();
}

}  // namespace detail

/// Starts `task` on this thread and lets it live on its own. An exception that leaves it ends the process: a task that
/// nobody awaits must handle its own failures.
inline void spawn(Task<void> task) {
    detail::detach(std::move(task));
}

/// Runs `task` and blocks this thread until it has ended, wherever it was resumed. For tests, commands and worker
/// threads; never on an event loop's thread, which would wait for itself.
template <class T>
T runBlocking(Task<T> task) {
    detail::Outcome<T> outcome;
    std::binary_semaphore done{0};
    spawn(detail::record(std::move(task), outcome, done));
    done.acquire();
    if (outcome.index() == 2) std::rethrow_exception(std::get<2>(outcome));
    if constexpr (!std::is_void_v<T>) return std::move(std::get<1>(outcome));
}

}  // namespace tenants
