#include "recogniser/worker_pool.h"

#include <stdexcept>
#include <utility>

#include "recogniser/frame.h"
#include "recogniser/worker_process.h"

namespace recogniser {

WorkerPool::WorkerPool(std::filesystem::path program, int count, std::chrono::milliseconds deadline)
    : program_(std::move(program)), deadline_(deadline) {
    if (count <= 0) throw std::invalid_argument{"the recogniser needs one worker at least"};
    if (deadline <= std::chrono::milliseconds::zero())
        throw std::invalid_argument{"the recogniser's deadline must be positive"};
    for (int i = 0; i < count; ++i) free_.push_back(std::make_unique<WorkerProcess>(program_, deadline_));
}

WorkerPool::~WorkerPool() = default;

std::unique_ptr<WorkerProcess> WorkerPool::take() {
    std::unique_lock lock{mutex_};
    freed_.wait(lock, [this] { return !free_.empty(); });
    std::unique_ptr<WorkerProcess> worker = std::move(free_.back());
    free_.pop_back();
    return worker;
}

void WorkerPool::giveBack(std::unique_ptr<WorkerProcess> worker) {
    {
        const std::scoped_lock lock{mutex_};
        free_.push_back(std::move(worker));
    }
    freed_.notify_one();
}

Outcome WorkerPool::read(std::span<const char> picture) {
    if (picture.size() > kFrameBytesMax) return Failure::kTooLarge;
    std::unique_ptr<WorkerProcess> worker = take();
    try {
        // One that died while idle, for lack of memory say, must not cost this picture its reading.
        if (worker == nullptr || !worker->alive()) worker = std::make_unique<WorkerProcess>(program_, deadline_);
        Outcome outcome = worker->ask(picture);
        if (!worker->usable()) {
            worker.reset();
            worker = std::make_unique<WorkerProcess>(
                program_, deadline_);  // now, so that the next picture need not wait for its start
        }
        giveBack(std::move(worker));
        return outcome;
    } catch (...) {
        giveBack(nullptr);  // the place stays; the next call starts a worker for it
        throw;
    }
}

}  // namespace recogniser
