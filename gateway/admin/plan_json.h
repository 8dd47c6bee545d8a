#pragma once

#include <Poco/JSON/Object.h>

#include <initializer_list>
#include <string>

#include "tenants/base/result.h"
#include "tenants/billing/pack.h"
#include "tenants/billing/plan.h"
#include "tenants/billing/plan_assignment.h"

namespace gateway::admin {

/// The members of a body that `readTerms` reads.
inline constexpr std::initializer_list<const char*> kTermsMembers = {
    "included_units",   "tiers",           "price_micro_yuan", "monthly_minimum_micro_yuan", "day_limit", "month_limit",
    "per_second_limit", "in_flight_limit", "packs_only"};
/// Of a body that makes a plan: the same, its id and its name.
inline constexpr std::initializer_list<const char*> kPlanMembers = {
    "id",        "name",        "included_units",   "tiers",           "price_micro_yuan", "monthly_minimum_micro_yuan",
    "day_limit", "month_limit", "per_second_limit", "in_flight_limit", "packs_only"};

/// What a version is to say: `tiers`, or `price_micro_yuan` for one price without end. kInvalidInput with the member at
/// fault; whether the terms make sense is for checkTerms to say.
tenants::Result<tenants::PlanTerms> readTerms(const Poco::JSON::Object& object);

Poco::JSON::Object::Ptr versionJson(const tenants::PlanVersion& version);
/// `latest` is null where the plan has no version.
Poco::JSON::Object::Ptr planJson(const tenants::Plan& plan, const tenants::PlanVersion* latest);
std::string etagOf(const tenants::Plan& plan);
/// `in_force`: the one that counts now is this one.
Poco::JSON::Object::Ptr assignmentJson(const tenants::PlanAssignment& assignment, bool in_force, tenants::UtcTime now);
Poco::JSON::Object::Ptr packJson(const tenants::Pack& pack, tenants::UtcTime now);

}  // namespace gateway::admin
