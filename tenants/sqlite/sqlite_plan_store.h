#pragma once

#include "tenants/billing/plan_store.h"
#include "tenants/sqlite/plan_tables.h"
#include "tenants/sqlite/reader_pool.h"
#include "tenants/sqlite/writer.h"

namespace tenants::sqlite {

/// The plans' port over the writer and the directory. All that it borrows must outlive it.
class SqlitePlanStore final : public PlanStore {
public:
    SqlitePlanStore(Writer& writer, PlanTables& tables, PlanDirectory& directory, ReaderPool& readers)
        : writer_(writer), tables_(tables), directory_(directory), readers_(readers) {}

    const PlanTerms* find(const PlanVersionId& version) const override;
    std::optional<Plan> findPlan(const PlanId& plan) const override;
    std::vector<Plan> plans(const PlanId& after, std::size_t count) const override;
    const PlanVersion* findVersion(const PlanVersionId& version) const override;
    std::vector<const PlanVersion*> versions(const PlanId& plan, std::optional<std::int64_t> before,
                                             std::size_t count) const override;
    Task<Result<Plan>> addPlan(PlanId plan, std::string name, std::optional<PlanTerms> first_version,
                               UtcTime now) override;
    Task<Result<PlanVersion>> addVersion(PlanId plan, PlanTerms terms, UtcTime now) override;

    std::vector<PlanAssignment> assignments(const MerchantId& merchant) const override;
    const PlanVersion* inForce(const MerchantId& merchant, UtcTime instant) const override;
    Task<Result<PlanAssignment>> assign(MerchantId merchant, std::optional<PlanVersionId> version,
                                        std::optional<UtcTime> starts_at, UtcTime now) override;
    Task<Result<PlanAssignment>> cancelAssignment(MerchantId merchant, AssignmentId assignment, UtcTime now) override;

    std::vector<Pack> packs(const MerchantId& merchant, const std::optional<PackId>& before,
                            std::size_t count) const override;
    Task<Result<Pack>> grantPack(Pack pack) override;
    Task<Result<Pack>> expirePack(MerchantId merchant, PackId pack, UtcTime now) override;

private:
    Writer& writer_;
    PlanTables& tables_;
    PlanDirectory& directory_;
    ReaderPool& readers_;
};

}  // namespace tenants::sqlite
