#include "tenants/sqlite/sqlite_plan_terms.h"

#include <utility>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelectVersion =
    "SELECT plan_version.row, included_units, monthly_minimum_micro_yuan FROM plan_version "
    "JOIN plan ON plan.row = plan_row WHERE plan.id = :plan AND number = :number";
constexpr const char* kSelectTiers =
    "SELECT up_to_units, price_micro_yuan FROM plan_tier WHERE plan_version_row = :version ORDER BY number";

}  // namespace

std::optional<PlanTerms> planTermsOf(SQLite::Database& database, const PlanVersionId& version) {
    PreparedStatement select{database, kSelectVersion};
    Query row{select};
    row.bind(":plan", version.plan).bind(":number", version.number);
    if (!row.next()) return std::nullopt;
    PlanTerms terms;
    terms.included_units = row.number(1);
    terms.monthly_minimum = Money{row.number(2)};
    PreparedStatement select_tiers{database, kSelectTiers};
    Query tier{select_tiers};
    tier.bind(":version", row.number(0));
    while (tier.next()) terms.tiers.push_back({tier.numberIfAny(0), Money{tier.number(1)}});
    return terms;
}

const PlanTerms* SqlitePlanTerms::find(const PlanVersionId& version) const {
    const std::scoped_lock lock{mutex_};
    if (const auto known = terms_.find(version); known != terms_.end()) return &known->second;
    std::optional<PlanTerms> terms = planTermsOf(readers_.read().database(), version);
    return terms ? &terms_.emplace(version, *std::move(terms)).first->second : nullptr;
}

}  // namespace tenants::sqlite
