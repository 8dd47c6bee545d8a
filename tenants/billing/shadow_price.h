#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tenants/base/result.h"
#include "tenants/billing/ledger_scan.h"
#include "tenants/billing/statement_store.h"

namespace tenants {

/// What one merchant's period costs, and what it would have cost under another plan version: both as a statement sums it,
/// with minimum, packs sold and rounding.
struct ShadowPrice {
    MerchantId merchant;
    std::int64_t entries = 0;
    bool closed = false;  // `payable` is that of the statement; else of one that would be closed now
    Money payable;
    Money shadow_payable;
};

struct ShadowSource {
    const LedgerScan& scan;
    const PlanTermsSource& plans;
    const StatementStore& statements;
};

/// Prices a period's entries again as if `version` had been in force all the time: its tiers, included units and minimum.
/// Units that a pack paid for and corrections of closed periods stay what they are, and so do packs sold. Of every
/// merchant that has a statement of the period or could be given one, in order of id. Blocks; changes nothing.
class ShadowPricing {
public:
    /// kNotFound: no such version.
    static Result<ShadowPricing> of(const ShadowSource& source, Period period, const PlanVersionId& version);

    /// Of all merchants, in one walk over the period, or of one.
    std::vector<ShadowPrice> prices(const std::optional<MerchantId>& only) const;
    /// Of these, each by a walk along its own entries; those that were not there in the period are left out.
    std::vector<ShadowPrice> pricesOf(const std::vector<MerchantId>& merchants) const;

private:
    struct Account;
    struct Books;

    ShadowPricing(const ShadowSource& source, Period period, PlanVersionId version, const PlanTerms& terms)
        : source_(source), period_(period), version_(std::move(version)), terms_(&terms) {}

    Books openBooks(const std::optional<MerchantId>& only) const;
    void addEntries(Books& books, const std::optional<MerchantId>& only) const;
    ShadowPrice priceOf(const Books& books, const MerchantId& merchant, const Account& account) const;

    ShadowSource source_;
    Period period_;
    PlanVersionId version_;
    const PlanTerms* terms_;
};

/// From its text, `std@7`; empty for anything else.
std::optional<PlanVersionId> planVersionFromText(std::string_view text);

/// One object of JSON: docs/statements.md.
void appendJson(std::string& out, const ShadowPrice& price);

}  // namespace tenants
