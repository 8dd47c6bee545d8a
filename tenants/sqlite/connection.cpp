#include "tenants/sqlite/connection.h"

#include <SQLiteCpp/Column.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "tenants/sqlite/failure.h"

namespace tenants::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 2000;
// No connection is used by two threads at once, so SQLite need not take a mutex in every call.
constexpr int kUnlocked = SQLITE_OPEN_NOMUTEX;

constexpr const char* kWriterSettings =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864;"
    "PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
    "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA secure_delete=ON; PRAGMA cache_size=-65536";

constexpr const char* kReaderSettings =
    "PRAGMA query_only=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
    "PRAGMA cache_size=-8192";

/// Once, before anything of SQLite is used: it counts every allocation under a mutex otherwise, and nobody asks for the
/// counts.
void configureLibrary() {
    static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    static_cast<void>(configured);  // misuse where somebody used the library before: then it counts
}

void setDefences(SQLite::Database& database) {
    sqlite3* const handle = database.getHandle();
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    // Otherwise a mistyped column name in double quotes is a text.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
}

}  // namespace

void prepareDatabaseFile(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor >= 0) {
        ::close(descriptor);
    } else if (errno != EEXIST) {
        throw DatabaseRefused("database " + path.string() + " cannot be created: " + systemErrorText());
    } else if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
        throw DatabaseRefused("database " + path.string() + " cannot be made 0600: " + systemErrorText());
    }
}

SQLite::Database openWriter(const std::filesystem::path& path, const std::string& vfs) {
    configureLibrary();
    SQLite::Database database{path.string(), SQLite::OPEN_READWRITE | kUnlocked, kBusyTimeoutMs, vfs};
    setDefences(database);
    database.exec(kWriterSettings);
    if (database.execAndGet("PRAGMA journal_mode").getString() != "wal" ||
        database.execAndGet("PRAGMA synchronous").getInt() != 2 ||
        database.execAndGet("PRAGMA foreign_keys").getInt() != 1) {
        throw DatabaseRefused("database " + path.string() + " did not take its settings");
    }
    return database;
}

SQLite::Database openScratch() {
    configureLibrary();
    SQLite::Database database{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | kUnlocked};
    setDefences(database);
    database.exec("PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF");
    return database;
}

SQLite::Database openReader(const std::filesystem::path& path, const std::string& vfs) {
    configureLibrary();
    SQLite::Database database{path.string(), SQLite::OPEN_READONLY | kUnlocked, kBusyTimeoutMs, vfs};
    setDefences(database);
    database.exec(kReaderSettings);
    return database;
}

}  // namespace tenants::sqlite
