#include "tenants/sqlite/ledger_inspection.h"

#include <SQLiteCpp/Column.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <vector>

#include "tenants/sqlite/failure.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr std::int64_t kRowsAtOnce = 2048;
constexpr std::int64_t kNewestRows = 4096;
constexpr int kLowestPriority = 19;
constexpr std::chrono::seconds kRetryPause{1};

/// A growing table. `select` reads the rows above :after, at most :count of them, to their last column, and tells the
/// last row and how many contradict their neighbours.
struct GrowingTable {
    std::string_view name;
    const char* newest;
    const char* select;
};

constexpr std::array<GrowingTable, 4> kGrowingTables{{
    {"hold", "SELECT max(row) FROM hold",
     "SELECT max(row), sum((state = 'settled') <> (outcome IS NOT NULL) OR changed_ms IS NULL OR row IS NOT"
     " (SELECT found.row FROM hold AS found WHERE found.request_id = portion.request_id"
     "  AND found.merchant_row = portion.merchant_row)) "
     "FROM (SELECT * FROM hold WHERE row > :after ORDER BY row LIMIT :count) AS portion"},
    {"usage_entry", "SELECT max(row) FROM usage_entry",
     "SELECT max(row), sum(length(hash) <> 32 OR number - 1 IS NOT coalesce("
     " (SELECT before.number FROM usage_entry AS before WHERE before.row = portion.previous_row"
     "  AND before.merchant_row = portion.merchant_row), 0)) "
     "FROM (SELECT * FROM usage_entry WHERE row > :after ORDER BY row LIMIT :count) AS portion"},
    {"quota_window", "SELECT max(row) FROM quota_window",
     "SELECT max(row), sum(used < 0 OR unknown < 0 OR held < unknown OR row IS NOT"
     " (SELECT found.row FROM quota_window AS found WHERE found.merchant_row = portion.merchant_row"
     "  AND found.policy = portion.policy AND found.starts_ms = portion.starts_ms)) "
     "FROM (SELECT * FROM quota_window WHERE row > :after ORDER BY row LIMIT :count) AS portion"},
    {"kept_reply", "SELECT max(hold_row) FROM kept_reply",
     "SELECT max(hold_row), sum(expires_ms IS NULL OR length(sealed_body) = 0) "
     "FROM (SELECT * FROM kept_reply WHERE hold_row > :after ORDER BY hold_row LIMIT :count)"},
}};

constexpr const char* kSelectOtherTables =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
// A head names the last entry of its merchant, and no entry is newer than all of them.
constexpr const char* kCountWrongHeads =
    "SELECT (SELECT count(*) FROM ledger_head AS head LEFT JOIN usage_entry AS entry ON entry.row = head.last_entry_row"
    " WHERE head.last_number > 0 AND (entry.number IS NOT head.last_number OR"
    " entry.merchant_row IS NOT head.merchant_row))"
    " + ((SELECT coalesce(max(row), 0) FROM usage_entry) > (SELECT coalesce(max(last_entry_row), 0) FROM ledger_head))";

std::filesystem::path markOf(const std::filesystem::path& database) {
    return database.string() + ".damaged";
}

/// What one look at a table found wrong; empty: nothing.
std::string inspectTable(SQLite::Database& database, const std::string& table) {
    const std::string verdict = database.execAndGet("PRAGMA quick_check('" + table + "')").getString();
    return verdict == "ok" ? std::string{} : table + ": " + verdict;
}

/// Moves `after` behind the portion. Throws std::runtime_error where rows of it contradict each other.
bool inspectPortion(SQLite::Database& database, const GrowingTable& table, std::int64_t& after, std::int64_t count) {
    PreparedStatement select{database, table.select};
    Query row{select};
    row.bind(":after", after).bind(":count", count);
    if (!row.next() || row.isNull(0)) return false;
    if (const std::int64_t wrong = row.number(1); wrong > 0) {
        throw std::runtime_error(std::string{table.name} + ": " + std::to_string(wrong) + " rows behind row " +
                                 std::to_string(after) + " contradict others");
    }
    after = row.number(0);
    return true;
}

void inspectNewest(SQLite::Database& database) {
    for (const GrowingTable& table : kGrowingTables) {
        std::int64_t after = std::max<std::int64_t>(0, database.execAndGet(table.newest).getInt64() - kNewestRows);
        while (inspectPortion(database, table, after, kRowsAtOnce)) {
        }
    }
    if (const int wrong = database.execAndGet(kCountWrongHeads).getInt(); wrong > 0) {
        throw std::runtime_error("ledger_head: " + std::to_string(wrong) + " do not end their chains");
    }
}

bool isGrowing(std::string_view table) {
    return std::ranges::find(kGrowingTables, table, &GrowingTable::name) != kGrowingTables.end();
}

std::vector<std::string> allTables(SQLite::Database& database) {
    std::vector<std::string> tables;
    PreparedStatement select{database, kSelectOtherTables};
    Query row{select};
    while (row.next()) tables.push_back(row.text(0));
    return tables;
}

}  // namespace

void inspectBeforeStart(SQLite::Database& database, const std::filesystem::path& path) {
    const bool marked = std::filesystem::exists(markOf(path));
    const auto refuse = [&path](const std::string& reason) {
        throw DatabaseRefused("database " + path.string() + " is damaged: " + reason);
    };
    try {
        for (const std::string& table : allTables(database)) {
            if (isGrowing(table) && !marked) continue;
            if (const std::string reason = inspectTable(database, table); !reason.empty()) refuse(reason);
        }
        inspectNewest(database);
    } catch (const SQLite::Exception& failure) {
        refuse(failure.what());
    } catch (const DatabaseRefused&) {
        throw;
    } catch (const std::runtime_error& contradiction) {
        refuse(contradiction.what());
    }
    if (marked) std::filesystem::remove(markOf(path));
}

void markDamaged(const std::filesystem::path& path, std::string_view reason) noexcept {
    try {
        const int descriptor =
            ::open(markOf(path).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (descriptor < 0) return;
        static_cast<void>(::write(descriptor, reason.data(), reason.size()) == 0);
        ::fsync(descriptor);
        ::close(descriptor);
    } catch (...) {
        return;
    }
}

LedgerInspection::LedgerInspection(ReaderPool& readers, const Clock& clock,
                                   std::function<void(std::string_view reason)> damaged)
    : readers_(readers), clock_(clock), damaged_(std::move(damaged)) {}

LedgerInspection::~LedgerInspection() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void LedgerInspection::start() {
    thread_ = std::thread{[this] { run(); }};
}

void LedgerInspection::run() {
    ::pthread_setname_np(::pthread_self(), "inspection");
    // Of this thread alone, as Linux has it.
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLowestPriority));
    while (true) {
        std::string reason;
        try {
            inspectAll();
            return;
        } catch (const SQLite::Exception& failure) {
            if (failureOf(failure) == Failure::kFatal) reason = failure.what();
        } catch (const std::runtime_error& contradiction) {
            reason = contradiction.what();
        }
        if (!reason.empty()) {
            progress_.store(Progress::kDamaged, std::memory_order_release);
            return damaged_("damaged: " + reason);
        }
        if (!pauseFor(kRetryPause)) return;  // no memory, or the file was locked: nothing is known of the rows yet
    }
}

void LedgerInspection::inspectAll() {
    for (const GrowingTable& table : kGrowingTables) {
        std::int64_t after = 0;
        std::int64_t newest = 0;
        {
            ReaderPool::Reader reader = readers_.read();
            newest = reader.database().execAndGet(table.newest).getInt64();
        }
        for (bool more = true; more && after < newest;) {
            const SteadyTime began = clock_.steady();
            {
                ReaderPool::Reader reader = readers_.read();
                more = inspectPortion(reader.database(), table, after, kRowsAtOnce);
            }
            if (!pauseFor(clock_.steady() - began)) return;
        }
    }
    progress_.store(Progress::kSound, std::memory_order_release);
}

/// False where the inspection shall end.
bool LedgerInspection::pauseFor(std::chrono::steady_clock::duration time) {
    std::unique_lock lock{mutex_};
    return !changed_.wait_for(lock, time, [this] { return stopping_; });
}

}  // namespace tenants::sqlite
