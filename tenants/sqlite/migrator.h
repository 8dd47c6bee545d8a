#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "tenants/base/clock.h"
#include "tenants/sqlite/migration.h"

namespace SQLite {
class Database;
}

namespace tenants::sqlite {

/// Says in the header of the file whose it is.
inline constexpr int kApplicationId = 0x546F6C6C;  // "Toll"

/// Looks at an existing file without changing a byte of it. Throws DatabaseRefused where it is no database, not ours,
/// newer than `migrations`, or has been through a migration whose text has changed since. Gives the number of the last
/// migration that it has been through, 0 for an empty file.
int examineSchema(const std::filesystem::path& path, std::span<const Migration> migrations, const std::string& vfs);

/// Applies, on the writer's connection, every migration after number `from`, each in a transaction of its own together
/// with its record. A failure leaves the database at the last whole migration, and throws.
void migrate(SQLite::Database& database, std::span<const Migration> migrations, int from, UtcTime now);

/// Copies the database to `<path>.before-<next migration>` with SQLite's backup, verifies the copy, and makes it
/// durable. Throws where any of that fails: then nothing must be migrated.
void copyBeforeMigration(SQLite::Database& database, const std::filesystem::path& path, int next_migration);

}  // namespace tenants::sqlite
