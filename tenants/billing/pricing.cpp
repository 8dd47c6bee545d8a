#include "tenants/billing/pricing.h"

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

}  // namespace

EntryPrice Pricer::price(const UsageEntry& entry) {
    if (entry.units == 0 || entry.pack || !entry.plan_version) return {};
    EntryPrice priced;
    if (entry.price) {
        priced.unit_price = *entry.price;
    } else {
        const PlanTerms* const terms = plans_.find(*entry.plan_version);
        if (terms == nullptr) throw std::runtime_error("there is no plan version " + entry.plan_version->text());
        std::int64_t& counted = counted_[*entry.plan_version];
        if (entry.units > 0) ++counted;
        priced = priceOfCount(*terms, counted);
        if (entry.units < 0) --counted;
    }
    priced.amount = priced.unit_price.times(entry.units);
    return priced;
}

}  // namespace tenants
