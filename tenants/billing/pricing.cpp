#include "tenants/billing/pricing.h"

#include <algorithm>
#include <stdexcept>

namespace tenants {
namespace {

/// The price of the unit with this count in a period, from 1.
EntryPrice priceOfCount(const PlanTerms& terms, std::int64_t count) {
    if (count <= terms.included_units) return {};
    const std::int64_t charged = count - terms.included_units;
    std::int64_t number = 1;
    for (const PriceTier& tier : terms.tiers) {
        if (!tier.up_to_units || charged <= *tier.up_to_units) return {number, tier.price, {}};
        ++number;
    }
    throw std::runtime_error("the last tier of a plan has an end");
}

const PlanTerms& termsOf(const PlanTermsSource& plans, const PlanVersionId& version) {
    const PlanTerms* const terms = plans.find(version);
    if (terms == nullptr) throw std::runtime_error("there is no plan version " + version.text());
    return *terms;
}

Money costOf(const PlanTermsSource& plans, const ClosedUsage& usage) {
    Money sum;
    for (const auto& [version, units] : usage.units) sum = sum.plus(costOf(termsOf(plans, version), units));
    return std::max(sum, usage.minimum);
}

}  // namespace

Money costOf(const PlanTerms& terms, std::int64_t units) {
    Money sum;
    std::int64_t priced = terms.included_units;
    for (const PriceTier& tier : terms.tiers) {
        const std::int64_t end = tier.up_to_units ? std::min(units, terms.included_units + *tier.up_to_units) : units;
        if (end <= priced) break;
        sum = sum.plus(tier.price.times(end - priced));
        priced = end;
    }
    return sum;
}

Money givenBack(const PlanTermsSource& plans, const ClosedUsage& usage, const PlanVersionId& version) {
    ClosedUsage after = usage;
    --after.units[version];
    return costOf(plans, usage).minus(costOf(plans, after));
}

EntryPrice Pricer::price(const UsageEntry& entry) {
    if (entry.units == 0 || entry.pack || !entry.plan_version) return {};
    EntryPrice priced;
    if (entry.price) {
        priced.unit_price = *entry.price;
    } else {
        const PlanTerms& terms = termsOf(plans_, *entry.plan_version);
        std::int64_t& counted = counted_[*entry.plan_version];
        if (entry.units > 0) ++counted;
        priced = priceOfCount(terms, counted);
        if (entry.units < 0) --counted;
    }
    priced.amount = priced.unit_price.times(entry.units);
    return priced;
}

}  // namespace tenants
