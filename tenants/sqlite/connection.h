#pragma once

#include <SQLiteCpp/Database.h>

#include <filesystem>
#include <string>

namespace tenants::sqlite {

/// Makes an empty file of mode 0600 where there is none, and takes rights of group and others from one that is there:
/// SQLite gives its side files the mode of the database. Only before anything of this process has the file open.
void prepareDatabaseFile(const std::filesystem::path& path);

/// The one read-write connection, in WAL with synchronous=FULL. Throws DatabaseRefused where a setting did not take.
/// `vfs`: SQLite's name of a file system layer, empty for the usual one.
SQLite::Database openWriter(const std::filesystem::path& path, const std::string& vfs);

/// An empty database of memory alone, under the settings that decide what migrations make of the schema.
SQLite::Database openScratch();

/// A connection that cannot write.
SQLite::Database openReader(const std::filesystem::path& path, const std::string& vfs);

}  // namespace tenants::sqlite
