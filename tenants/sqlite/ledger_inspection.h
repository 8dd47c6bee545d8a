#pragma once

#include <SQLiteCpp/Database.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "tenants/base/clock.h"
#include "tenants/sqlite/reader_pool.h"

namespace tenants::sqlite {

/// What has to be sound before anything more is written to a file of the newest schema: every table but the growing ones,
/// the ends of all chains, and the newest rows, which are those that a crash can have met. Where the last run left the mark
/// of damage, everything.
/// Throws DatabaseRefused naming `path` and what is wrong.
void inspectBeforeStart(SQLite::Database& database, const std::filesystem::path& path);

/// Makes the next start look at everything before it is ready. Any thread; failure is ignored, since it is called when
/// the process is about to end because of something worse.
void markDamaged(const std::filesystem::path& path, std::string_view reason) noexcept;

/// Reads the whole ledger once while the gateway works: every row of the growing tables, that each hold is found by its
/// index, that each entry follows the one before it. In portions, each a short read of its own, so that the log can be
/// cut in between; at the lowest priority and at most half of the time (docs/adr/0011).
class LedgerInspection {
public:
    enum class Progress { kRunning, kSound, kDamaged };

    /// `damaged` is called at most once, on the inspection's thread. All that is borrowed outlives this object.
    LedgerInspection(ReaderPool& readers, const Clock& clock, std::function<void(std::string_view reason)> damaged);
    LedgerInspection(const LedgerInspection&) = delete;
    LedgerInspection& operator=(const LedgerInspection&) = delete;
    ~LedgerInspection();  // ends after the portion in hand

    void start();
    Progress progress() const noexcept { return progress_.load(std::memory_order_acquire); }

private:
    void run();
    void inspectAll();
    bool pauseFor(std::chrono::steady_clock::duration time);

    ReaderPool& readers_;
    const Clock& clock_;
    const std::function<void(std::string_view reason)> damaged_;
    std::atomic<Progress> progress_{Progress::kRunning};
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tenants::sqlite
