#include "gateway/net/worker_pool.h"

namespace gateway::net {

WorkerPool::WorkerPool(std::size_t threads, Limits limits, const tenants::Clock& clock)
    : limits_(limits), clock_(clock) {
    if (threads == 0) throw std::invalid_argument("worker pool: needs at least one thread");
    threads_.reserve(threads);
    for (std::size_t index = 0; index < threads; ++index) threads_.emplace_back([this] { serve(); });
}

WorkerPool::~WorkerPool() {
    {
        const std::scoped_lock lock{mutex_};
        closing_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::submit(Job job) {
    {
        const std::scoped_lock lock{mutex_};
        if (queue_.size() >= limits_.queued_max) throw QueueFull("worker pool: queue full");
        queue_.push_back({std::move(job), clock_.steady()});
    }
    changed_.notify_one();
}

void WorkerPool::serve() {
    std::unique_lock lock{mutex_};
    while (true) {
        changed_.wait(lock, [this] { return closing_ || !queue_.empty(); });
        if (queue_.empty()) return;
        const Queued taken = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        // Under overload old work is refused rather than done for a caller who has given up.
        const bool too_old = clock_.steady() - taken.since > limits_.queued_age_max;
        taken.job(too_old ? std::make_exception_ptr(QueueFull("worker pool: waited too long")) : nullptr);
        lock.lock();
    }
}

}  // namespace gateway::net
