#include "tenants/sqlite/reader_pool.h"

#include <algorithm>

#include "tenants/sqlite/connection.h"

namespace tenants::sqlite {

ReaderPool::Reader::Reader(ReaderPool& pool, std::unique_ptr<SQLite::Database> database)
    : pool_(pool), database_(std::move(database)) {
    if (database_->tryExec("BEGIN") == SQLite::OK) return;
    const SQLite::Exception failure{database_->getHandle()};
    pool_.giveBack(std::move(database_));
    throw failure;
}

ReaderPool::Reader::~Reader() {
    // A read transaction has nothing to lose: whether it ends by COMMIT or was ended by a failure is the same.
    static_cast<void>(database_->tryExec("COMMIT"));
    pool_.giveBack(std::move(database_));
}

ReaderPool::ReaderPool(const std::filesystem::path& path, const std::string& vfs, std::size_t connections,
                       const Clock& clock)
    : clock_(clock) {
    free_.reserve(connections);
    for (std::size_t opened = 0; opened < connections; ++opened) {
        free_.push_back(std::make_unique<SQLite::Database>(openReader(path, vfs)));
    }
}

ReaderPool::Reader ReaderPool::read() {
    std::unique_ptr<SQLite::Database> database;
    {
        std::unique_lock lock{mutex_};
        returned_.wait(lock, [this] { return !free_.empty(); });
        database = std::move(free_.back());
        free_.pop_back();
        reading_.emplace(database.get(), clock_.steady());
    }
    return Reader{*this, std::move(database)};
}

std::optional<SteadyTime> ReaderPool::oldestRead() const {
    const std::scoped_lock lock{mutex_};
    std::optional<SteadyTime> oldest;
    for (const auto& [database, since] : reading_) oldest = oldest ? std::min(*oldest, since) : since;
    return oldest;
}

void ReaderPool::giveBack(std::unique_ptr<SQLite::Database> database) noexcept {
    {
        const std::scoped_lock lock{mutex_};
        reading_.erase(database.get());
        free_.push_back(std::move(database));  // reserved: cannot fail
    }
    returned_.notify_one();
}

}  // namespace tenants::sqlite
