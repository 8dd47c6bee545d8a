# cmake -DFOLDER=<migrations> -DOUTPUT=<file.cpp> -P embed_migrations.cmake
# Writes a C++ source with the text of every NNNN_purpose.sql, in order of number, so that the program carries them.
file(GLOB migration_files ${FOLDER}/*.sql)
list(SORT migration_files)
set(rows "")
set(expected 1)
foreach(migration_file IN LISTS migration_files)
    cmake_path(GET migration_file STEM name)
    if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+$")
        message(FATAL_ERROR "${migration_file}: not named NNNN_purpose.sql")
    endif()
    string(REGEX REPLACE "^0+" "" number ${CMAKE_MATCH_1})
    if(NOT number EQUAL expected)
        message(FATAL_ERROR "${migration_file}: migration ${expected} is missing or there twice")
    endif()
    math(EXPR expected "${expected} + 1")
    file(READ ${migration_file} text)
    string(APPEND rows "    {${number}, \"${name}\", R\"migration(${text})migration\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
// Written by tenants/sqlite/embed_migrations.cmake from migrations/*.sql.
#include "tenants/sqlite/migration.h"

#include <array>

namespace tenants::sqlite {

std::span<const Migration> builtInMigrations() {
    static constexpr auto kMigrations = std::to_array<Migration>({
@rows@    });
    return kMigrations;
}

}  // namespace tenants::sqlite
]])
