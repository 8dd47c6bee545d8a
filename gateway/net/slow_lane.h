#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace gateway::net {

/// One thread for work that takes minutes, one piece after the other, at a low priority: scans come first. Safe from any
/// thread.
class SlowLane {
public:
    SlowLane();
    /// Waits for the piece that runs, which whoever gave it has told to stop; what waits is never begun.
    ~SlowLane();
    SlowLane(const SlowLane&) = delete;
    SlowLane& operator=(const SlowLane&) = delete;

    /// `piece` throws nothing.
    void add(std::function<void()> piece);

private:
    void serve();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> queue_;
    bool closing_ = false;
    std::thread thread_;
};

}  // namespace gateway::net
