#pragma once

#include <coroutine>

namespace tenants {

/// Something that resumes coroutines on a thread of its own: an event loop in the gateway, nothing at all in a unit test.
class Executor {
public:
    virtual ~Executor() = default;
    /// Resumes `coroutine` later on the executor's thread, in the order of posting. Safe from any thread.
    virtual void post(std::coroutine_handle<> coroutine) = 0;

    /// The executor whose thread is calling, or null on a thread that belongs to none.
    static Executor* current() noexcept { return current_; }

protected:
    /// An executor holds one of these while its thread runs it.
    class CurrentScope {
    public:
        explicit CurrentScope(Executor& executor) noexcept : before_(current_) { current_ = &executor; }
        ~CurrentScope() { current_ = before_; }
        CurrentScope(const CurrentScope&) = delete;
        CurrentScope& operator=(const CurrentScope&) = delete;

    private:
        Executor* before_;
    };

private:
    inline static thread_local Executor* current_ = nullptr;
};

/// Resumes `coroutine` where it was suspended: on `home`, or at once on this thread where it had none.
inline void resumeAt(Executor* home, std::coroutine_handle<> coroutine) {
    if (home != nullptr) {
        home->post(coroutine);
    } else {
        coroutine.resume();
    }
}

}  // namespace tenants
