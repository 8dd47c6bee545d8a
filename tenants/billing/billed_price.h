#pragma once

#include <optional>

#include "tenants/billing/ledger_scan.h"
#include "tenants/billing/pricing.h"

namespace tenants {

/// What the entry with this number was, or will be, billed at in its period, as the statement prices it. Empty where the
/// merchant has no such entry in the period. Reads the merchant's period up to the entry: blocks.
std::optional<EntryPrice> billedPrice(const LedgerScan& scan, const PlanTermsSource& plans, const MerchantId& merchant,
                                      Period period, std::int64_t number);

}  // namespace tenants
