#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "tenants/billing/plan.h"
#include "tenants/billing/plan_assignment.h"

namespace tenants {

/// Plans, their versions and the merchants' assignments in memory: what every scan asks for and few change. Plans and
/// versions are only added, so a pointer to a version stays good as long as the directory. Safe from any thread.
class PlanDirectory {
public:
    std::optional<Plan> findPlan(const PlanId& plan) const;
    /// In order of id, those after `after`, at most `count`.
    std::vector<Plan> plans(const PlanId& after, std::size_t count) const;
    const PlanVersion* findVersion(const PlanVersionId& version) const;
    /// Newest first: numbers below `before`, at most `count`.
    std::vector<const PlanVersion*> versions(const PlanId& plan, std::optional<std::int64_t> before,
                                             std::size_t count) const;
    std::vector<PlanAssignment> assignments(const MerchantId& merchant) const;
    const PlanVersion* inForce(const MerchantId& merchant, UtcTime instant) const;

    /// A plan without versions.
    void add(const PlanId& plan, std::string name, UtcTime created_at);
    /// The next version of its plan, which is there.
    void add(PlanVersion version);
    /// In the place of the one with the same id, or behind those before it.
    void put(PlanAssignment assignment);

private:
    struct Entry {
        Plan plan;
        std::deque<PlanVersion> versions;  // number 1 first; grows without moving any
    };
    const PlanVersion* find(const PlanVersionId& version) const;

    mutable std::shared_mutex mutex_;
    std::map<PlanId, Entry> plans_;
    std::unordered_map<MerchantId, std::vector<PlanAssignment>> assignments_;
};

}  // namespace tenants
