#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "gateway/log/log.h"
#include "tenants/base/task.h"

namespace gateway::app {

/// Tasks that nobody awaits but that must have ended before the process may: the slow part of an event, upkeep.
/// Safe from any thread.
class BackgroundTasks {
public:
    explicit BackgroundTasks(log::Log& log) : log_(log) {}

    /// Starts `task` on the calling thread. An exception that leaves it is logged.
    void start(tenants::Task<void> task);
    /// Blocks until every task has ended or `deadline` from now has passed; true if all have. Not on a loop's thread.
    bool waitForAll(std::chrono::milliseconds deadline);

private:
    tenants::Task<void> run(tenants::Task<void> task);

    log::Log& log_;
    std::mutex mutex_;
    std::condition_variable ended_;
    std::size_t running_ = 0;
};

}  // namespace gateway::app
