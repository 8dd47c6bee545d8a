#include "gateway/net/slow_lane.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace gateway::net {
namespace {

// A little, so that scans come first. Not much more: a thread that is very nice waits for the next tick of the clock, 4 ms,
// each time it wakes from a rest.
constexpr int kNiceness = 5;

/// Linux counts niceness by thread. Refused, it changes the speed of others but no result.
void giveWayToOthers() {
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness));
}

}  // namespace

SlowLane::SlowLane() : thread_([this] { serve(); }) {}

SlowLane::~SlowLane() {
    {
        const std::scoped_lock lock{mutex_};
        closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void SlowLane::add(std::function<void()> piece) {
    {
        const std::scoped_lock lock{mutex_};
        queue_.push_back(std::move(piece));
    }
    changed_.notify_one();
}

void SlowLane::serve() {
    giveWayToOthers();
    std::unique_lock lock{mutex_};
    while (true) {
        changed_.wait(lock, [this] { return closing_ || !queue_.empty(); });
        if (closing_) return;
        const std::function<void()> piece = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        piece();
        lock.lock();
    }
}

}  // namespace gateway::net
