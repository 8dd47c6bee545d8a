#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "tenants/base/clock.h"

namespace gateway::net {

class TimerQueue;

/// Something that happens once at a time, unless disarmed before. Lives with its owner, mostly in a coroutine's frame,
/// so that arming allocates nothing; its destructor disarms. On its loop's thread only.
class Timer {
public:
    Timer() = default;
    virtual ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    bool armed() const noexcept { return queue_ != nullptr; }
    void disarm() noexcept;

private:
    friend class TimerQueue;
    /// Already disarmed when called, so it may arm the timer again, and may end the timer's life.
    virtual void expired() = 0;

    TimerQueue* queue_ = nullptr;
    std::size_t position_ = 0;
};

/// All armed timers of one loop as a binary heap whose timers know their place: a far deadline is armed in constant
/// time, and disarming, which is how nearly every deadline ends, searches nothing. One thread.
class TimerQueue {
public:
    TimerQueue() = default;
    ~TimerQueue();
    TimerQueue(const TimerQueue&) = delete;
    TimerQueue& operator=(const TimerQueue&) = delete;

    /// Arms `timer`, or moves it if it was armed. It must not outlive its disarming in another queue.
    void arm(Timer& timer, tenants::SteadyTime time);
    void disarm(Timer& timer) noexcept;

    std::optional<tenants::SteadyTime> next() const noexcept;
    std::size_t size() const noexcept { return heap_.size(); }
    /// Lets every timer whose time has come by `now` expire, earliest first. Those armed meanwhile wait for the next
    /// call once as many as there were before have expired, so that a timer that arms itself cannot hold the loop.
    void expire(tenants::SteadyTime now);

private:
    struct Entry {
        tenants::SteadyTime time;  // beside the pointer: comparing touches no other memory
        Timer* timer;
    };

    void place(std::size_t position, Entry entry) noexcept;
    void rise(std::size_t position, Entry entry) noexcept;
    void sink(std::size_t position, Entry entry) noexcept;

    std::vector<Entry> heap_;
};

}  // namespace gateway::net
