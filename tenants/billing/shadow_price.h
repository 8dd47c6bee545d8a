#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tenants/base/result.h"
#include "tenants/billing/ledger_scan.h"
#include "tenants/billing/statement_store.h"

namespace tenants {

/// What one merchant's period costs, and what it would have cost under another plan version.
struct ShadowPrice {
    MerchantId merchant;
    std::int64_t entries = 0;
    Money payable;  // of the statement; of an open period what its entries come to, without minimum and packs sold
    Money shadow_payable;  // rounded like a statement's
};

struct ShadowSource {
    const LedgerScan& scan;
    const PlanTermsSource& plans;
    const StatementStore& statements;
};

/// Prices a period's entries again as if `version` had been in force all the time: its tiers, included units and minimum.
/// Units that a pack paid for and corrections of closed periods stay what they are, and so do packs sold. Of every
/// merchant that has entries or a statement of the period, or of one. kNotFound: no such version. Blocks; nothing is changed.
Result<std::vector<ShadowPrice>> shadowPrices(const ShadowSource& source, Period period, const PlanVersionId& version,
                                              const std::optional<MerchantId>& only);

/// From its text, `std@7`; empty for anything else.
std::optional<PlanVersionId> planVersionFromText(std::string_view text);

}  // namespace tenants
