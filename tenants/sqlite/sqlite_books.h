#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "tenants/base/clock.h"
#include "tenants/billing/ledger_scan.h"
#include "tenants/billing/pricing.h"
#include "tenants/billing/statement_store.h"
#include "tenants/usage/upstream_days.h"

namespace tenants {

/// The books of a database for a program that only reads: whether a gateway runs on it or not, it is not disturbed.
class SqliteBooks {
public:
    /// Throws std::runtime_error with the file's name where it cannot be read or has another version's schema: a
    /// command that only reads does not migrate.
    static std::unique_ptr<SqliteBooks> open(const std::filesystem::path& path, const Clock& clock);
    ~SqliteBooks();
    SqliteBooks(const SqliteBooks&) = delete;
    SqliteBooks& operator=(const SqliteBooks&) = delete;

    const LedgerScan& ledgerScan() const noexcept;
    const PlanTermsSource& plans() const noexcept;
    /// Its changes end with kStoreUnavailable.
    const StatementStore& statements() const noexcept;
    /// Likewise.
    const UpstreamDays& upstreamDays() const noexcept;
    /// Of all merchants, by id.
    std::map<MerchantId, std::string> merchantNames() const;

private:
    struct Parts;
    explicit SqliteBooks(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace tenants
