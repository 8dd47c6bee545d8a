#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gateway::app {

/// Calls jobs again and again, each at its own pace, from one thread of its own. A job hands its work to a loop and
/// returns; one that would block delays the others.
class Upkeep {
public:
    struct Job {
        std::chrono::milliseconds every;
        std::function<void()> run;
    };
    explicit Upkeep(std::vector<Job> jobs);
    /// Ends the thread; a job that runs is finished first.
    ~Upkeep();
    Upkeep(const Upkeep&) = delete;
    Upkeep& operator=(const Upkeep&) = delete;

private:
    void run();

    std::vector<Job> jobs_;
    std::mutex mutex_;
    std::condition_variable stop_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace gateway::app
