#pragma once

#include <optional>
#include <span>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"

namespace tenants {

/// From an instant on a merchant has this version of a plan.
struct PlanAssignment {
    AssignmentId id;
    MerchantId merchant;
    std::optional<PlanVersionId> version;  // none: no plan from then on
    UtcTime starts_at;
    UtcTime created_at;
    std::optional<UtcTime> cancelled_at;  // before it began; then it never counts
};

/// Of a merchant's assignments, in the order in which they were made, the one that counts at `instant`: of those that
/// have begun the one that begins last, and of two that begin together the one made last. Null: no plan.
const PlanAssignment* assignmentInForce(std::span<const PlanAssignment> assignments, UtcTime instant);

}  // namespace tenants
