#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "tenants/base/money.h"
#include "tenants/billing/plan.h"
#include "tenants/usage/usage_entry.h"

namespace tenants {

/// Where the versions' terms come from; they never change, so a pointer to them stays good. Null: there is no such version.
class PlanTermsSource {
public:
    virtual const PlanTerms* find(const PlanVersionId& version) const = 0;

protected:
    ~PlanTermsSource() = default;
};

/// What one entry costs in the period that it is billed in.
struct EntryPrice {
    std::int64_t tier = 0;  // 1 and up; 0: no tier priced it (included units, a pack, no plan, a waiver)
    Money unit_price;       // 0 and more
    Money amount;           // unit price × units: negative in a correction
};

/// What that many units of one period cost, without the monthly minimum. Throws std::overflow_error rather than wrap.
Money costOf(const PlanTerms& terms, std::int64_t units);

/// What is owed for one merchant's closed period: charges that no pack paid for, less what was taken back of them, wherever
/// that was billed.
struct ClosedUsage {
    std::map<PlanVersionId, std::int64_t> units;
    Money minimum;  // monthly, of the version in force at the period's last instant
};

/// What the correction of one more unit of `version` gives back: what the period costs before it, less what it costs after;
/// 0 where the minimum is all that is owed. Throws what Pricer throws.
Money givenBack(const PlanTermsSource& plans, const ClosedUsage& usage, const PlanVersionId& version);

/// Prices one merchant's entries of one period, which must come in ledger order. A charge takes the price of its count in
/// its plan version; a correction of the same period takes back the unit that was counted last; one of a closed period
/// carries what it gives back. So the sum of a version's amounts is `costOf` its count. Not safe from several threads.
class Pricer {
public:
    explicit Pricer(const PlanTermsSource& plans) : plans_(plans) {}

    /// Throws std::runtime_error where the entry names a version that there is not, std::overflow_error rather than wrap.
    EntryPrice price(const UsageEntry& entry);

private:
    const PlanTermsSource& plans_;
    std::map<PlanVersionId, std::int64_t> counted_;
};

}  // namespace tenants
