#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tenants/billing/ledger_scan.h"
#include "tenants/billing/pricing.h"

namespace tenants {

struct PricedEntry {
    UsageEntry entry;
    EntryPrice price;
};

/// Entries with what each costs, in the cursor's order: the one source of every export's rows. Its cursor must begin where
/// the periods begin, because a price depends on the entries before. Memory grows with the merchants, not with entries.
class PricedEntries {
public:
    PricedEntries(std::unique_ptr<LedgerCursor> cursor, const PlanTermsSource& plans)
        : cursor_(std::move(cursor)), plans_(plans) {}

    /// The next entry, valid until the next call; null where there is none left.
    const PricedEntry* next();
    ScanProgress progress() const { return cursor_->progress(); }
    std::int64_t end() const { return cursor_->end(); }

private:
    struct Account {
        MerchantId merchant;
        Period period;
        bool operator==(const Account&) const = default;
    };
    struct AccountHash {
        std::size_t operator()(const Account& account) const noexcept {
            return std::hash<MerchantId>{}(account.merchant) ^ static_cast<std::size_t>(account.period.number());
        }
    };

    std::unique_ptr<LedgerCursor> cursor_;
    const PlanTermsSource& plans_;
    std::unordered_map<Account, Pricer, AccountHash> pricers_;
    std::vector<UsageEntry> batch_;
    std::size_t used_ = 0;
    PricedEntry current_;
};

}  // namespace tenants
