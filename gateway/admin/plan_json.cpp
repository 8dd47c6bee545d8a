#include "gateway/admin/plan_json.h"

#include <Poco/JSON/Array.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "gateway/admin/json.h"

namespace gateway::admin {
namespace {

using Poco::Dynamic::Var;
using tenants::Error;
using tenants::ErrorCode;
using tenants::Money;
using tenants::Result;

// Ranges are the domain's to say (checkTerms); here only what fits into the type.
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

Error invalid(std::string text) {
    return {ErrorCode::kInvalidInput, std::move(text)};
}

/// Absent and null are the same: none.
Result<std::optional<std::int64_t>> readLimit(const Poco::JSON::Object& object, const char* name) {
    if (object.isNull(name)) return std::optional<std::int64_t>{};
    return readInteger(object, name, kLeast, kMost);
}

Result<tenants::PriceTier> readTier(const Var& element) {
    if (element.type() != typeid(Poco::JSON::Object::Ptr)) return invalid("tiers must be an array of objects");
    const auto& tier = *element.extract<Poco::JSON::Object::Ptr>();
    for (const std::string& name : tier.getNames()) {
        if (name != "up_to_units" && name != "price_micro_yuan") {
            return invalid("unknown member of a tier: " + name.substr(0, 64));
        }
    }
    auto up_to = readLimit(tier, "up_to_units");
    if (!up_to) return up_to.error();
    auto price = readInteger(tier, "price_micro_yuan", kLeast, kMost);
    if (!price) return price.error();
    if (!*price) return invalid("each tier needs price_micro_yuan");
    return tenants::PriceTier{*up_to, Money{**price}};
}

Result<std::vector<tenants::PriceTier>> readTiers(const Poco::JSON::Object& object) {
    auto price = readInteger(object, "price_micro_yuan", kLeast, kMost);
    if (!price) return price.error();
    if (*price) {
        if (object.has("tiers")) return invalid("either tiers or price_micro_yuan");
        return std::vector<tenants::PriceTier>{{std::nullopt, Money{**price}}};
    }
    if (!object.has("tiers")) return invalid("price_micro_yuan is needed, or tiers, an array of objects with it");
    if (!object.isArray("tiers")) return invalid("tiers must be an array of objects");
    std::vector<tenants::PriceTier> tiers;
    for (const Var& element : *object.getArray("tiers")) {
        auto tier = readTier(element);
        if (!tier) return tier.error();
        tiers.push_back(*tier);
    }
    return tiers;
}

Var limitJson(const std::optional<std::int64_t>& limit) {
    return limit ? Var{*limit} : Var{};
}

}  // namespace

Result<tenants::PlanTerms> readTerms(const Poco::JSON::Object& object) {
    tenants::PlanTerms terms;
    auto tiers = readTiers(object);
    if (!tiers) return tiers.error();
    terms.tiers = *std::move(tiers);
    auto included = readInteger(object, "included_units", kLeast, kMost);
    if (!included) return included.error();
    terms.included_units = included->value_or(0);
    auto minimum = readInteger(object, "monthly_minimum_micro_yuan", kLeast, kMost);
    if (!minimum) return minimum.error();
    terms.monthly_minimum = Money{minimum->value_or(0)};
    for (const auto& [name, member] : {std::pair{"day_limit", &tenants::PlanTerms::day_limit},
                                       std::pair{"month_limit", &tenants::PlanTerms::month_limit},
                                       std::pair{"per_second_limit", &tenants::PlanTerms::per_second_limit},
                                       std::pair{"in_flight_limit", &tenants::PlanTerms::in_flight_limit}}) {
        auto limit = readLimit(object, name);
        if (!limit) return limit.error();
        terms.*member = *limit;
    }
    auto packs_only = readFlag(object, "packs_only");
    if (!packs_only) return packs_only.error();
    terms.packs_only = packs_only->value_or(false);
    return terms;
}

Poco::JSON::Object::Ptr versionJson(const tenants::PlanVersion& version) {
    const tenants::PlanTerms& terms = version.terms;
    Poco::JSON::Array tiers;
    for (const tenants::PriceTier& tier : terms.tiers) {
        auto object = jsonObject();
        object->set("up_to_units", limitJson(tier.up_to_units));
        object->set("price_micro_yuan", tier.price.microYuan());
        tiers.add(object);
    }
    auto object = jsonObject();
    object->set("id", version.id.text());
    object->set("plan", version.id.plan.text());
    object->set("number", version.id.number);
    object->set("included_units", terms.included_units);
    object->set("tiers", tiers);
    object->set("monthly_minimum_micro_yuan", terms.monthly_minimum.microYuan());
    object->set("day_limit", limitJson(terms.day_limit));
    object->set("month_limit", limitJson(terms.month_limit));
    object->set("per_second_limit", limitJson(terms.per_second_limit));
    object->set("in_flight_limit", limitJson(terms.in_flight_limit));
    object->set("packs_only", terms.packs_only);
    object->set("created_at", tenants::rfc3339(version.created_at));
    return object;
}

std::string etagOf(const tenants::Plan& plan) {
    return "\"" + std::to_string(plan.versions) + "\"";
}

Poco::JSON::Object::Ptr planJson(const tenants::Plan& plan, const tenants::PlanVersion* latest) {
    auto object = jsonObject();
    object->set("id", plan.id.text());
    object->set("name", plan.name);
    object->set("versions", plan.versions);
    object->set("latest_version", latest != nullptr ? Var{versionJson(*latest)} : Var{});
    object->set("created_at", tenants::rfc3339(plan.created_at));
    object->set("etag", etagOf(plan));
    return object;
}

Poco::JSON::Object::Ptr assignmentJson(const tenants::PlanAssignment& assignment, bool in_force, tenants::UtcTime now) {
    const char* const state = assignment.cancelled_at      ? "cancelled"
                              : in_force                   ? "in_force"
                              : assignment.starts_at > now ? "scheduled"
                                                           : "ended";
    auto object = jsonObject();
    object->set("id", assignment.id.text());
    object->set("merchant", assignment.merchant.text());
    object->set("plan_version", assignment.version ? Var{assignment.version->text()} : Var{});
    object->set("state", std::string{state});
    object->set("starts_at", tenants::rfc3339(assignment.starts_at));
    object->set("created_at", tenants::rfc3339(assignment.created_at));
    object->set("cancelled_at", jsonTime(assignment.cancelled_at));
    return object;
}

Poco::JSON::Object::Ptr packJson(const tenants::Pack& pack, tenants::UtcTime now) {
    const char* const state = pack.used == pack.units ? "used_up" : pack.openAt(now) ? "open" : "expired";
    auto object = jsonObject();
    object->set("id", pack.id.text());
    object->set("merchant", pack.merchant.text());
    object->set("state", std::string{state});
    object->set("units", pack.units);
    object->set("used", pack.used);
    object->set("held", pack.held);
    object->set("left", pack.left());
    object->set("warned_percent", pack.warned_percent);
    object->set("price_micro_yuan", pack.price.microYuan());
    object->set("starts_at", tenants::rfc3339(pack.starts_at));
    object->set("expires_at", tenants::rfc3339(pack.expires_at));
    object->set("created_at", tenants::rfc3339(pack.created_at));
    object->set("note", pack.note);
    return object;
}

}  // namespace gateway::admin
