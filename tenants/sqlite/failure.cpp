#include "tenants/sqlite/failure.h"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>

namespace tenants::sqlite {

Failure failureOf(const SQLite::Exception& failure) noexcept {
    switch (failure.getErrorCode() & 0xFF) {
        case SQLITE_FULL:
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_NOMEM: return Failure::kUnavailable;
        case SQLITE_IOERR:
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL:
        case SQLITE_READONLY: return Failure::kFatal;
        default: return Failure::kItem;
    }
}

Error storeUnavailable(std::string_view for_log) {
    return Error{ErrorCode::kStoreUnavailable, "The ledger cannot be written at the moment.", std::string{for_log}};
}

std::string systemErrorText() {
    return std::generic_category().message(errno);
}

}  // namespace tenants::sqlite
