#include "gateway/app/background_tasks.h"

#include <exception>
#include <utility>

namespace gateway::app {

void BackgroundTasks::start(tenants::Task<void> task) {
    {
        const std::scoped_lock lock{mutex_};
        ++running_;
    }
    tenants::spawn(run(std::move(task)));
}

tenants::Task<void> BackgroundTasks::run(tenants::Task<void> task) {
    try {
        co_await std::move(task);
    } catch (const std::exception& failure) {
        log_.error("background_task_failed", {{"detail", failure.what()}});
    }
    // Under the lock to its end: whoever waits may destroy this object as soon as the lock is free.
    const std::scoped_lock lock{mutex_};
    --running_;
    ended_.notify_all();
}

bool BackgroundTasks::waitForAll(std::chrono::milliseconds deadline) {
    std::unique_lock lock{mutex_};
    return ended_.wait_for(lock, deadline, [this] { return running_ == 0; });
}

}  // namespace gateway::app
