#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tenants/authorization/authorization_store.h"
#include "tenants/authorization/reconciliation_report.h"
#include "tenants/base/audit.h"
#include "tenants/base/clock.h"
#include "tenants/base/key_ring.h"
#include "tenants/billing/ledger_scan.h"
#include "tenants/billing/plan_store.h"
#include "tenants/billing/statement_store.h"
#include "tenants/merchant/merchant_store.h"
#include "tenants/usage/quota_warning.h"
#include "tenants/usage/upstream_days.h"
#include "tenants/usage/usage_ledger.h"

namespace tenants {

struct SqliteSettings {
    std::size_t queue_changes_max = 4096;               // that wait for the writer; more are refused
    std::size_t group_changes_max = 256;                // that commit together
    std::chrono::milliseconds group_time_max{2};        // that a group takes more in
    std::chrono::microseconds group_interval_min{250};  // between the beginnings of two groups
    std::chrono::milliseconds probe_interval{500};      // how often a full disk is tried again
    std::int64_t checkpoint_bytes = 4LL << 20;          // of write-ahead log
    std::int64_t truncate_bytes = 32LL << 20;
    std::size_t readers = 4;  // reads at the same time; more wait
    std::string vfs;          // SQLite's file system layer; empty: the usual one
    /// Called on the writer's thread, after the commit: must not throw or wait. None: nobody is warned.
    std::function<void(const QuotaWarning& warning)> on_quota_warning;
    /// Called, not on the caller's thread, where the outcome of a commit is unknown or the file is damaged: ends the process,
    /// so that a restart reconciles. Every change is refused from then on. None: abort.
    std::function<void(std::string_view reason)> fatal;
};

/// The storage ports in one SQLite file, by one writer thread with group commit (docs/storage.md). Changes resume
/// on the executor that awaits them, or on the writer's thread where there is none: code that runs without an executor
/// must not block there and not destroy the store.
class SqliteStore {
public:
    /// Takes the instance lock, checks and migrates the file, makes it where there is none, opens every stored secret
    /// and starts the writer. `keys`, `clock` and what `settings` refers to must outlive the store.
    /// `components`: the third-party platforms that this installation serves, at least one; the first takes over the
    /// merchants of a file that knew one platform only.
    /// Throws std::runtime_error, with the file's name, where the file is in use, foreign, newer than this program,
    /// altered or damaged (it is left as it is then) or has merchants of a platform that is not among `components`;
    /// SealBroken where a secret does not open.
    static std::unique_ptr<SqliteStore> open(const std::filesystem::path& path, const KeyRing& keys,
                                             const std::vector<AppId>& components, const Clock& clock,
                                             SqliteSettings settings);
    SqliteStore(const SqliteStore&) = delete;
    SqliteStore& operator=(const SqliteStore&) = delete;
    /// Commits what waits, writes the log back into the file and gives up the lock.
    ~SqliteStore();

    MerchantStore& merchants() noexcept;
    /// Of one of the platforms that the store was opened for; throws std::out_of_range for any other.
    AuthorizationStore& authorizations(const AppId& component);
    UsageLedger& ledger() noexcept;
    AuditLog& audit() noexcept;
    PlanStore& plans() noexcept;
    ReconciliationStore& reconciliations(const AppId& component);
    StatementStore& statements() noexcept;
    UpstreamDays& upstreamDays() noexcept;
    const LedgerScan& ledgerScan() const noexcept;

    /// How far the look at every row of the ledger is that begins with each start; damage also calls `fatal`. Any thread.
    enum class Inspection { kRunning, kSound, kDamaged };
    Inspection inspection() const;

    /// Whether changes can be taken: false after a failure, true again once a full disk has room. Any thread.
    bool ready() const;

private:
    struct Parts;
    explicit SqliteStore(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace tenants
