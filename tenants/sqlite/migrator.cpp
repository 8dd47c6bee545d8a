#include "tenants/sqlite/migrator.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Transaction.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>

#include "tenants/sqlite/audit_hash_function.h"
#include "tenants/sqlite/connection.h"
#include "tenants/sqlite/failure.h"
#include "tenants/sqlite/ledger_hash_function.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelectApplied = "SELECT sha256 FROM applied_migration WHERE number = :number";
constexpr const char* kInsertApplied =
    "INSERT INTO applied_migration (number, name, sha256, applied_ms) VALUES (:number, :name, :sha256, :applied)";

std::string sha256(std::string_view text) {
    std::array<unsigned char, 32> digest{};
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 failed");
    }
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& reason) {
    throw DatabaseRefused("database " + path.string() + " " + reason + "; it was left as it is");
}

void refuseChangedTexts(SQLite::Database& database, const std::filesystem::path& path,
                        std::span<const Migration> applied) {
    PreparedStatement select{database, kSelectApplied};
    for (const Migration& migration : applied) {
        Query row{select};
        row.bind(":number", static_cast<std::int64_t>(migration.number));
        if (!row.next() || row.blob(0) != sha256(migration.text)) {
            refuse(path, "went through another text of migration " + std::string{migration.name});
        }
    }
}

void syncFile(const std::filesystem::path& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const std::string reason = systemErrorText();
    if (descriptor >= 0) ::close(descriptor);
    if (!synced) throw DatabaseRefused("copy " + path.string() + " cannot be synced: " + reason);
}

}  // namespace

int examineSchema(const std::filesystem::path& path, std::span<const Migration> migrations, const std::string& vfs) {
    if (!std::filesystem::exists(path) || std::filesystem::file_size(path) == 0) return 0;
    try {
        SQLite::Database database = openReader(path, vfs);
        const int application = database.execAndGet("PRAGMA application_id").getInt();
        const int version = database.execAndGet("PRAGMA user_version").getInt();
        const int objects = database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt();
        if (application == 0 && version == 0 && objects == 0) return 0;
        if (application != kApplicationId) refuse(path, "is not a Tollgate database");
        if (version < 1) refuse(path, "names no schema version");
        if (static_cast<std::size_t>(version) > migrations.size()) {
            refuse(path, "has schema version " + std::to_string(version) + ", newer than this program's " +
                             std::to_string(migrations.size()));
        }
        refuseChangedTexts(database, path, migrations.first(static_cast<std::size_t>(version)));
        return version;
    } catch (const SQLite::Exception& failure) {
        refuse(path, std::string{"cannot be read: "} + failure.what());
    }
}

void migrate(SQLite::Database& database, std::span<const Migration> migrations, int from, UtcTime now) {
    const LedgerHashFunction ledger_hash{database};
    const AuditHashFunction audit_hash{database};
    for (const Migration& migration : migrations.subspan(static_cast<std::size_t>(from))) {
        SQLite::Transaction transaction{database, SQLite::TransactionBehavior::IMMEDIATE};
        database.exec(std::string{migration.text});
        PreparedStatement insert{database, kInsertApplied};
        const std::string name{migration.name};
        const std::string digest = sha256(migration.text);
        Query{insert}
            .bind(":number", static_cast<std::int64_t>(migration.number))
            .bind(":name", name)
            .bindBlob(":sha256", std::string_view{digest})
            .bind(":applied", now)
            .run();
        database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
        database.exec("PRAGMA user_version = " + std::to_string(migration.number));
        transaction.commit();
    }
}

void copyBeforeMigration(SQLite::Database& database, const std::filesystem::path& path, int next_migration) {
    const std::filesystem::path kept = path.string() + ".before-" + std::to_string(next_migration);
    const std::filesystem::path unfinished = kept.string() + ".unfinished";
    std::filesystem::remove(unfinished);
    prepareDatabaseFile(unfinished);
    {
        SQLite::Database copy{unfinished.string(), SQLite::OPEN_READWRITE};
        SQLite::Backup backup{copy, database};
        backup.executeStep();  // all pages in one step: the connection is the only writer
    }
    {
        SQLite::Database copy{unfinished.string(), SQLite::OPEN_READWRITE};
        // One file that stands alone: no side files that could be left behind.
        copy.exec("PRAGMA journal_mode=DELETE");
        const std::string verdict = copy.execAndGet("PRAGMA integrity_check(1)").getString();
        const int version = copy.execAndGet("PRAGMA user_version").getInt();
        if (verdict != "ok" || version != next_migration - 1) {
            throw DatabaseRefused("copy " + unfinished.string() + " is not sound: " + verdict);
        }
    }
    syncFile(unfinished, O_RDONLY);
    std::filesystem::rename(unfinished, kept);
    syncFile(kept.has_parent_path() ? kept.parent_path() : std::filesystem::path{"."}, O_RDONLY | O_DIRECTORY);
}

}  // namespace tenants::sqlite
