#include "tenants/sqlite/writer.h"

#include <SQLiteCpp/Column.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

#include "tenants/base/executor.h"
#include "tenants/sqlite/failure.h"
#include "tenants/sqlite/query.h"
#include "tenants/sqlite/writer_thread.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kProbe = "UPDATE space_probe SET probes = probes + 1, payload = zeroblob(65536) WHERE row = 1";
constexpr int kTruncateBusyTimeoutMs = 250;
constexpr int kBusyTimeoutMs = 2000;

struct Diagnosis {
    Failure failure;
    std::string text;
};

Diagnosis diagnose(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const SQLite::Exception& failure) {
        return {failureOf(failure), failure.what()};
    } catch (const std::bad_alloc&) {
        return {Failure::kUnavailable, "out of memory"};
    } catch (const std::exception& failure) {
        return {Failure::kItem, failure.what()};
    }
}

}  // namespace

Writer::Writer(SQLite::Database database, const ReaderPool& readers, const Clock& clock, WriterSettings settings)
    : database_(std::move(database)),
      begin_(database_, "BEGIN IMMEDIATE"),
      commit_(database_, "COMMIT"),
      readers_(readers),
      clock_(clock),
      settings_(std::move(settings)) {
    page_bytes_ = database_.execAndGet("PRAGMA page_size").getInt();
    batch_.reserve(settings_.batch_jobs_max);
    sqlite3_wal_hook(database_.getHandle(), &Writer::onWalGrowth, this);
}

Writer::~Writer() {
    stop();
}

void Writer::start() {
    thread_ = std::thread{[this] { work(); }};
}

void Writer::stop() noexcept {
    {
        const std::scoped_lock lock{mutex_};
        if (state_ == State::kOpen || state_ == State::kUnavailable) state_ = State::kStopping;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

bool Writer::submit(WriteJob& job) {
    bool wake = false;
    {
        const std::scoped_lock lock{mutex_};
        if (state_ != State::kOpen || queue_.size() >= settings_.queue_jobs_max) return false;
        queue_.push_back(&job);
        wake = std::exchange(asleep_, false);
    }
    if (wake) changed_.notify_one();
    return true;
}

bool Writer::ready() const {
    const std::scoped_lock lock{mutex_};
    return state_ == State::kOpen;
}

bool Writer::writable() const {
    const std::scoped_lock lock{mutex_};
    return state_ == State::kOpen || state_ == State::kStopping;
}

void Writer::work() {
    prepareWriterThread();
    while (awaitWork()) {
        commitBatch();
        checkpointIfDue();
    }
    if (writable()) checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
}

/// True when there are jobs; false when the thread shall end. Probes a full disk meanwhile.
bool Writer::awaitWork() {
    std::unique_lock lock{mutex_};
    while (queue_.empty()) {
        switch (state_) {
            case State::kStopping:
            case State::kFailed: return false;
            case State::kOpen:
                asleep_ = true;
                changed_.wait(lock, [this] { return !asleep_ || state_ != State::kOpen; });
                asleep_ = false;
                break;
            case State::kUnavailable: {
                const auto stopped = [this] { return state_ != State::kUnavailable; };
                if (changed_.wait_for(lock, settings_.probe_interval, stopped)) break;
                lock.unlock();
                probe();
                lock.lock();
                break;
            }
        }
    }
    gather(lock);
    return true;
}

/// A commit costs the same for one job as for many. Where groups follow one another closely, each waits a moment for more.
void Writer::gather(std::unique_lock<std::mutex>& lock) {
    const auto full = [this] { return queue_.size() >= settings_.batch_jobs_max || state_ != State::kOpen; };
    const SteadyTime now = clock_.steady();
    if (now < next_batch_) changed_.wait_for(lock, next_batch_ - now, full);
    next_batch_ = clock_.steady() + settings_.batch_interval_min;
}

std::size_t Writer::takeQueued(std::size_t count) {
    const std::scoped_lock lock{mutex_};
    const std::size_t taken = std::min(count, queue_.size());
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(taken);
    batch_.insert(batch_.end(), queue_.begin(), end);
    queue_.erase(queue_.begin(), end);
    return taken;
}

/// Runs what waits, and what comes meanwhile, until the group is full, its time is up, or nobody waits any more.
void Writer::runQueued() {
    const SteadyTime closes = clock_.steady() + settings_.batch_time_max;
    std::size_t done = 0;
    while (takeQueued(settings_.batch_jobs_max - batch_.size()) > 0) {
        for (; done < batch_.size(); ++done) batch_[done]->run();
        if (clock_.steady() >= closes) return;
    }
}

template <class Body>
std::exception_ptr Writer::inTransaction(const Body& body) {
    try {
        Query{begin_}.run();
        body();
        for (BatchParticipant* participant : participants_) participant->beforeCommit();
        Query{commit_}.run();
        return nullptr;
    } catch (...) {
        std::exception_ptr failure = std::current_exception();
        rollBack();
        return failure;
    }
}

void Writer::rollBack() noexcept {
    // SQLite rolls back by itself after some failures; what remains to be told is that nothing happened.
    if (sqlite3_get_autocommit(database_.getHandle()) == 0 && database_.tryExec("ROLLBACK") != SQLite::OK) std::abort();
    for (BatchParticipant* participant : participants_) participant->afterRollback();
}

void Writer::commitBatch() {
    batch_.clear();
    const std::exception_ptr failure = inTransaction([this] { runQueued(); });
    if (failure && diagnose(failure).failure == Failure::kItem) {
        // Nobody to blame where not even the first job ran: the transaction itself could not begin.
        if (batch_.empty()) return refuseAll({}, State::kUnavailable, diagnose(failure).text);
        if (batch_.size() == 1) return batch_.front()->fail(failure);
        for (WriteJob* job : batch_) commitAlone(*job);
        return;
    }
    if (failure) return giveUp(batch_, failure);
    for (WriteJob* job : batch_) job->publish();
    for (BatchParticipant* participant : participants_) participant->afterCommit();
    const ResumedTogether together;
    for (WriteJob* job : batch_) job->wake();
}

void Writer::commitAlone(WriteJob& job) {
    if (!writable()) return job.refuse(storeUnavailable("the store became unavailable"));
    if (const std::exception_ptr failure = inTransaction([&job] { job.run(); })) return giveUp({&job}, failure);
    job.publish();
    for (BatchParticipant* participant : participants_) participant->afterCommit();
    job.wake();
}

void Writer::giveUp(const std::vector<WriteJob*>& jobs, const std::exception_ptr& failure) {
    const Diagnosis diagnosis = diagnose(failure);
    switch (diagnosis.failure) {
        case Failure::kItem:
            for (WriteJob* job : jobs) job->fail(failure);
            return;
        case Failure::kUnavailable: return refuseAll(jobs, State::kUnavailable, diagnosis.text);
        case Failure::kFatal:
            // Closing would copy the log into the file, though nobody knows what of the log is on the disk.
            sqlite3_db_config(database_.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
            if (settings_.fatal) {
                settings_.fatal(diagnosis.text);
            } else {
                std::abort();
            }
            return refuseAll(jobs, State::kFailed, diagnosis.text);
    }
}

/// Nobody's change happened: those of the group and those that wait are told so.
void Writer::refuseAll(const std::vector<WriteJob*>& jobs, State next, std::string_view reason) {
    std::deque<WriteJob*> waiting;
    {
        const std::scoped_lock lock{mutex_};
        if (state_ != State::kStopping || next == State::kFailed) state_ = next;
        waiting.swap(queue_);
    }
    const Error error = storeUnavailable(reason);
    for (WriteJob* job : jobs) job->refuse(error);
    for (WriteJob* job : waiting) job->refuse(error);
}

void Writer::probe() {
    const std::exception_ptr failure = inTransaction([this] { database_.exec(kProbe); });
    if (failure && diagnose(failure).failure == Failure::kUnavailable) return;
    if (failure) return giveUp({}, failure);
    const std::scoped_lock lock{mutex_};
    if (state_ == State::kUnavailable) state_ = State::kOpen;
}

int Writer::onWalGrowth(void* writer, sqlite3* /*handle*/, const char* /*schema*/, int pages) {
    Writer& self = *static_cast<Writer*>(writer);
    self.wal_bytes_ = pages * self.page_bytes_;
    return SQLITE_OK;
}

void Writer::checkpointIfDue() {
    if (wal_bytes_ < checkpointed_at_bytes_) checkpointed_at_bytes_ = 0;  // the log began anew
    if (wal_bytes_ - checkpointed_at_bytes_ < settings_.checkpoint_bytes) return;
    checkpointed_at_bytes_ = wal_bytes_;
    const std::optional<SteadyTime> oldest_read = readers_.oldestRead();
    const bool readers_are_young = !oldest_read || clock_.steady() - *oldest_read <= settings_.reader_age_max;
    const bool truncate = wal_bytes_ >= settings_.truncate_bytes && readers_are_young;
    checkpoint(truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE);
}

/// What a checkpoint cannot do now, because of a reader or a full disk, the next one does: nothing is lost by it.
void Writer::checkpoint(int mode) {
    sqlite3* const handle = database_.getHandle();
    sqlite3_busy_timeout(handle, kTruncateBusyTimeoutMs);
    const int verdict = sqlite3_wal_checkpoint_v2(handle, nullptr, mode, nullptr, nullptr);
    sqlite3_busy_timeout(handle, kBusyTimeoutMs);
    if (verdict == SQLITE_OK) return;
    const SQLite::Exception failure{handle, verdict};
    if (failureOf(failure) == Failure::kFatal) giveUp({}, std::make_exception_ptr(failure));
}

}  // namespace tenants::sqlite
