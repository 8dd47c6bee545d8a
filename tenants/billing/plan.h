#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"
#include "tenants/base/money.h"
#include "tenants/base/result.h"

namespace tenants {

/// Prices the units whose count in the period, after the included ones, is above the tier before and up to `up_to_units`.
struct PriceTier {
    std::optional<std::int64_t> up_to_units;  // none: without an end; exactly the last tier
    Money price;                              // per recognised scan, 0 and more
};

/// What a plan's version says; never changed once made.
struct PlanTerms {
    std::int64_t included_units = 0;  // a period, at no price, before the first tier
    std::vector<PriceTier> tiers;     // 1 to 20, `up_to_units` strictly ascending
    Money monthly_minimum;            // a period's charges are raised to it
    std::optional<std::int64_t> day_limit;
    std::optional<std::int64_t> month_limit;
    std::optional<std::int64_t> per_second_limit;
    std::optional<std::int64_t> in_flight_limit;
    bool packs_only = false;  // without units of a pack nothing is scanned
};

/// kInvalidInput, with the field at fault, where the terms contradict themselves or could overflow a bill.
Result<Done> checkTerms(const PlanTerms& terms);

struct Plan {
    PlanId id;
    std::string name;
    std::int64_t versions = 0;  // numbered 1 to this
    UtcTime created_at;
};

struct PlanVersion {
    PlanVersionId id;
    PlanTerms terms;
    UtcTime created_at;
};

}  // namespace tenants
