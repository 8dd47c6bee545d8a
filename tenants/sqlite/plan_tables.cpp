#include "tenants/sqlite/plan_tables.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "tenants/sqlite/pack_rows.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelectPlans = "SELECT id, name, created_ms FROM plan";
constexpr const char* kSelectVersions =
    "SELECT plan.id, number, included_units, monthly_minimum_micro_yuan, day_limit, month_limit, per_second_limit,"
    " in_flight_limit, packs_only, plan_version.created_ms, plan_version.row "
    "FROM plan_version JOIN plan ON plan.row = plan_row ORDER BY plan_row, number";
constexpr const char* kSelectTiers =
    "SELECT up_to_units, price_micro_yuan FROM plan_tier WHERE plan_version_row = :version ORDER BY number";
constexpr const char* kSelectAssignments =
    "SELECT plan_assignment.row, merchant.id, plan.id, number, starts_ms, plan_assignment.created_ms, cancelled_ms "
    "FROM plan_assignment JOIN merchant ON merchant.row = merchant_row "
    "LEFT JOIN plan_version ON plan_version.row = plan_version_row LEFT JOIN plan ON plan.row = plan_row";
constexpr const char* kOrdered = " ORDER BY plan_assignment.row";
constexpr const char* kOne = " WHERE plan_assignment.row = :row AND merchant.id = :merchant";
constexpr const char* kSelectMerchantRow = "SELECT row FROM merchant WHERE id = :id";
constexpr const char* kSelectPlanRow = "SELECT row FROM plan WHERE id = :id";
constexpr const char* kSelectVersionRow =
    "SELECT plan_version.row FROM plan_version JOIN plan ON plan.row = plan_row "
    "WHERE plan.id = :id AND number = :number";
constexpr const char* kSelectLastNumber = "SELECT coalesce(max(number), 0) FROM plan_version WHERE plan_row = :plan";
constexpr const char* kInsertPlan =
    "INSERT INTO plan (id, name, created_ms) VALUES (:id, :name, :now) ON CONFLICT DO NOTHING";
constexpr const char* kInsertVersion =
    "INSERT INTO plan_version (plan_row, number, included_units, monthly_minimum_micro_yuan, day_limit, month_limit,"
    " per_second_limit, in_flight_limit, packs_only, created_ms) VALUES (:plan, :number, :included, :minimum, :day,"
    " :month, :per_second, :in_flight, :packs_only, :now)";
constexpr const char* kInsertTier =
    "INSERT INTO plan_tier (plan_version_row, number, up_to_units, price_micro_yuan) "
    "VALUES (:version, :number, :up_to, :price)";
constexpr const char* kInsertAssignment =
    "INSERT INTO plan_assignment (merchant_row, plan_version_row, starts_ms, created_ms, cancelled_ms) "
    "VALUES (:merchant, :version, :starts, :now, NULL)";
constexpr const char* kCancelAssignment = "UPDATE plan_assignment SET cancelled_ms = :now WHERE row = :row";
constexpr const char* kInsertPack =
    "INSERT INTO pack (merchant_row, id, units, price_micro_yuan, used, held, starts_ms, expires_ms, created_ms, note) "
    "VALUES (:merchant, :id, :units, :price, 0, 0, :starts, :expires, :created, :note) ON CONFLICT DO NOTHING";
// A pack has a span that is not empty, one that ends as soon as it begins included. What corrections gave back to it they
// gave back before its end: from that alone its sums can be recomputed, also where both came at one instant or the clock
// went back in between.
constexpr const char* kExpirePack =
    "UPDATE pack SET expires_ms = max(:now, starts_ms + 1, coalesce((SELECT max(recorded_ms) + 1 FROM usage_entry "
    "WHERE usage_entry.merchant_row = pack.merchant_row AND corrects_number IS NOT NULL AND pack_row = pack.row "
    "AND recorded_ms < pack.expires_ms), 0)) "
    "WHERE merchant_row = :merchant AND id = :id AND expires_ms > :now";

constexpr std::string_view kAssignmentPrefix = "asg_";

AssignmentId assignmentId(std::int64_t row) {
    return AssignmentId{std::string{kAssignmentPrefix} + std::to_string(row)};
}

/// Nothing for a text that no assignment can have.
std::optional<std::int64_t> rowOf(const AssignmentId& id) {
    std::string_view text = id.text();
    if (!text.starts_with(kAssignmentPrefix)) return std::nullopt;
    text.remove_prefix(kAssignmentPrefix.size());
    std::int64_t row = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), row);
    if (failure != std::errc{} || end != text.data() + text.size() || assignmentId(row) != id) return std::nullopt;
    return row;
}

PlanAssignment assignmentOf(const Query& row) {
    PlanAssignment assignment;
    assignment.id = assignmentId(row.number(0));
    assignment.merchant = MerchantId{row.text(1)};
    if (!row.isNull(2)) assignment.version = PlanVersionId{PlanId{row.text(2)}, row.number(3)};
    assignment.starts_at = row.time(4);
    assignment.created_at = row.time(5);
    assignment.cancelled_at = row.timeIfAny(6);
    return assignment;
}

PlanVersion versionOf(const Query& row) {
    PlanVersion version;
    version.id = {PlanId{row.text(0)}, row.number(1)};
    version.terms.included_units = row.number(2);
    version.terms.monthly_minimum = Money{row.number(3)};
    version.terms.day_limit = row.numberIfAny(4);
    version.terms.month_limit = row.numberIfAny(5);
    version.terms.per_second_limit = row.numberIfAny(6);
    version.terms.in_flight_limit = row.numberIfAny(7);
    version.terms.packs_only = row.flag(8);
    version.created_at = row.time(9);
    return version;
}

Error noSuch(std::string_view what) {
    return {ErrorCode::kNotFound, "There is no such " + std::string{what} + "."};
}

}  // namespace

void PlanTables::load(PlanDirectory& directory) {
    PreparedStatement plans{database_, kSelectPlans};
    for (Query row{plans}; row.next();) directory.add(PlanId{row.text(0)}, row.text(1), row.time(2));
    loadVersions(directory);
    loadAssignments(directory);
}

void PlanTables::loadVersions(PlanDirectory& directory) {
    PreparedStatement versions{database_, kSelectVersions};
    PreparedStatement tiers{database_, kSelectTiers};
    for (Query row{versions}; row.next();) {
        PlanVersion version = versionOf(row);
        Query tier{tiers};
        tier.bind(":version", row.number(10));
        while (tier.next()) version.terms.tiers.push_back({tier.numberIfAny(0), Money{tier.number(1)}});
        directory.add(std::move(version));
    }
}

void PlanTables::loadAssignments(PlanDirectory& directory) {
    PreparedStatement assignments{database_, std::string{kSelectAssignments} + kOrdered};
    for (Query row{assignments}; row.next();) directory.put(assignmentOf(row));
}

Result<AddedPlan> PlanTables::addPlan(const PlanId& plan, const std::string& name,
                                      const std::optional<PlanTerms>& first, UtcTime now) {
    PreparedStatement insert{database_, kInsertPlan};
    if (Query{insert}.bind(":id", plan).bind(":name", name).bind(":now", now).run() == 0) {
        return Error{ErrorCode::kConflict, "There is such a plan already."};
    }
    AddedPlan added{{plan, name, 0, now}, {}};
    if (first) {
        added.version = insertVersion(database_.getLastInsertRowid(), {plan, 1}, *first, now);
        added.plan.versions = 1;
    }
    return added;
}

Result<PlanVersion> PlanTables::addVersion(const PlanId& plan, const PlanTerms& terms, UtcTime now) {
    const auto plan_row = planRow(plan);
    if (!plan_row) return noSuch("plan");
    std::int64_t last = 0;
    {
        PreparedStatement select{database_, kSelectLastNumber};
        Query row{select};
        row.bind(":plan", *plan_row);
        if (row.next()) last = row.number(0);
    }
    return insertVersion(*plan_row, {plan, last + 1}, terms, now);
}

PlanVersion PlanTables::insertVersion(std::int64_t plan_row, PlanVersionId id, const PlanTerms& terms, UtcTime now) {
    PreparedStatement insert{database_, kInsertVersion};
    Query{insert}
        .bind(":plan", plan_row)
        .bind(":number", id.number)
        .bind(":included", terms.included_units)
        .bind(":minimum", terms.monthly_minimum.microYuan())
        .bind(":day", terms.day_limit)
        .bind(":month", terms.month_limit)
        .bind(":per_second", terms.per_second_limit)
        .bind(":in_flight", terms.in_flight_limit)
        .bind(":packs_only", terms.packs_only)
        .bind(":now", now)
        .run();
    const std::int64_t version_row = database_.getLastInsertRowid();
    PreparedStatement insert_tier{database_, kInsertTier};
    std::int64_t number = 0;
    for (const PriceTier& tier : terms.tiers) {
        Query{insert_tier}
            .bind(":version", version_row)
            .bind(":number", ++number)
            .bind(":up_to", tier.up_to_units)
            .bind(":price", tier.price.microYuan())
            .run();
    }
    return {std::move(id), terms, now};
}

Result<PlanAssignment> PlanTables::assign(const MerchantId& merchant, const std::optional<PlanVersionId>& version,
                                          UtcTime starts_at, UtcTime now) {
    const auto merchant_row = merchantRow(merchant);
    if (!merchant_row) return noSuch("merchant");
    std::optional<std::int64_t> version_row;
    if (version) {
        version_row = versionRow(*version);
        if (!version_row) return noSuch("plan version");
    }
    PreparedStatement insert{database_, kInsertAssignment};
    Query{insert}
        .bind(":merchant", *merchant_row)
        .bind(":version", version_row)
        .bind(":starts", starts_at)
        .bind(":now", now)
        .run();
    PlanAssignment assignment{assignmentId(database_.getLastInsertRowid()), merchant, version, starts_at, now, {}};
    quotas_.takeTerms(*merchant_row, now);
    return assignment;
}

Result<PlanAssignment> PlanTables::cancelAssignment(const MerchantId& merchant, const AssignmentId& assignment,
                                                    UtcTime now) {
    const auto row = rowOf(assignment);
    if (!row) return noSuch("plan assignment");
    PlanAssignment cancelled;
    {
        PreparedStatement select{database_, std::string{kSelectAssignments} + kOne};
        Query stored{select};
        stored.bind(":row", *row).bind(":merchant", merchant);
        if (!stored.next()) return noSuch("plan assignment");
        cancelled = assignmentOf(stored);
    }
    if (cancelled.cancelled_at) return cancelled;
    if (cancelled.starts_at <= now) return Error{ErrorCode::kConflict, "The plan assignment has begun."};
    PreparedStatement update{database_, kCancelAssignment};
    Query{update}.bind(":now", now).bind(":row", *row).run();
    cancelled.cancelled_at = now;
    quotas_.takeTerms(merchantRow(merchant).value(), now);
    return cancelled;
}

Result<Pack> PlanTables::grantPack(const Pack& pack) {
    const auto merchant_row = merchantRow(pack.merchant);
    if (!merchant_row) return noSuch("merchant");
    quotas_.putPacksDown(*merchant_row);
    PreparedStatement insert{database_, kInsertPack};
    const int rows = Query{insert}
                         .bind(":merchant", *merchant_row)
                         .bind(":id", pack.id)
                         .bind(":units", pack.units)
                         .bind(":price", pack.price.microYuan())
                         .bind(":starts", pack.starts_at)
                         .bind(":expires", pack.expires_at)
                         .bind(":created", pack.created_at)
                         .bind(":note", pack.note)
                         .run();
    if (rows == 0) return Error{ErrorCode::kConflict, "There is such a pack already."};
    return pack;
}

Result<Pack> PlanTables::expirePack(const MerchantId& merchant, const PackId& pack, UtcTime now) {
    const auto merchant_row = merchantRow(merchant);
    if (!merchant_row) return noSuch("pack");
    quotas_.putPacksDown(*merchant_row);
    PreparedStatement update{database_, kExpirePack};
    Query{update}.bind(":now", now).bind(":merchant", *merchant_row).bind(":id", pack).run();
    std::optional<Pack> expired = findPack(database_, merchant, pack);
    if (!expired) return noSuch("pack");
    return *std::move(expired);
}

std::optional<std::int64_t> PlanTables::merchantRow(const MerchantId& merchant) {
    PreparedStatement select{database_, kSelectMerchantRow};
    Query row{select};
    row.bind(":id", merchant);
    return row.next() ? std::optional{row.number(0)} : std::nullopt;
}

std::optional<std::int64_t> PlanTables::planRow(const PlanId& plan) {
    PreparedStatement select{database_, kSelectPlanRow};
    Query row{select};
    row.bind(":id", plan);
    return row.next() ? std::optional{row.number(0)} : std::nullopt;
}

std::optional<std::int64_t> PlanTables::versionRow(const PlanVersionId& version) {
    PreparedStatement select{database_, kSelectVersionRow};
    Query row{select};
    row.bind(":id", version.plan).bind(":number", version.number);
    return row.next() ? std::optional{row.number(0)} : std::nullopt;
}

}  // namespace tenants::sqlite
