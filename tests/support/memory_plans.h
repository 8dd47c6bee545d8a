#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tenants/billing/plan_store.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/write_faults.h"

namespace test_support {

/// Plans, assignments and packs without a file: the rules of PlanStore. What scans take from them is the ledger's.
class MemoryPlans final : public tenants::PlanStore {
public:
    MemoryPlans(WriteFaults& faults, MemoryAudit& audit, MemoryLedger& ledger)
        : faults_(faults), audit_(audit), ledger_(ledger) {}

    const tenants::PlanTerms* find(const tenants::PlanVersionId& version) const override;
    std::optional<tenants::Plan> findPlan(const tenants::PlanId& plan) const override;
    std::vector<tenants::Plan> plans(const tenants::PlanId& after, std::size_t count) const override;
    const tenants::PlanVersion* findVersion(const tenants::PlanVersionId& version) const override;
    std::vector<const tenants::PlanVersion*> versions(const tenants::PlanId& plan, std::optional<std::int64_t> before,
                                                      std::size_t count) const override;
    tenants::Task<tenants::Result<tenants::Plan>> addPlan(tenants::PlanId plan, std::string name,
                                                          std::optional<tenants::PlanTerms> first_version,
                                                          tenants::UtcTime now, tenants::AuditNote note = {}) override;
    tenants::Task<tenants::Result<tenants::PlanVersion>> addVersion(tenants::PlanId plan, tenants::PlanTerms terms,
                                                                    tenants::UtcTime now,
                                                                    tenants::AuditNote note = {}) override;
    std::vector<tenants::PlanAssignment> assignments(const tenants::MerchantId& merchant) const override;
    const tenants::PlanVersion* inForce(const tenants::MerchantId& merchant, tenants::UtcTime instant) const override;
    tenants::Task<tenants::Result<tenants::PlanAssignment>> assign(tenants::MerchantId merchant,
                                                                   std::optional<tenants::PlanVersionId> version,
                                                                   std::optional<tenants::UtcTime> starts_at,
                                                                   tenants::UtcTime now,
                                                                   tenants::AuditNote note = {}) override;
    tenants::Task<tenants::Result<tenants::PlanAssignment>> cancelAssignment(tenants::MerchantId merchant,
                                                                             tenants::AssignmentId assignment,
                                                                             tenants::UtcTime now,
                                                                             tenants::AuditNote note = {}) override;
    std::vector<tenants::Pack> packs(const tenants::MerchantId& merchant, const std::optional<tenants::PackId>& before,
                                     std::size_t count) const override;
    tenants::Task<tenants::Result<tenants::Pack>> grantPack(tenants::Pack pack, tenants::AuditNote note = {}) override;
    tenants::Task<tenants::Result<tenants::Pack>> expirePack(tenants::MerchantId merchant, tenants::PackId pack,
                                                             tenants::UtcTime now,
                                                             tenants::AuditNote note = {}) override;

private:
    tenants::PlanDirectory& directory() const;

    void noteVersion(const tenants::PlanVersion& version, const tenants::AuditNote& note);

    WriteFaults& faults_;
    MemoryAudit& audit_;
    MemoryLedger& ledger_;
    std::int64_t assigned_ = 0;
};

}  // namespace test_support
