#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "tenants/base/clock.h"
#include "tenants/base/completion.h"
#include "tenants/base/task.h"

namespace gateway::net {

/// Too much blocking work waits already, or this piece waited too long: it was not begun and never will be.
class QueueFull : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Threads for work that blocks, so that no event loop ever does. The destructor finishes what is queued, then joins.
class WorkerPool {
public:
    struct Limits {
        std::size_t queued_max;  // waiting beside those that run
        std::chrono::milliseconds queued_age_max{500};
    };
    WorkerPool(std::size_t threads, Limits limits, const tenants::Clock& clock);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Runs `work` on a worker and goes on, with its result or its exception, where the caller was: on its loop. Throws
    /// QueueFull where it was not begun. From any thread.
    template <class Work>
    tenants::Task<std::invoke_result_t<Work>> run(Work work) {
        using Value = std::invoke_result_t<Work>;
        using Kept = std::conditional_t<std::is_void_v<Value>, std::monostate, Value>;
        tenants::Completion<Kept> completion;
        submit([&work, &completion](std::exception_ptr refused) {
            std::optional<Kept> kept;
            try {
                if (refused) std::rethrow_exception(refused);
                if constexpr (std::is_void_v<Value>) {
                    work();
                    kept.emplace();
                } else {
                    kept.emplace(work());
                }
            } catch (...) {
                completion.fail(std::current_exception());
                return;
            }
            completion.complete(std::move(*kept));
        });
        if constexpr (std::is_void_v<Value>) {
            co_await completion;
        } else {
            co_return co_await completion;
        }
    }

private:
    using Job = std::function<void(std::exception_ptr refused)>;
    struct Queued {
        Job job;
        tenants::SteadyTime since;
    };

    void submit(Job job);
    void serve();

    const Limits limits_;
    const tenants::Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Queued> queue_;
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace gateway::net
