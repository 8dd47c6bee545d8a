#include "tenants/sqlite/sqlite_store.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>

#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "tenants/sqlite/audit_table.h"
#include "tenants/sqlite/authorization_directory.h"
#include "tenants/sqlite/authorization_seals.h"
#include "tenants/sqlite/authorization_tables.h"
#include "tenants/sqlite/connection.h"
#include "tenants/sqlite/failure.h"
#include "tenants/sqlite/instance_lock.h"
#include "tenants/sqlite/ledger_inspection.h"
#include "tenants/sqlite/ledger_tables.h"
#include "tenants/sqlite/merchant_directory.h"
#include "tenants/sqlite/merchant_tables.h"
#include "tenants/sqlite/migrator.h"
#include "tenants/sqlite/plan_tables.h"
#include "tenants/sqlite/reader_pool.h"
#include "tenants/sqlite/reconciliation_tables.h"
#include "tenants/sqlite/sqlite_audit_log.h"
#include "tenants/sqlite/sqlite_authorization_store.h"
#include "tenants/sqlite/sqlite_ledger_scan.h"
#include "tenants/sqlite/sqlite_merchant_store.h"
#include "tenants/sqlite/sqlite_plan_store.h"
#include "tenants/sqlite/sqlite_reconciliation_store.h"
#include "tenants/sqlite/sqlite_statement_store.h"
#include "tenants/sqlite/sqlite_upstream_days.h"
#include "tenants/sqlite/sqlite_usage_ledger.h"
#include "tenants/sqlite/statement_tables.h"
#include "tenants/sqlite/writer.h"

namespace tenants {
namespace {

using namespace sqlite;

SQLite::Database openMigrated(const std::filesystem::path& path, const SqliteSettings& settings, UtcTime now) {
    const std::span<const Migration> migrations = builtInMigrations();
    const int version = examineSchema(path, migrations, settings.vfs);
    prepareDatabaseFile(path);
    SQLite::Database database = openWriter(path, settings.vfs);
    if (static_cast<std::size_t>(version) < migrations.size()) {
        // The copy is looked at to its last page, and with it what is about to be migrated.
        if (version > 0) copyBeforeMigration(database, path, version + 1);
        migrate(database, migrations, version, now);
    }
    inspectBeforeStart(database, path);
    return database;
}

/// Whatever ends the trust in the file: the next start shall look at all of it.
std::function<void(std::string_view)> markedFatal(const std::filesystem::path& path, const SqliteSettings& settings) {
    return [path, fatal = settings.fatal](std::string_view reason) {
        markDamaged(path, reason);
        if (!fatal) std::abort();
        fatal(reason);
    };
}

WriterSettings writerSettings(const std::filesystem::path& path, const SqliteSettings& settings) {
    WriterSettings writer;
    writer.queue_jobs_max = settings.queue_changes_max;
    writer.batch_jobs_max = settings.group_changes_max;
    writer.batch_time_max = settings.group_time_max;
    writer.batch_interval_min = settings.group_interval_min;
    writer.probe_interval = settings.probe_interval;
    writer.checkpoint_bytes = settings.checkpoint_bytes;
    writer.truncate_bytes = settings.truncate_bytes;
    writer.fatal = markedFatal(path, settings);
    return writer;
}

constexpr const char* kStoreName = "tollgate";  // what ties a sealed value to this kind of store

/// What the store keeps for one third-party platform.
struct ComponentParts {
    ComponentParts(Writer& writer, AuditTable& audit, const KeyRing& keys, const AppId& component)
        : seals(keys, std::string{kStoreName} + "/" + component.text(), component),
          tables(writer.database(), seals),
          store(writer, tables, directory, seals, audit),
          reconciliation_tables(writer.database(), component),
          reconciliations(writer, reconciliation_tables, audit) {
        tables.load(directory);
    }
    ComponentParts(const ComponentParts&) = delete;
    ComponentParts& operator=(const ComponentParts&) = delete;
    ~ComponentParts() = default;

    AuthorizationDirectory directory;
    AuthorizationSeals seals;
    AuthorizationTables tables;
    SqliteAuthorizationStore store;
    ReconciliationTables reconciliation_tables;
    SqliteReconciliationStore reconciliations;
};

}  // namespace

/// In the order in which they are made; taken down in the opposite one.
struct SqliteStore::Parts {
    Parts(const std::filesystem::path& path, const KeyRing& keys, const std::vector<AppId>& served, const Clock& clock,
          const SqliteSettings& settings)
        : lock(path),
          writer(openMigrated(path, settings, clock.now()), readers, clock, writerSettings(path, settings)),
          readers(path, settings.vfs, settings.readers, clock),
          audit_table(writer.database()),
          ledger_tables(writer.database(), audit_table, keys, kStoreName),
          merchant_tables(writer.database(), ledger_tables.quotas()),
          plan_tables(writer.database(), ledger_tables.quotas()),
          statement_tables(writer.database(), ledger_tables.heads()),
          ledger(writer, ledger_tables, readers, keys, kStoreName),
          audit(writer, audit_table, readers),
          merchants(writer, merchant_tables, merchant_directory, audit_table),
          plans(writer, plan_tables, plan_directory, readers, audit_table),
          ledger_scan(readers),
          statements(writer, statement_tables, readers, audit_table),
          upstream_days(writer, ledger_tables, readers),
          inspection(readers, clock, markedFatal(path, settings)) {
        merchant_tables.adopt(served.at(0));
        merchant_tables.load(merchant_directory);
        plan_tables.load(plan_directory);
        for (const AppId& component : served) {
            components.emplace(component, std::make_unique<ComponentParts>(writer, audit_table, keys, component));
        }
        refuseMerchantsOfOthers(path);
        ledger_tables.quotas().tell({[this](const MerchantTerms& terms) {
                                         merchant_directory.putUpstreamQuota(terms.merchant, terms.upstream_day_free,
                                                                             terms.upstream_pack_units);
                                     },
                                     settings.on_quota_warning});
        writer.join(ledger_tables);
        writer.start();
        inspection.start();
    }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;
    ~Parts() { writer.stop(); }

    /// Started without their platform, their scans would fail and its pushes be refused without a word.
    void refuseMerchantsOfOthers(const std::filesystem::path& path) const {
        for (const auto& merchant : merchant_directory.list(MerchantId{}, std::numeric_limits<std::size_t>::max())) {
            if (components.contains(merchant->component)) continue;
            throw DatabaseRefused("database " + path.string() + " has merchants of the component platform " +
                                  merchant->component.text() + ", which is not configured");
        }
    }

    InstanceLock lock;
    Writer writer;       // closes the file last, and so takes the log away with it
    ReaderPool readers;  // the writer looks at it only once it is started
    MerchantDirectory merchant_directory;
    PlanDirectory plan_directory;
    AuditTable audit_table;
    LedgerTables ledger_tables;
    MerchantTables merchant_tables;
    PlanTables plan_tables;
    StatementTables statement_tables;
    SqliteUsageLedger ledger;
    SqliteAuditLog audit;
    SqliteMerchantStore merchants;
    SqlitePlanStore plans;
    SqliteLedgerScan ledger_scan;
    SqliteStatementStore statements;
    SqliteUpstreamDays upstream_days;
    std::map<AppId, std::unique_ptr<ComponentParts>> components;
    LedgerInspection inspection;
};

std::unique_ptr<SqliteStore> SqliteStore::open(const std::filesystem::path& path, const KeyRing& keys,
                                               const std::vector<AppId>& components, const Clock& clock,
                                               SqliteSettings settings) {
    try {
        return std::unique_ptr<SqliteStore>{
            new SqliteStore{std::make_unique<Parts>(path, keys, components, clock, settings)}};
    } catch (const SQLite::Exception& failure) {
        throw DatabaseRefused("database " + path.string() + " cannot be opened: " + failure.what());
    }
}

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SqliteStore::~SqliteStore() = default;

MerchantStore& SqliteStore::merchants() noexcept {
    return parts_->merchants;
}
AuthorizationStore& SqliteStore::authorizations(const AppId& component) {
    return parts_->components.at(component)->store;
}
AuditLog& SqliteStore::audit() noexcept {
    return parts_->audit;
}
UsageLedger& SqliteStore::ledger() noexcept {
    return parts_->ledger;
}
PlanStore& SqliteStore::plans() noexcept {
    return parts_->plans;
}
ReconciliationStore& SqliteStore::reconciliations(const AppId& component) {
    return parts_->components.at(component)->reconciliations;
}
StatementStore& SqliteStore::statements() noexcept {
    return parts_->statements;
}
UpstreamDays& SqliteStore::upstreamDays() noexcept {
    return parts_->upstream_days;
}
const LedgerScan& SqliteStore::ledgerScan() const noexcept {
    return parts_->ledger_scan;
}
SqliteStore::Inspection SqliteStore::inspection() const {
    switch (parts_->inspection.progress()) {
        case LedgerInspection::Progress::kRunning: return Inspection::kRunning;
        case LedgerInspection::Progress::kSound: return Inspection::kSound;
        case LedgerInspection::Progress::kDamaged: break;
    }
    return Inspection::kDamaged;
}
bool SqliteStore::ready() const {
    return parts_->writer.ready();
}

}  // namespace tenants
