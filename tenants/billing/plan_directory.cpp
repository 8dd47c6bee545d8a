#include "tenants/billing/plan_directory.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace tenants {

std::optional<Plan> PlanDirectory::findPlan(const PlanId& plan) const {
    const std::shared_lock lock{mutex_};
    const auto found = plans_.find(plan);
    return found != plans_.end() ? std::optional{found->second.plan} : std::nullopt;
}

std::vector<Plan> PlanDirectory::plans(const PlanId& after, std::size_t count) const {
    const std::shared_lock lock{mutex_};
    std::vector<Plan> page;
    for (auto next = plans_.upper_bound(after); next != plans_.end() && page.size() < count; ++next) {
        page.push_back(next->second.plan);
    }
    return page;
}

const PlanVersion* PlanDirectory::findVersion(const PlanVersionId& version) const {
    const std::shared_lock lock{mutex_};
    return find(version);
}

const PlanVersion* PlanDirectory::find(const PlanVersionId& version) const {
    const auto found = plans_.find(version.plan);
    if (found == plans_.end()) return nullptr;
    const std::deque<PlanVersion>& versions = found->second.versions;
    if (version.number < 1 || version.number > static_cast<std::int64_t>(versions.size())) return nullptr;
    return &versions[static_cast<std::size_t>(version.number - 1)];
}

std::vector<const PlanVersion*> PlanDirectory::versions(const PlanId& plan, std::optional<std::int64_t> before,
                                                        std::size_t count) const {
    const std::shared_lock lock{mutex_};
    const auto found = plans_.find(plan);
    if (found == plans_.end()) return {};
    const std::deque<PlanVersion>& all = found->second.versions;
    const auto end = static_cast<std::int64_t>(all.size());
    std::vector<const PlanVersion*> page;
    for (std::int64_t number = std::min(before.value_or(end + 1) - 1, end); number > 0 && page.size() < count;
         --number) {
        page.push_back(&all[static_cast<std::size_t>(number - 1)]);
    }
    return page;
}

std::vector<PlanAssignment> PlanDirectory::assignments(const MerchantId& merchant) const {
    const std::shared_lock lock{mutex_};
    const auto found = assignments_.find(merchant);
    return found != assignments_.end() ? found->second : std::vector<PlanAssignment>{};
}

const PlanVersion* PlanDirectory::inForce(const MerchantId& merchant, UtcTime instant) const {
    const std::shared_lock lock{mutex_};
    const auto found = assignments_.find(merchant);
    if (found == assignments_.end()) return nullptr;
    const PlanAssignment* const assignment = assignmentInForce(found->second, instant);
    return assignment != nullptr && assignment->version ? find(*assignment->version) : nullptr;
}

void PlanDirectory::add(const PlanId& plan, std::string name, UtcTime created_at) {
    const std::scoped_lock lock{mutex_};
    plans_.try_emplace(plan, Entry{{plan, std::move(name), 0, created_at}, {}});
}

void PlanDirectory::add(PlanVersion version) {
    const std::scoped_lock lock{mutex_};
    Entry& entry = plans_.at(version.id.plan);
    entry.plan.versions = version.id.number;
    entry.versions.push_back(std::move(version));
}

void PlanDirectory::put(PlanAssignment assignment) {
    const std::scoped_lock lock{mutex_};
    std::vector<PlanAssignment>& all = assignments_[assignment.merchant];
    const auto same =
        std::find_if(all.begin(), all.end(), [&](const PlanAssignment& each) { return each.id == assignment.id; });
    if (same != all.end()) {
        *same = std::move(assignment);
    } else {
        all.push_back(std::move(assignment));
    }
}

}  // namespace tenants
