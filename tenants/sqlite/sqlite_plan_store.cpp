#include "tenants/sqlite/sqlite_plan_store.h"

#include <utility>

#include "tenants/sqlite/pack_rows.h"
#include "tenants/sqlite/write.h"

namespace tenants::sqlite {

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
                                            UtcTime now) {
    if (first_version) {
        auto checked = checkTerms(*first_version);
        if (!checked) co_return std::move(checked).error();
    }
    Write write{writer_, [&] { return tables_.addPlan(plan, name, first_version, now); },
                [&](const AddedPlan& added) {
                    directory_.add(added.plan.id, added.plan.name, added.plan.created_at);
                    if (added.version) directory_.add(*added.version);
                }};
    const Result<AddedPlan> added = co_await write;
    if (!added) co_return added.error();
    co_return added->plan;
}

Task<Result<PlanVersion>> SqlitePlanStore::addVersion(PlanId plan, PlanTerms terms, UtcTime now) {
    auto checked = checkTerms(terms);
    if (!checked) co_return std::move(checked).error();
    Write write{writer_, [&] { return tables_.addVersion(plan, terms, now); },
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
                                                     std::optional<UtcTime> starts_at, UtcTime now) {
    const UtcTime starts = starts_at.value_or(now);
    if (starts < now) co_return Error{ErrorCode::kInvalidInput, "starts_at lies in the past."};
    Write write{writer_, [&] { return tables_.assign(merchant, version, starts, now); },
                [&](const PlanAssignment& assigned) { directory_.put(assigned); }};
    co_return co_await write;
}

Task<Result<PlanAssignment>> SqlitePlanStore::cancelAssignment(MerchantId merchant, AssignmentId assignment,
                                                               UtcTime now) {
    Write write{writer_, [&] { return tables_.cancelAssignment(merchant, assignment, now); },
                [&](const PlanAssignment& cancelled) { directory_.put(cancelled); }};
    co_return co_await write;
}

std::vector<Pack> SqlitePlanStore::packs(const MerchantId& merchant, const std::optional<PackId>& before,
                                         std::size_t count) const {
    ReaderPool::Reader reader = readers_.read();
    return listPacks(reader.database(), merchant, before, count);
}

Task<Result<Pack>> SqlitePlanStore::grantPack(Pack pack) {
    auto checked = checkPack(pack);
    if (!checked) co_return std::move(checked).error();
    Write write{writer_, [&] { return tables_.grantPack(pack); }};
    co_return co_await write;
}

Task<Result<Pack>> SqlitePlanStore::expirePack(MerchantId merchant, PackId pack, UtcTime now) {
    Write write{writer_, [&] { return tables_.expirePack(merchant, pack, now); }};
    co_return co_await write;
}

}  // namespace tenants::sqlite
