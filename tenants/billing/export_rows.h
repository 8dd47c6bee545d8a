#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "tenants/billing/export_accounts.h"
#include "tenants/billing/export_format.h"
#include "tenants/billing/ledger_scan.h"

namespace tenants {

/// What of one merchant's ledger an export has taken.
struct ExportedLedger {
    std::int64_t first_number = 0;  // 0: no entry
    std::int64_t last_number = 0;
    std::int64_t entries = 0;
    Money billed;
    ChainHash chain_hash{};  // of the last of them
};

/// All rows of an export, as text of its format, portion by portion. What it borrows must outlive it. One thread.
class ExportRows {
public:
    /// `through`: the end of an earlier try that is gone on with.
    ExportRows(const LedgerScan& scan, const PlanTermsSource& plans, const StatedAccounts& accounts, ExportScope scope,
               ExportFormatName format, std::optional<std::int64_t> through);

    const ExportFormat& format() const noexcept { return *format_; }
    /// Appends rows until there are `rows_max` or a bit more, or some time has passed; false: nothing is left. The same
    /// calls give the same portions. Blocks on the disk.
    bool next(ExportText& out, std::int64_t rows_max);
    ScanProgress progress() const { return entries_.progress(); }
    std::int64_t end() const { return entries_.end(); }
    const std::map<MerchantId, ExportedLedger>& ledgers() const noexcept { return ledgers_; }

private:
    enum class Stage { kEntries, kCharges, kRest, kDone };

    static LedgerRange rangeOf(const ExportScope& scope, std::optional<std::int64_t> through);
    void addEntries(ExportText& out, std::int64_t rows_max);
    void addCharges(ExportText& out);
    bool wanted(const UsageEntry& entry) const;

    const StatedAccounts& accounts_;
    const ExportScope scope_;
    PricedEntries entries_;
    std::unique_ptr<ExportFormat> format_;
    Stage stage_ = Stage::kEntries;
    std::map<MerchantId, ExportedLedger> ledgers_;
    std::map<MerchantId, ExportedLedger>::iterator latest_ = ledgers_.end();
};

}  // namespace tenants
