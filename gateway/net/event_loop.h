#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "gateway/net/descriptor.h"
#include "gateway/net/timer_queue.h"
#include "tenants/base/clock.h"
#include "tenants/base/executor.h"

struct epoll_event;

namespace gateway::net {

class Watch;

/// One thread's epoll loop: descriptors, timers, and coroutines posted from anywhere. Everything that waits on a loop
/// lives on that loop's thread; only `post` and `stop` may be called from other threads. Whatever waits on a loop must
/// have ended before the loop does. An exception that leaves posted work ends the process: there is nobody to tell.
class EventLoop final : public tenants::Executor {
public:
    EventLoop();  // throws std::system_error where the kernel refuses
    ~EventLoop() override;
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Serves until `stop`; the calling thread is the loop's thread from then on. Once in a loop's life.
    void run();
    /// Any thread. Work already posted still runs, and what that work posts on this thread.
    void stop();

    void post(std::coroutine_handle<> coroutine) override;
    void postAll(std::span<const std::coroutine_handle<>> coroutines) override;
    void post(std::function<void()> work);

    /// The loop that the calling thread runs; calling it elsewhere ends the process.
    static EventLoop& current();
    bool runsOnThisThread() const noexcept;

    /// `co_await loop.sleepUntil(time)`: on the loop's own thread only. A time that has passed lets others run first.
    class Sleep;
    Sleep sleepUntil(tenants::SteadyTime time);

    /// The time that the loop's timers, and so all deadlines on it, are measured by. Any thread.
    static tenants::SteadyTime now() noexcept;

    /// The loop's own thread only.
    TimerQueue& timers() noexcept { return timers_; }

private:
    friend class Watch;

    struct Posted {
        std::coroutine_handle<> coroutine;  // one of the two
        std::function<void()> work;
    };
    /// Events name a place in this table and its generation, so that one that was already fetched when its watch ended
    /// reaches nobody, even if a new watch has taken the place.
    struct Place {
        Watch* watch = nullptr;
        std::uint32_t generation = 0;
    };

    std::uint64_t enter(Watch& watch, int descriptor);
    void leave(std::uint64_t ticket, int descriptor) noexcept;
    Watch* find(std::uint64_t ticket) const noexcept;

    template <class Add>
    void enqueue(Add add);
    void runPosted();
    bool hasPosted();
    bool mayWait();
    void wake() const;
    int waitMilliseconds();
    void waitAndDispatch();

    Descriptor epoll_;
    Descriptor wake_up_;
    TimerQueue timers_;
    std::vector<Place> places_;
    std::vector<std::uint32_t> free_places_;
    std::unique_ptr<epoll_event[]> events_;

    std::mutex posted_mutex_;
    std::vector<Posted> posted_;
    std::vector<Posted> running_;       // the loop's thread only; kept for its capacity
    std::atomic<bool> waiting_{false};  // in the kernel, or about to: whoever posts has to wake it
    std::atomic<bool> stopping_{false};
};

/// See `EventLoop::sleepUntil`.
class [[nodiscard]] EventLoop::Sleep final : private Timer {
public:
    Sleep(EventLoop& loop, tenants::SteadyTime time) noexcept : loop_(loop), time_(time) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
        waiter_ = waiter;
        loop_.timers_.arm(*this, time_);
    }
    void await_resume() const noexcept {}

private:
    void expired() override { waiter_.resume(); }

    EventLoop& loop_;
    tenants::SteadyTime time_;
    std::coroutine_handle<> waiter_;
};

}  // namespace gateway::net
