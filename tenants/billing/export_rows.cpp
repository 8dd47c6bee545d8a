#include "tenants/billing/export_rows.h"

#include <utility>

namespace tenants {
namespace {

constexpr int kEntriesAtOnce = 4'096;

}  // namespace

ExportRows::ExportRows(const LedgerScan& scan, const PlanTermsSource& plans, const StatedAccounts& accounts,
                       ExportScope scope, ExportFormatName format, std::optional<std::int64_t> through)
    : accounts_(accounts),
      scope_(std::move(scope)),
      entries_(scan.open(rangeOf(scope_, through)), plans),
      format_(makeExportFormat(format, accounts)) {}

/// A range of entries is read from the merchant's first on, because its prices depend on what was before.
LedgerRange ExportRows::rangeOf(const ExportScope& scope, std::optional<std::int64_t> through) {
    const Period first = scope.period.value_or(*Period::ofNumber(197'001));
    const Period last = scope.period.value_or(*Period::ofNumber(999'912));
    return {first, last, scope.merchant, EntryDetail::kAll, through};
}

bool ExportRows::wanted(const UsageEntry& entry) const {
    return entry.number >= scope_.first_number.value_or(1) && entry.number <= scope_.last_number.value_or(INT64_MAX);
}

bool ExportRows::next(ExportText& out, std::int64_t rows_max) {
    switch (stage_) {
        case Stage::kEntries: addEntries(out, rows_max); return true;
        case Stage::kCharges:
            if (scope_.period) addCharges(out);
            stage_ = Stage::kRest;
            return true;
        case Stage::kRest:
            if (!format_->drain(out)) stage_ = Stage::kDone;
            return true;
        case Stage::kDone: return false;
    }
    return false;
}

void ExportRows::addEntries(ExportText& out, std::int64_t rows_max) {
    const std::int64_t rows_end = out.rows + rows_max;
    for (int taken = 0; taken < kEntriesAtOnce && out.rows < rows_end; ++taken) {
        const PricedEntry* const priced = entries_.next();
        if (priced == nullptr) {
            stage_ = Stage::kCharges;
            return;
        }
        const UsageEntry& entry = priced->entry;
        if (!wanted(entry)) continue;
        format_->entry(*priced, out);
        if (latest_ == ledgers_.end() || latest_->first != entry.merchant) {
            latest_ = ledgers_.try_emplace(entry.merchant).first;
        }
        ExportedLedger& ledger = latest_->second;
        if (ledger.entries++ == 0) ledger.first_number = entry.number;
        ledger.last_number = entry.number;
        ledger.billed = ledger.billed.plus(priced->price.amount);
        ledger.chain_hash = entry.hash;
    }
}

void ExportRows::addCharges(ExportText& out) {
    for (const Statement& statement : accounts_.statements()) {
        for (const StatementLine& line : statement.lines) {
            if (!isOwnCharge(line.kind)) continue;
            format_->charge(statement, line, out);
            ExportedLedger& ledger = ledgers_[statement.merchant];
            ledger.billed = ledger.billed.plus(line.amount);
        }
    }
}

}  // namespace tenants
