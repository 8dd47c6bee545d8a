#pragma once

#include <SQLiteCpp/Exception.h>

#include <string>
#include <string_view>

#include "tenants/base/error.h"
#include "tenants/sqlite/database_refused.h"

namespace tenants::sqlite {

/// What a failed statement means for the store.
enum class Failure {
    kItem,         // this change alone: a constraint that should have held, a field that does not open
    kUnavailable,  // nothing was written and nothing can be for now: disk full, file locked by others, no memory
    kFatal,        // what the file holds is no longer known: failed reads, writes and syncs, damaged pages
};
Failure failureOf(const SQLite::Exception& failure) noexcept;

/// The one error of every change that the store cannot take now.
Error storeUnavailable(std::string_view for_log);

/// The errno of now, in words.
std::string systemErrorText();

}  // namespace tenants::sqlite
