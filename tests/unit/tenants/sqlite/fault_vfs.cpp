#include "tests/unit/tenants/sqlite/fault_vfs.h"

#include <sqlite3.h>

#include <map>
#include <mutex>
#include <stdexcept>

namespace test_support {
namespace {

sqlite3_vfs* usual = nullptr;
decltype(sqlite3_io_methods::xWrite) usual_write = nullptr;
decltype(sqlite3_io_methods::xSync) usual_sync = nullptr;

int writeOrFail(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    const int fault = FaultVfs::instance().writeFault();
    return fault != SQLITE_OK ? fault : usual_write(file, bytes, count, offset);
}

int syncOrFail(sqlite3_file* file, int flags) {
    const int fault = FaultVfs::instance().countSync();
    return fault != SQLITE_OK ? fault : usual_sync(file, flags);
}

/// The usual layer has a table of methods for the database and one for files without locks, such as the log.
const sqlite3_io_methods* withFaults(const sqlite3_io_methods* methods) {
    static std::mutex mutex;
    static std::map<const sqlite3_io_methods*, sqlite3_io_methods> faulty;
    const std::scoped_lock lock{mutex};
    const auto [place, is_new] = faulty.try_emplace(methods, *methods);
    if (is_new) {
        usual_write = methods->xWrite;
        usual_sync = methods->xSync;
        place->second.xWrite = &writeOrFail;
        place->second.xSync = &syncOrFail;
    }
    return &place->second;
}

int openWithFaults(sqlite3_vfs* /*self*/, const char* name, sqlite3_file* file, int flags, int* flags_out) {
    const int verdict = usual->xOpen(usual, name, file, flags, flags_out);
    if (verdict == SQLITE_OK) file->pMethods = withFaults(file->pMethods);
    return verdict;
}

}  // namespace

FaultVfs& FaultVfs::instance() {
    static FaultVfs vfs;
    return vfs;
}

FaultVfs::FaultVfs() {
    static sqlite3_vfs registered;
    usual = sqlite3_vfs_find(nullptr);
    if (usual == nullptr) throw std::runtime_error("SQLite has no file system layer");
    registered = *usual;
    registered.zName = kName;
    registered.xOpen = &openWithFaults;
    if (sqlite3_vfs_register(&registered, 0) != SQLITE_OK) throw std::runtime_error("cannot register a VFS");
}

void FaultVfs::reset() noexcept {
    write_fault_ = SQLITE_OK;
    sync_fault_ = SQLITE_OK;
    syncs_ = 0;
}

}  // namespace test_support
