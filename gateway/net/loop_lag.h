#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "tenants/base/task.h"

namespace gateway::net {

class EventLoop;

/// Tells how late loops are: how long after its time a timer of theirs runs, because others are before it or because the
/// thread gets no processor. Measured a hundred times a second on each loop.
class LoopLag {
public:
    explicit LoopLag(std::vector<EventLoop*> loops);  // which outlive it
    ~LoopLag();                                       // stops
    LoopLag(const LoopLag&) = delete;
    LoopLag& operator=(const LoopLag&) = delete;

    /// Once, when the loops run.
    void start();
    /// Ends the measuring; the loops must still run. Not from a loop's thread. A second call does nothing.
    void stop();

    /// How late the latest of the loops was lately: some 100 ms, smoothed. Any thread.
    std::chrono::microseconds recent() const noexcept;

private:
    struct Meter;
    static tenants::Task<void> measure(EventLoop& loop, Meter& meter, const std::atomic<bool>& stopping);

    std::vector<std::unique_ptr<Meter>> meters_;
    std::atomic<bool> stopping_{false};
    bool started_ = false;
};

}  // namespace gateway::net
