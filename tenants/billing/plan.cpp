#include "tenants/billing/plan.h"

namespace tenants {
namespace {

constexpr std::size_t kTiersMax = 20;
constexpr std::int64_t kUnitsMax = 1'000'000'000;
// 1,000 yuan a scan: a thousand million of them still fit into a 64-bit sum of micro-yuan.
constexpr Money kPriceMax{1'000'000'000};
constexpr Money kMinimumMax{1'000'000'000'000'000};

Error invalid(std::string text) {
    return {ErrorCode::kInvalidInput, std::move(text)};
}

bool within(std::int64_t units, std::int64_t least) {
    return units >= least && units <= kUnitsMax;
}

bool within(const std::optional<std::int64_t>& limit, std::int64_t least) {
    return !limit || within(*limit, least);
}

Result<Done> checkTiers(const std::vector<PriceTier>& tiers) {
    if (tiers.empty() || tiers.size() > kTiersMax) return invalid("tiers: 1 to 20 of them.");
    std::int64_t end = 0;
    for (std::size_t index = 0; index < tiers.size(); ++index) {
        const PriceTier& tier = tiers[index];
        if (tier.price < Money{0} || tier.price > kPriceMax)
            return invalid("price_micro_yuan must be from 0 to 1000000000: 1,000 CNY a scan.");
        if (tier.up_to_units.has_value() == (index + 1 == tiers.size())) {
            return invalid("tiers: all but the last have up_to_units, the last has none.");
        }
        if (!tier.up_to_units) continue;
        if (!within(*tier.up_to_units, end + 1)) return invalid("tiers: up_to_units ascend from 1.");
        end = *tier.up_to_units;
    }
    return Done{};
}

}  // namespace

Result<Done> checkTerms(const PlanTerms& terms) {
    if (!within(terms.included_units, 0)) return invalid("included_units is out of range.");
    if (terms.monthly_minimum < Money{0} || terms.monthly_minimum > kMinimumMax) {
        return invalid("monthly_minimum_micro_yuan is out of range.");
    }
    if (!within(terms.day_limit, 0)) return invalid("day_limit is out of range.");
    if (!within(terms.month_limit, 0)) return invalid("month_limit is out of range.");
    if (!within(terms.per_second_limit, 1)) return invalid("per_second_limit is out of range.");
    if (!within(terms.in_flight_limit, 1)) return invalid("in_flight_limit is out of range.");
    return checkTiers(terms.tiers);
}

}  // namespace tenants
