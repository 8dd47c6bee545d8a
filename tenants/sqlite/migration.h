#pragma once

#include <span>
#include <string_view>

namespace tenants::sqlite {

/// One step of the schema: forward only, never edited once released.
struct Migration {
    int number;             // 1, 2, 3 …: the user_version of a database that has been through it
    std::string_view name;  // NNNN_purpose
    std::string_view text;  // SQL
};

/// All of `migrations/`, compiled in, in order of number.
std::span<const Migration> builtInMigrations();

}  // namespace tenants::sqlite
