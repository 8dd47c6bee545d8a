#include "tenants/sqlite/sqlite_store.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>

#include <utility>

#include "tenants/sqlite/authorization_directory.h"
#include "tenants/sqlite/authorization_seals.h"
#include "tenants/sqlite/authorization_tables.h"
#include "tenants/sqlite/connection.h"
#include "tenants/sqlite/failure.h"
#include "tenants/sqlite/instance_lock.h"
#include "tenants/sqlite/ledger_tables.h"
#include "tenants/sqlite/merchant_directory.h"
#include "tenants/sqlite/merchant_tables.h"
#include "tenants/sqlite/migrator.h"
#include "tenants/sqlite/reader_pool.h"
#include "tenants/sqlite/reconciliation_tables.h"
#include "tenants/sqlite/sqlite_authorization_store.h"
#include "tenants/sqlite/sqlite_merchant_store.h"
#include "tenants/sqlite/sqlite_reconciliation_store.h"
#include "tenants/sqlite/sqlite_usage_ledger.h"
#include "tenants/sqlite/writer.h"

namespace tenants {
namespace {

using namespace sqlite;

SQLite::Database openMigrated(const std::filesystem::path& path, const SqliteSettings& settings, UtcTime now) {
    const std::span<const Migration> migrations = builtInMigrations();
    const int version = examineSchema(path, migrations, settings.vfs);
    prepareDatabaseFile(path);
    SQLite::Database database = openWriter(path, settings.vfs);
    if (const std::string verdict = database.execAndGet("PRAGMA quick_check(1)").getString(); verdict != "ok") {
        throw DatabaseRefused("database " + path.string() + " is damaged: " + verdict);
    }
    if (static_cast<std::size_t>(version) < migrations.size()) {
        if (version > 0) copyBeforeMigration(database, path, version + 1);
        migrate(database, migrations, version, now);
    }
    return database;
}

WriterSettings writerSettings(const SqliteSettings& settings) {
    WriterSettings writer;
    writer.queue_jobs_max = settings.queue_changes_max;
    writer.batch_jobs_max = settings.group_changes_max;
    writer.batch_time_max = settings.group_time_max;
    writer.probe_interval = settings.probe_interval;
    writer.checkpoint_bytes = settings.checkpoint_bytes;
    writer.truncate_bytes = settings.truncate_bytes;
    writer.fatal = settings.fatal;
    return writer;
}

}  // namespace

/// In the order in which they are made; taken down in the opposite one.
struct SqliteStore::Parts {
    Parts(const std::filesystem::path& path, const KeyRing& keys, const AppId& component_appid, const Clock& clock,
          const SqliteSettings& settings)
        : lock(path),
          application("tollgate/" + component_appid.text()),
          writer(openMigrated(path, settings, clock.now()), readers, clock, writerSettings(settings)),
          readers(path, settings.vfs, settings.readers, clock),
          seals(keys, application, component_appid),
          ledger_tables(writer.database(), keys, application),
          merchant_tables(writer.database(), ledger_tables),
          authorization_tables(writer.database(), seals),
          ledger(writer, ledger_tables, readers, keys, application),
          merchants(writer, merchant_tables, merchant_directory),
          authorizations(writer, authorization_tables, authorization_directory, seals),
          reconciliation_tables(writer.database(), component_appid),
          reconciliations(writer, reconciliation_tables) {
        merchant_tables.load(merchant_directory);
        authorization_tables.load(authorization_directory);
        writer.join(ledger_tables);
        writer.start();
    }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;
    ~Parts() { writer.stop(); }

    InstanceLock lock;
    const std::string application;
    Writer writer;       // closes the file last, and so takes the log away with it
    ReaderPool readers;  // the writer looks at it only once it is started
    MerchantDirectory merchant_directory;
    AuthorizationDirectory authorization_directory;
    AuthorizationSeals seals;
    LedgerTables ledger_tables;
    MerchantTables merchant_tables;
    AuthorizationTables authorization_tables;
    SqliteUsageLedger ledger;
    SqliteMerchantStore merchants;
    SqliteAuthorizationStore authorizations;
    ReconciliationTables reconciliation_tables;
    SqliteReconciliationStore reconciliations;
};

std::unique_ptr<SqliteStore> SqliteStore::open(const std::filesystem::path& path, const KeyRing& keys,
                                               const AppId& component_appid, const Clock& clock,
                                               SqliteSettings settings) {
    try {
        return std::unique_ptr<SqliteStore>{
            new SqliteStore{std::make_unique<Parts>(path, keys, component_appid, clock, settings)}};
    } catch (const SQLite::Exception& failure) {
        throw DatabaseRefused("database " + path.string() + " cannot be opened: " + failure.what());
    }
}

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SqliteStore::~SqliteStore() = default;

MerchantStore& SqliteStore::merchants() noexcept {
    return parts_->merchants;
}
AuthorizationStore& SqliteStore::authorizations() noexcept {
    return parts_->authorizations;
}
UsageLedger& SqliteStore::ledger() noexcept {
    return parts_->ledger;
}
ReconciliationStore& SqliteStore::reconciliations() noexcept {
    return parts_->reconciliations;
}
bool SqliteStore::ready() const {
    return parts_->writer.ready();
}

}  // namespace tenants
