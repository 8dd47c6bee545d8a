#include "tenants/sqlite/sqlite_plan_terms.h"

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelectVersions =
    "SELECT plan.id, number, included_units, monthly_minimum_micro_yuan FROM plan_version "
    "JOIN plan ON plan.row = plan_row";
constexpr const char* kSelectTiers =
    "SELECT plan.id, plan_version.number, up_to_units, price_micro_yuan FROM plan_tier "
    "JOIN plan_version ON plan_version.row = plan_version_row JOIN plan ON plan.row = plan_row "
    "ORDER BY plan_version_row, plan_tier.number";

}  // namespace

SqlitePlanTerms::SqlitePlanTerms(SQLite::Database& database) {
    SQLite::Statement select_versions{database, kSelectVersions};
    Query version{select_versions};
    while (version.next()) {
        PlanTerms& terms = terms_[{PlanId{version.text(0)}, version.number(1)}];
        terms.included_units = version.number(2);
        terms.monthly_minimum = Money{version.number(3)};
    }
    SQLite::Statement select_tiers{database, kSelectTiers};
    Query tier{select_tiers};
    while (tier.next()) {
        terms_[{PlanId{tier.text(0)}, tier.number(1)}].tiers.push_back({tier.numberIfAny(2), Money{tier.number(3)}});
    }
}

const PlanTerms* SqlitePlanTerms::find(const PlanVersionId& version) const {
    const auto found = terms_.find(version);
    return found == terms_.end() ? nullptr : &found->second;
}

}  // namespace tenants::sqlite
