#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>

#include "tenants/base/result.h"
#include "tenants/billing/pack.h"
#include "tenants/billing/plan.h"
#include "tenants/billing/plan_assignment.h"
#include "tenants/billing/plan_directory.h"
#include "tenants/sqlite/quota_book.h"

namespace tenants::sqlite {

/// What a new plan, or a plan's new version, put into the tables.
struct AddedPlan {
    Plan plan;
    std::optional<PlanVersion> version;
};

/// What the plans' changes do to the tables. Everything here runs on the writer's thread, inside its transaction, except
/// `load`, which comes before the writer starts.
class PlanTables {
public:
    PlanTables(SQLite::Database& database, QuotaBook& quotas) : database_(database), quotas_(quotas) {}

    /// Fills the directory.
    void load(PlanDirectory& directory);

    Result<AddedPlan> addPlan(const PlanId& plan, const std::string& name, const std::optional<PlanTerms>& first,
                              UtcTime now);
    Result<PlanVersion> addVersion(const PlanId& plan, const PlanTerms& terms, UtcTime now);
    Result<PlanAssignment> assign(const MerchantId& merchant, const std::optional<PlanVersionId>& version,
                                  UtcTime starts_at, UtcTime now);
    Result<PlanAssignment> cancelAssignment(const MerchantId& merchant, const AssignmentId& assignment, UtcTime now);
    Result<Pack> grantPack(const Pack& pack);
    Result<Pack> expirePack(const MerchantId& merchant, const PackId& pack, UtcTime now);

private:
    void loadVersions(PlanDirectory& directory);
    void loadAssignments(PlanDirectory& directory);
    std::optional<std::int64_t> merchantRow(const MerchantId& merchant);
    std::optional<std::int64_t> planRow(const PlanId& plan);
    std::optional<std::int64_t> versionRow(const PlanVersionId& version);
    PlanVersion insertVersion(std::int64_t plan_row, PlanVersionId id, const PlanTerms& terms, UtcTime now);

    SQLite::Database& database_;
    QuotaBook& quotas_;
};

}  // namespace tenants::sqlite
