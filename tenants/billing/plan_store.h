#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tenants/base/audit.h"
#include "tenants/base/result.h"
#include "tenants/base/task.h"
#include "tenants/billing/pack.h"
#include "tenants/billing/plan.h"
#include "tenants/billing/plan_assignment.h"
#include "tenants/billing/pricing.h"

namespace tenants {

/// Plans, which merchant has which, and prepaid packs. What is read of plans and assignments comes from memory, never
/// waits, and shows every change from the moment its task has ended; packs are read from the disk (call on a worker
/// thread), because scans change them. Changes are durable when their task ends, and count for the scans held after
/// them. A store that cannot write ends changes with kStoreUnavailable. A change is in the audit as MerchantStore says. Safe
/// from any thread.
class PlanStore : public PlanTermsSource {
public:
    virtual ~PlanStore() = default;

    virtual std::optional<Plan> findPlan(const PlanId& plan) const = 0;
    /// In order of id, those after `after` (empty: from the start), at most `count`.
    virtual std::vector<Plan> plans(const PlanId& after, std::size_t count) const = 0;
    /// Null: there is none. Versions stay for ever, so the pointer stays good as long as the store.
    virtual const PlanVersion* findVersion(const PlanVersionId& version) const = 0;
    /// Of one plan, newest first: numbers below `before` (none: from the newest), at most `count`.
    virtual std::vector<const PlanVersion*> versions(const PlanId& plan, std::optional<std::int64_t> before,
                                                     std::size_t count) const = 0;
    /// kConflict where the id is taken. The first version has a line of its own in the audit.
    virtual Task<Result<Plan>> addPlan(PlanId plan, std::string name, std::optional<PlanTerms> first_version,
                                       UtcTime now, AuditNote note = {}) = 0;
    /// The next number. kNotFound where there is no such plan; kInvalidInput as checkTerms says.
    virtual Task<Result<PlanVersion>> addVersion(PlanId plan, PlanTerms terms, UtcTime now, AuditNote note = {}) = 0;

    /// Of one merchant, in the order in which they were made.
    virtual std::vector<PlanAssignment> assignments(const MerchantId& merchant) const = 0;
    /// The version that counts for the merchant at `instant`; null: it has no plan then.
    virtual const PlanVersion* inForce(const MerchantId& merchant, UtcTime instant) const = 0;
    /// From `starts_at` on (none: from now on). Open windows take the limits of what counts now, in the same
    /// transaction, but never less than is used and held. A version that begins later changes them with the first scan
    /// after it began. kNotFound: no such merchant or version; kInvalidInput: `starts_at` lies before `now`.
    virtual Task<Result<PlanAssignment>> assign(MerchantId merchant, std::optional<PlanVersionId> version,
                                                std::optional<UtcTime> starts_at, UtcTime now, AuditNote note = {}) = 0;
    /// One that has not begun. Twice is once; kConflict where it has begun, kNotFound where this merchant has none such.
    virtual Task<Result<PlanAssignment>> cancelAssignment(MerchantId merchant, AssignmentId assignment, UtcTime now,
                                                          AuditNote note = {}) = 0;

    /// Of one merchant, newest first: those made before `before` (none: from the newest), at most `count`. Blocks.
    virtual std::vector<Pack> packs(const MerchantId& merchant, const std::optional<PackId>& before,
                                    std::size_t count) const = 0;
    /// As checkPack says; kNotFound where there is no such merchant.
    virtual Task<Result<Pack>> grantPack(Pack pack, AuditNote note = {}) = 0;
    /// Ends it now, or, where a correction that gave a unit back to it is not older, just after that one. What is held of it
    /// is still used up by its scans; one that has ended stays as it is.
    virtual Task<Result<Pack>> expirePack(MerchantId merchant, PackId pack, UtcTime now, AuditNote note = {}) = 0;
};

}  // namespace tenants
