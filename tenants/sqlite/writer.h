#pragma once

#include <SQLiteCpp/Database.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tenants/base/clock.h"
#include "tenants/base/error.h"
#include "tenants/sqlite/prepared_statement.h"
#include "tenants/sqlite/reader_pool.h"

namespace tenants::sqlite {

/// One change that waits for the writer; see write.h for the one that coroutines await. After a job was accepted,
/// exactly one of `wake`, `refuse` and `fail` is called, once, on the writer's thread; the job may be gone afterwards.
class WriteJob {
public:
    /// Makes the change, inside a transaction. Called again, with nothing of the first time left in the database, where
    /// the group's transaction was rolled back because of another job. Throws only what is broken.
    virtual void run() = 0;
    /// After the commit and before anybody of the group is told: shows the change to those who read from memory.
    virtual void publish() noexcept = 0;
    virtual void wake() noexcept = 0;
    virtual void refuse(const Error& error) noexcept = 0;
    virtual void fail(std::exception_ptr failure) noexcept = 0;

protected:
    ~WriteJob() = default;
};

/// Keeps in memory, on the writer's thread, what a group changes many times, and writes it once a group.
class BatchParticipant {
public:
    virtual void beforeCommit() = 0;
    /// Nothing of the transaction happened: forget everything that is only in memory.
    virtual void afterRollback() noexcept = 0;
    /// The group is committed, its jobs have published, nobody of it is told yet.
    virtual void afterCommit() noexcept {}

protected:
    ~BatchParticipant() = default;
};

struct WriterSettings {
    std::size_t queue_jobs_max = 4096;
    std::size_t batch_jobs_max = 256;
    std::chrono::milliseconds batch_time_max{2};
    std::chrono::microseconds batch_interval_min{250};  // from the beginning of one to that of the next
    std::chrono::milliseconds probe_interval{500};      // how often a full disk is tried again
    std::int64_t checkpoint_bytes = 4LL << 20;          // of WAL, and of its growth since the last checkpoint
    std::int64_t truncate_bytes = 32LL << 20;           // of WAL, where no read is older than `reader_age_max`
    std::chrono::milliseconds reader_age_max{1000};
    std::function<void(std::string_view reason)> fatal;
};

/// The thread that owns the one read-write connection. Jobs that wait together commit together, with one sync for all;
/// a job that waits alone commits at once. Where a job throws, the group is rolled back and each of its jobs gets a
/// transaction of its own, so that only the faulty one fails; why no savepoint a job: docs/adr/0002.
///
/// A full disk makes every change end with kStoreUnavailable until a probe could write. A failed read, write or sync
/// leaves the outcome unknown: the writer stops for good and calls `fatal`, whose duty is to end the process.
class Writer {
public:
    Writer(SQLite::Database database, const ReaderPool& readers, const Clock& clock, WriterSettings settings);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer();

    /// The connection: for the writer's thread, and for others only before `start`.
    SQLite::Database& database() noexcept { return database_; }
    /// Before `start` only. Must outlive the thread.
    void join(BatchParticipant& participant) { participants_.push_back(&participant); }
    void start();
    /// Commits what waits, takes nothing more, checkpoints, ends the thread. Never from the writer's own thread.
    void stop() noexcept;

    /// False where the queue is full or the store cannot write: then the job was not taken. Safe from any thread.
    bool submit(WriteJob& job);
    /// Whether a change that comes now would be tried. Safe from any thread.
    bool ready() const;

private:
    enum class State { kOpen, kUnavailable, kFailed, kStopping };

    bool writable() const;
    void work();
    bool awaitWork();
    void gather(std::unique_lock<std::mutex>& lock);
    void commitBatch();
    void commitAlone(WriteJob& job);
    template <class Body>
    std::exception_ptr inTransaction(const Body& body);
    void runQueued();
    std::size_t takeQueued(std::size_t count);
    void rollBack() noexcept;
    void giveUp(const std::vector<WriteJob*>& jobs, const std::exception_ptr& failure);
    void refuseAll(const std::vector<WriteJob*>& jobs, State next, std::string_view reason);
    void probe();
    void checkpointIfDue();
    void checkpoint(int mode);
    static int onWalGrowth(void* writer, sqlite3* handle, const char* schema, int pages);

    SQLite::Database database_;
    PreparedStatement begin_;
    PreparedStatement commit_;
    const ReaderPool& readers_;
    const Clock& clock_;
    const WriterSettings settings_;
    std::vector<BatchParticipant*> participants_;
    std::vector<WriteJob*> batch_;
    SteadyTime next_batch_ = SteadyTime::min();  // not before
    std::int64_t page_bytes_ = 0;
    std::int64_t wal_bytes_ = 0;
    std::int64_t checkpointed_at_bytes_ = 0;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<WriteJob*> queue_;
    State state_ = State::kOpen;
    bool asleep_ = false;
    std::thread thread_;
};

}  // namespace tenants::sqlite
