#include "tenants/sqlite/sqlite_plan_store.h"

#include <utility>

#include "tenants/sqlite/pack_rows.h"
#include "tenants/sqlite/write.h"

namespace tenants::sqlite {

void SqlitePlanStore::noteVersion(const PlanVersion& version, const AuditNote& note) {
    audit_.appendChange(note.on("plan_version.create", MerchantId{}, "plan-versions/" + version.id.text()));
}

const PlanTerms* SqlitePlanStore::find(const PlanVersionId& version) const {
    const PlanVersion* const found = directory_.findVersion(version);
    return found != nullptr ? &found->terms : nullptr;
}

std::optional<Plan> SqlitePlanStore::findPlan(const PlanId& plan) const {
    return directory_.findPlan(plan);
}

std::vector<Plan> SqlitePlanStore::plans(const PlanId& after, std::size_t count) const {
    return directory_.plans(after, count);
}

const PlanVersion* SqlitePlanStore::findVersion(const PlanVersionId& version) const {
    return directory_.findVersion(version);
}

std::vector<const PlanVersion*> SqlitePlanStore::versions(const PlanId& plan, std::optional<std::int64_t> before,
                                                          std::size_t count) const {
    return directory_.versions(plan, before, count);
}

Task<Result<Plan>> SqlitePlanStore::addPlan(PlanId plan, std::string name, std::optional<PlanTerms> first_version,
                                            UtcTime now, AuditNote note) {
    if (first_version) {
        auto checked = checkTerms(*first_version);
        if (!checked) co_return std::move(checked).error();
    }
    Write write{writer_,
                [&] {
                    auto added = audit_.noted(tables_.addPlan(plan, name, first_version, now),
                                              note.on("plan.create", MerchantId{}, "plans/" + plan.text()));
                    if (added && added->version) noteVersion(*added->version, note);
                    return added;
                },
                [&](const AddedPlan& added) {
                    directory_.add(added.plan.id, added.plan.name, added.plan.created_at);
                    if (added.version) directory_.add(*added.version);
                }};
    const Result<AddedPlan> added = co_await write;
    if (!added) co_return added.error();
    co_return added->plan;
}

Task<Result<PlanVersion>> SqlitePlanStore::addVersion(PlanId plan, PlanTerms terms, UtcTime now, AuditNote note) {
    auto checked = checkTerms(terms);
    if (!checked) co_return std::move(checked).error();
    Write write{writer_,
                [&] {
                    auto added = tables_.addVersion(plan, terms, now);
                    if (added) noteVersion(*added, note);
                    return added;
                },
                [&](const PlanVersion& added) { directory_.add(added); }};
    co_return co_await write;
}

std::vector<PlanAssignment> SqlitePlanStore::assignments(const MerchantId& merchant) const {
    return directory_.assignments(merchant);
}

const PlanVersion* SqlitePlanStore::inForce(const MerchantId& merchant, UtcTime instant) const {
    return directory_.inForce(merchant, instant);
}

Task<Result<PlanAssignment>> SqlitePlanStore::assign(MerchantId merchant, std::optional<PlanVersionId> version,
                                                     std::optional<UtcTime> starts_at, UtcTime now, AuditNote note) {
    const UtcTime starts = starts_at.value_or(now);
    if (starts < now) co_return Error{ErrorCode::kInvalidInput, "starts_at lies in the past."};
    Write write{writer_,
                [&] {
                    auto assigned = tables_.assign(merchant, version, starts, now);
                    if (assigned) {
                        audit_.appendChange(
                            note.on("plan_assignment.create", merchant, "plan-assignments/" + assigned->id.text()));
                    }
                    return assigned;
                },
                [&](const PlanAssignment& assigned) { directory_.put(assigned); }};
    co_return co_await write;
}

Task<Result<PlanAssignment>> SqlitePlanStore::cancelAssignment(MerchantId merchant, AssignmentId assignment,
                                                               UtcTime now, AuditNote note) {
    note = note.on("plan_assignment.cancel", merchant, "plan-assignments/" + assignment.text());
    Write write{writer_, [&] { return audit_.noted(tables_.cancelAssignment(merchant, assignment, now), note); },
                [&](const PlanAssignment& cancelled) { directory_.put(cancelled); }};
    co_return co_await write;
}

std::vector<Pack> SqlitePlanStore::packs(const MerchantId& merchant, const std::optional<PackId>& before,
                                         std::size_t count) const {
    ReaderPool::Reader reader = readers_.read();
    return listPacks(reader.database(), merchant, before, count);
}

Task<Result<Pack>> SqlitePlanStore::grantPack(Pack pack, AuditNote note) {
    auto checked = checkPack(pack);
    if (!checked) co_return std::move(checked).error();
    note = note.on("pack.create", pack.merchant, "packs/" + pack.id.text());
    Write write{writer_, [&] { return audit_.noted(tables_.grantPack(pack), note); }};
    co_return co_await write;
}

Task<Result<Pack>> SqlitePlanStore::expirePack(MerchantId merchant, PackId pack, UtcTime now, AuditNote note) {
    note = note.on("pack.expire", merchant, "packs/" + pack.text());
    Write write{writer_, [&] { return audit_.noted(tables_.expirePack(merchant, pack, now), note); }};
    co_return co_await write;
}

}  // namespace tenants::sqlite
