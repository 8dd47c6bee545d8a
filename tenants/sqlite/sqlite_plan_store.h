#pragma once

#include "tenants/billing/plan_store.h"
#include "tenants/sqlite/audit_table.h"
#include "tenants/sqlite/plan_tables.h"
#include "tenants/sqlite/reader_pool.h"
#include "tenants/sqlite/writer.h"

namespace tenants::sqlite {

/// The plans' port over the writer and the directory. All that it borrows must outlive it.
class SqlitePlanStore final : public PlanStore {
public:
    SqlitePlanStore(Writer& writer, PlanTables& tables, PlanDirectory& directory, ReaderPool& readers,
                    AuditTable& audit)
        : writer_(writer), tables_(tables), directory_(directory), readers_(readers), audit_(audit) {}

    const PlanTerms* find(const PlanVersionId& version) const override;
    std::optional<Plan> findPlan(const PlanId& plan) const override;
    std::vector<Plan> plans(const PlanId& after, std::size_t count) const override;
    const PlanVersion* findVersion(const PlanVersionId& version) const override;
    std::vector<const PlanVersion*> versions(const PlanId& plan, std::optional<std::int64_t> before,
                                             std::size_t count) const override;
    Task<Result<Plan>> addPlan(PlanId plan, std::string name, std::optional<PlanTerms> first_version, UtcTime now,
                               AuditNote note = {}) override;
    Task<Result<PlanVersion>> addVersion(PlanId plan, PlanTerms terms, UtcTime now, AuditNote note = {}) override;

    std::vector<PlanAssignment> assignments(const MerchantId& merchant) const override;
    const PlanVersion* inForce(const MerchantId& merchant, UtcTime instant) const override;
    Task<Result<PlanAssignment>> assign(MerchantId merchant, std::optional<PlanVersionId> version,
                                        std::optional<UtcTime> starts_at, UtcTime now, AuditNote note = {}) override;
    Task<Result<PlanAssignment>> cancelAssignment(MerchantId merchant, AssignmentId assignment, UtcTime now,
                                                  AuditNote note = {}) override;

    std::vector<Pack> packs(const MerchantId& merchant, const std::optional<PackId>& before,
                            std::size_t count) const override;
    Task<Result<Pack>> grantPack(Pack pack, AuditNote note = {}) override;
    Task<Result<Pack>> expirePack(MerchantId merchant, PackId pack, UtcTime now, AuditNote note = {}) override;

private:
    void noteVersion(const PlanVersion& version, const AuditNote& note);

    Writer& writer_;
    PlanTables& tables_;
    PlanDirectory& directory_;
    ReaderPool& readers_;
    AuditTable& audit_;
};

}  // namespace tenants::sqlite
