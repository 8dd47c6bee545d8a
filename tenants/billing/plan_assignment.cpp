#include "tenants/billing/plan_assignment.h"

namespace tenants {

const PlanAssignment* assignmentInForce(std::span<const PlanAssignment> assignments, UtcTime instant) {
    const PlanAssignment* found = nullptr;
    for (const PlanAssignment& assignment : assignments) {
        if (assignment.cancelled_at || assignment.starts_at > instant) continue;
        if (found == nullptr || assignment.starts_at >= found->starts_at) found = &assignment;
    }
    return found;
}

}  // namespace tenants
