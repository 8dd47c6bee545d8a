#pragma once

#include <exception>
#include <functional>
#include <latch>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace integration {

/// Threads that begin together. `work(number)` runs once on each, numbers from 0; what one throws `join` throws again.
class Crowd {
public:
    Crowd(int size, const std::function<void(int)>& work) : together_(size) {
        for (int number = 0; number < size; ++number) {
            threads_.emplace_back([this, work, number] {
                together_.arrive_and_wait();
                try {
                    work(number);
                } catch (...) {
                    const std::scoped_lock lock{mutex_};
                    if (!failure_) failure_ = std::current_exception();
                }
            });
        }
    }
    ~Crowd() { wait(); }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    void join() {
        wait();
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    }

private:
    void wait() {
        for (std::thread& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }

    std::latch together_;
    std::mutex mutex_;
    std::exception_ptr failure_;
    std::vector<std::thread> threads_;
};

}  // namespace integration
