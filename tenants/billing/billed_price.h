#pragma once

#include <optional>

#include "tenants/billing/ledger_scan.h"
#include "tenants/billing/pricing.h"
#include "tenants/billing/statement_store.h"
#include "tenants/usage/usage_ledger.h"

namespace tenants {

/// What the entry with this number was, or will be, billed at in its period, as the statement prices it. Empty where the
/// merchant has no such entry in the period. Reads the merchant's period up to the entry: blocks.
std::optional<EntryPrice> billedPrice(const LedgerScan& scan, const PlanTermsSource& plans, const MerchantId& merchant,
                                      Period period, std::int64_t number);

/// What the books are read from to price one entry again.
struct BilledPriceSource {
    const UsageLedger& ledger;
    const StatementStore& statements;
    const LedgerScan& scan;
    const PlanTermsSource& plans;
};

/// The unit price at which a merchant's entry was billed, where its period is closed: what a correction of it takes back.
/// Empty where there is no such entry or its period is open. Blocks.
std::optional<Money> closedPrice(const BilledPriceSource& source, const MerchantId& merchant, std::int64_t number);

}  // namespace tenants
