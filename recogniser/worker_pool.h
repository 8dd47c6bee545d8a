#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "recogniser/reading.h"

namespace recogniser {

class WorkerProcess;

/// Reads pictures in worker processes, as many at a time as there are workers. Each is killed at the deadline, and one
/// that ended is replaced, so that no picture can harm the server or the next picture.
class WorkerPool {
public:
    /// Starts `count` workers of `program` (tollgate-recogniser), one a core being the most that helps. `deadline` is the
    /// time for one picture, waiting for a free worker not counted.
    /// Throws std::invalid_argument if count or deadline is not positive, std::system_error if the program cannot be started.
    WorkerPool(std::filesystem::path program, int count, std::chrono::milliseconds deadline = std::chrono::seconds{5});

    /// Ends all workers; none outlives the pool. No read may be under way.
    ~WorkerPool();

    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Reads one JPEG or PNG file. Blocks while all workers are busy, then for the deadline at most. Any thread.
    /// Every failure of reading.h; files above 16 MiB are kTooLarge unread. A picture over which a worker died is not tried
    /// again. Throws std::system_error if a worker that ended cannot be replaced; the next call tries that again.
    Outcome read(std::span<const char> picture);

private:
    std::unique_ptr<WorkerProcess> take();
    void giveBack(std::unique_ptr<WorkerProcess> worker);

    const std::filesystem::path program_;
    const std::chrono::milliseconds deadline_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<WorkerProcess>> free_;  ///< null where a worker has to be started first
};

}  // namespace recogniser
