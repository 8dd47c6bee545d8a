#pragma once

#include <coroutine>
#include <cstdint>

#include "gateway/net/event_loop.h"
#include "gateway/net/timer_queue.h"

namespace gateway::net {

class Operation;

/// A descriptor's registration with its loop, and the operations that wait for it: at most one that reads and one that
/// writes. Registered once for both directions and edge-triggered: waiting then costs no system call, which fits
/// operations that always try first and wait only when the kernel said EAGAIN. On the loop's thread only; ends before
/// the descriptor is closed and after its operations.
class Watch {
public:
    Watch(EventLoop& loop, int descriptor);  // throws std::system_error where the kernel refuses
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    EventLoop& loop() const noexcept { return loop_; }
    int descriptor() const noexcept { return descriptor_; }

    /// Ends both operations as aborted, and every later one at once. They go on from the loop, not from in here.
    void abort();
    bool aborted() const noexcept { return aborted_; }

    /// After a read that brought less than was asked for, there is nothing more until the next event: a later read may
    /// wait without asking the kernel. Never true once the peer has ended, whose end gives no further event.
    bool drained() const noexcept { return drained_; }
    void markDrained() noexcept { drained_ = !peer_ended_; }
    void forgetDrained() noexcept { drained_ = false; }

private:
    friend class EventLoop;
    friend class Operation;
    /// May end this watch: the operations that it wakes belong to those who own it.
    static void dispatch(EventLoop& loop, std::uint64_t ticket, std::uint32_t events);

    EventLoop& loop_;
    int descriptor_;
    std::uint64_t ticket_;
    Operation* reader_ = nullptr;
    Operation* writer_ = nullptr;
    bool aborted_ = false;
    bool drained_ = false;
    bool peer_ended_ = false;
    unsigned immediate_ = 0;  // operations in a row that did not wait
};

/// Base of everything that is awaited on a descriptor. It tries first, and waits with an absolute deadline only if the
/// kernel has nothing to give. The object is the awaiter, so it lives in the awaiting coroutine's frame.
class Operation : private Timer {
public:
    bool await_ready();
    void await_suspend(std::coroutine_handle<> waiter);

protected:
    enum class Side { kReader, kWriter };
    enum class Attempt { kEnded, kNeedsInput, kNeedsOutput };
    enum class Ending { kTimeout, kAborted };

    Operation(Watch& watch, Side side, tenants::SteadyTime deadline) noexcept;
    ~Operation() override;

    Watch& watch() const noexcept { return watch_; }

private:
    friend class Watch;
    /// Goes as far as it can without waiting.
    virtual Attempt attempt() = 0;
    /// The wait is over without success.
    virtual void endWith(Ending ending) = 0;
    void expired() override;

    Operation*& seat() const noexcept;
    void unseat() noexcept;
    bool concernedBy(std::uint32_t events) const noexcept;
    void onEvents();

    Watch& watch_;
    Side side_;
    bool ended_ = false;
    bool seated_ = false;
    Attempt need_ = Attempt::kNeedsInput;
    tenants::SteadyTime deadline_;
    std::coroutine_handle<> waiter_;
};

}  // namespace gateway::net
