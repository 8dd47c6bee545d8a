#include "gateway/app/upkeep.h"

#include <algorithm>
#include <utility>

namespace gateway::app {

Upkeep::Upkeep(std::vector<Job> jobs) : jobs_(std::move(jobs)), thread_([this] { run(); }) {}

Upkeep::~Upkeep() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    stop_.notify_one();
    thread_.join();
}

void Upkeep::run() {
    // Time is counted in waits, not read from a clock: a job that comes a little late does no harm.
    std::vector<std::chrono::milliseconds> due;
    for (const Job& job : jobs_) due.push_back(job.every);
    std::unique_lock lock{mutex_};
    while (!due.empty()) {
        const auto pause = *std::min_element(due.begin(), due.end());
        if (stop_.wait_for(lock, pause, [this] { return stopping_; })) return;
        lock.unlock();
        for (std::size_t i = 0; i < jobs_.size(); ++i) {
            due[i] -= pause;
            if (due[i] > std::chrono::milliseconds{0}) continue;
            jobs_[i].run();
            due[i] = jobs_[i].every;
        }
        lock.lock();
    }
}

}  // namespace gateway::app
