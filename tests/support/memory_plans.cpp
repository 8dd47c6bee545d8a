#include "tests/support/memory_plans.h"

#include <algorithm>
#include <utility>

namespace test_support {

using namespace tenants;

namespace {

Error notFound() {
    return {ErrorCode::kNotFound, "There is no such thing."};
}

}  // namespace

/// Safe by itself, and there as long as the ledger.
PlanDirectory& MemoryPlans::directory() const {
    return *ledger_.withQuotas([](MemoryQuotas& quotas) { return &quotas.plans(); });
}

const PlanTerms* MemoryPlans::find(const PlanVersionId& version) const {
    const PlanVersion* const found = findVersion(version);
    return found != nullptr ? &found->terms : nullptr;
}

std::optional<Plan> MemoryPlans::findPlan(const PlanId& plan) const {
    return directory().findPlan(plan);
}

std::vector<Plan> MemoryPlans::plans(const PlanId& after, std::size_t count) const {
    return directory().plans(after, count);
}

const PlanVersion* MemoryPlans::findVersion(const PlanVersionId& version) const {
    return directory().findVersion(version);
}

std::vector<const PlanVersion*> MemoryPlans::versions(const PlanId& plan, std::optional<std::int64_t> before,
                                                      std::size_t count) const {
    return directory().versions(plan, before, count);
}

void MemoryPlans::noteVersion(const PlanVersion& version, const AuditNote& note) {
    audit_.add(note.on("plan_version.create", {}, "plan-versions/" + version.id.text()));
}

Task<Result<Plan>> MemoryPlans::addPlan(PlanId plan, std::string name, std::optional<PlanTerms> first_version,
                                        UtcTime now, AuditNote note) {
    if (auto fault = faults_.check("addPlan")) co_return *std::move(fault);
    if (first_version) {
        auto checked = checkTerms(*first_version);
        if (!checked) co_return std::move(checked).error();
    }
    if (directory().findPlan(plan)) co_return Error{ErrorCode::kConflict, "It is there already."};
    directory().add(plan, std::move(name), now);
    audit_.add(note.on("plan.create", {}, "plans/" + plan.text()));
    if (first_version) {
        const PlanVersion version{{plan, 1}, *std::move(first_version), now};
        directory().add(version);
        noteVersion(version, note);
    }
    co_return *directory().findPlan(plan);
}

Task<Result<PlanVersion>> MemoryPlans::addVersion(PlanId plan, PlanTerms terms, UtcTime now, AuditNote note) {
    if (auto fault = faults_.check("addVersion")) co_return *std::move(fault);
    auto checked = checkTerms(terms);
    if (!checked) co_return std::move(checked).error();
    const auto known = directory().findPlan(plan);
    if (!known) co_return notFound();
    PlanVersion version{{plan, known->versions + 1}, std::move(terms), now};
    directory().add(version);
    noteVersion(version, note);
    co_return version;
}

std::vector<PlanAssignment> MemoryPlans::assignments(const MerchantId& merchant) const {
    return directory().assignments(merchant);
}

const PlanVersion* MemoryPlans::inForce(const MerchantId& merchant, UtcTime instant) const {
    return directory().inForce(merchant, instant);
}

Task<Result<PlanAssignment>> MemoryPlans::assign(MerchantId merchant, std::optional<PlanVersionId> version,
                                                 std::optional<UtcTime> starts_at, UtcTime now, AuditNote note) {
    if (auto fault = faults_.check("assign")) co_return *std::move(fault);
    if (starts_at && *starts_at < now) co_return Error{ErrorCode::kInvalidInput, "starts_at lies in the past."};
    if (version && directory().findVersion(*version) == nullptr) co_return notFound();
    co_return ledger_.withQuotas([&](MemoryQuotas& quotas) -> Result<PlanAssignment> {
        if (!quotas.knows(merchant)) return notFound();
        PlanAssignment assignment{
            AssignmentId{"asg_" + std::to_string(++assigned_)}, merchant, version, starts_at.value_or(now), now, {}};
        quotas.plans().put(assignment);
        quotas.takeTerms(merchant, now);
        audit_.add(note.on("plan_assignment.create", merchant, "plan-assignments/" + assignment.id.text()));
        return assignment;
    });
}

Task<Result<PlanAssignment>> MemoryPlans::cancelAssignment(MerchantId merchant, AssignmentId assignment, UtcTime now,
                                                           AuditNote note) {
    if (auto fault = faults_.check("cancelAssignment")) co_return *std::move(fault);
    std::vector<PlanAssignment> all = directory().assignments(merchant);
    const auto found = std::ranges::find(all, assignment, &PlanAssignment::id);
    if (found == all.end()) co_return notFound();
    if (found->cancelled_at) co_return *found;
    if (found->starts_at <= now) co_return Error{ErrorCode::kConflict, "It has begun."};
    found->cancelled_at = now;
    ledger_.withQuotas([&](MemoryQuotas& quotas) {
        quotas.plans().put(*found);
        quotas.takeTerms(merchant, now);
    });
    audit_.add(note.on("plan_assignment.cancel", merchant, "plan-assignments/" + assignment.text()));
    co_return *found;
}

std::vector<Pack> MemoryPlans::packs(const MerchantId& merchant, const std::optional<PackId>& before,
                                     std::size_t count) const {
    return ledger_.withQuotas([&](MemoryQuotas& quotas) {
        std::vector<Pack> newest_first;
        for (auto pack = quotas.packs().rbegin(); pack != quotas.packs().rend(); ++pack) {
            if (pack->merchant == merchant) newest_first.push_back(*pack);
        }
        if (before) {
            const auto found = std::ranges::find(newest_first, *before, &Pack::id);
            newest_first.erase(newest_first.begin(), found == newest_first.end() ? found : found + 1);
        }
        if (newest_first.size() > count) newest_first.resize(count);
        return newest_first;
    });
}

Task<Result<Pack>> MemoryPlans::grantPack(Pack pack, AuditNote note) {
    if (auto fault = faults_.check("grantPack")) co_return *std::move(fault);
    auto checked = checkPack(pack);
    if (!checked) co_return std::move(checked).error();
    co_return ledger_.withQuotas([&](MemoryQuotas& quotas) -> Result<Pack> {
        if (!quotas.knows(pack.merchant)) return notFound();
        quotas.packs().push_back(pack);
        audit_.add(note.on("pack.create", pack.merchant, "packs/" + pack.id.text()));
        return pack;
    });
}

Task<Result<Pack>> MemoryPlans::expirePack(MerchantId merchant, PackId pack, UtcTime now, AuditNote note) {
    if (auto fault = faults_.check("expirePack")) co_return *std::move(fault);
    co_return ledger_.withQuotas([&](MemoryQuotas& quotas) -> Result<Pack> {
        for (Pack& each : quotas.packs()) {
            if (each.id != pack || each.merchant != merchant) continue;
            if (each.expires_at > now) {
                quotas.expire(each, now);
                audit_.add(note.on("pack.expire", merchant, "packs/" + pack.text()));
            }
            return each;
        }
        return notFound();
    });
}

}  // namespace test_support
