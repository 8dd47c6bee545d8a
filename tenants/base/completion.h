#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <utility>
#include <variant>

#include "tenants/base/executor.h"

namespace tenants {

/// One result that another thread delivers to one waiting coroutine, which goes on where it was suspended.
/// Lives in the waiting coroutine's frame and must be awaited by it exactly once; the other side calls exactly one of
/// `complete` and `fail`, once, and touches nothing of it afterwards.
template <class T>
class Completion {
public:
    Completion() = default;
    Completion(const Completion&) = delete;
    Completion& operator=(const Completion&) = delete;

    void complete(T value) {
        result_.template emplace<1>(std::move(value));
        publish();
    }
    void fail(std::exception_ptr failure) {
        result_.template emplace<2>(std::move(failure));
        publish();
    }

    bool await_ready() const noexcept { return state_.load(std::memory_order_acquire) == State::kDone; }
    bool await_suspend(std::coroutine_handle<> waiter) noexcept {
        waiter_ = waiter;
        home_ = Executor::current();
        State expected = State::kEmpty;
        return state_.compare_exchange_strong(expected, State::kWaiting, std::memory_order_acq_rel);
    }
    T await_resume() {
        if (result_.index() == 2) std::rethrow_exception(std::get<2>(result_));
        return std::move(std::get<1>(result_));
    }

private:
    enum class State { kEmpty, kWaiting, kDone };

    void publish() {
        // Once the state says done, a waiter that was not yet suspended may already be gone with this object in it.
        if (state_.exchange(State::kDone, std::memory_order_acq_rel) == State::kWaiting) resumeAt(home_, waiter_);
    }

    std::atomic<State> state_{State::kEmpty};
    std::coroutine_handle<> waiter_;
    Executor* home_ = nullptr;
    std::variant<std::monostate, T, std::exception_ptr> result_;
};

}  // namespace tenants
