#include "tenants/sqlite/closed_usage_table.h"

#include <optional>
#include <string>
#include <utility>

#include "tenants/sqlite/query.h"
#include "tenants/sqlite/sqlite_plan_terms.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelectBilled =
    "SELECT plan.id, plan_version.number, sum(statement_line.units) FROM statement "
    "JOIN statement_line ON statement_line.statement_row = statement.row "
    "JOIN plan_version ON plan_version.row = statement_line.plan_version_row JOIN plan ON plan.row = plan_row "
    "WHERE period = :period AND merchant_row = :merchant AND kind = 'usage' AND pack_row IS NULL "
    "GROUP BY plan_version.row";
// A correction names its charge by number, which has no index; its hold, which both name by the request, has the row.
constexpr const char* kSelectTakenBack =
    "SELECT plan.id, plan_version.number, sum(correction.units) FROM statement "
    "JOIN usage_entry AS correction ON correction.merchant_row = statement.merchant_row"
    " AND correction.corrects_number BETWEEN statement.first_number AND statement.last_number "
    "JOIN hold ON hold.request_id = correction.request_id AND hold.merchant_row = correction.merchant_row "
    "JOIN usage_entry AS charge ON charge.row = hold.entry_row "
    "JOIN plan_version ON plan_version.row = correction.plan_version_row JOIN plan ON plan.row = plan_row "
    "WHERE statement.period = :period AND statement.merchant_row = :merchant AND correction.corrects_number IS NOT NULL"
    " AND correction.period <> statement.period AND charge.period = statement.period AND correction.pack_row IS NULL "
    "GROUP BY plan_version.row";
constexpr const char* kSelectMinimum =
    "SELECT coalesce(monthly_minimum_micro_yuan, 0) FROM plan_assignment "
    "LEFT JOIN plan_version ON plan_version.row = plan_version_row "
    "WHERE merchant_row = :merchant AND starts_ms < :ends AND cancelled_ms IS NULL "
    "ORDER BY starts_ms DESC, plan_assignment.row DESC LIMIT 1";

void addUnits(Query& row, ClosedUsage& usage) {
    while (row.next()) usage.units[{PlanId{row.text(0)}, row.number(1)}] += row.number(2);
}

}  // namespace

ClosedUsageTable::ClosedUsageTable(SQLite::Database& database)
    : database_(database),
      select_billed_(database, kSelectBilled),
      select_taken_back_(database, kSelectTakenBack),
      select_minimum_(database, kSelectMinimum) {}

Money ClosedUsageTable::givenBack(const LedgerHead& head, const UsageEntry& charge) {
    if (!charge.plan_version || charge.pack) return Money{};
    return tenants::givenBack(*this, usageOf(head, charge.period), *charge.plan_version);
}

ClosedUsage ClosedUsageTable::usageOf(const LedgerHead& head, Period period) {
    ClosedUsage usage;
    for (PreparedStatement* const select : {&select_billed_, &select_taken_back_}) {
        Query row{*select};
        row.bind(":period", std::int64_t{period.number()}).bind(":merchant", head.merchant_row);
        addUnits(row, usage);
    }
    Query row{select_minimum_};
    row.bind(":merchant", head.merchant_row).bind(":ends", period.ends());
    if (row.next()) usage.minimum = Money{row.number(0)};
    return usage;
}

const PlanTerms* ClosedUsageTable::find(const PlanVersionId& version) const {
    if (const auto known = terms_.find(version); known != terms_.end()) return &known->second;
    std::optional<PlanTerms> terms = planTermsOf(database_, version);
    return terms ? &terms_.emplace(version, *std::move(terms)).first->second : nullptr;
}

}  // namespace tenants::sqlite
