#pragma once

#include <SQLiteCpp/Database.h>

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tenants/base/clock.h"

namespace tenants::sqlite {

/// Read-only connections, each lent to one thread at a time. Safe from any thread; must outlive what it lent.
class ReaderPool {
public:
    /// One connection in a read transaction: everything it reads is of one commit. Ends, and goes back, with the scope.
    class Reader {
    public:
        Reader(Reader&&) = delete;
        Reader(const Reader&) = delete;
        Reader& operator=(const Reader&) = delete;
        Reader& operator=(Reader&&) = delete;
        ~Reader();
        SQLite::Database& database() noexcept { return *database_; }

    private:
        friend ReaderPool;
        Reader(ReaderPool& pool, std::unique_ptr<SQLite::Database> database);

        ReaderPool& pool_;
        std::unique_ptr<SQLite::Database> database_;
    };

    ReaderPool(const std::filesystem::path& path, const std::string& vfs, std::size_t connections, const Clock& clock);

    /// Waits until a connection is free. Throws SQLite::Exception where the database cannot be read.
    Reader read();

    /// Since when the oldest read transaction has been running; empty where there is none.
    std::optional<SteadyTime> oldestRead() const;

private:
    void giveBack(std::unique_ptr<SQLite::Database> database) noexcept;

    const Clock& clock_;
    mutable std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<SQLite::Database>> free_;
    std::map<const SQLite::Database*, SteadyTime> reading_;
};

}  // namespace tenants::sqlite
