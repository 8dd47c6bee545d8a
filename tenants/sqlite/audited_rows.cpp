#include "tenants/sqlite/audited_rows.h"

#include <algorithm>
#include <array>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr std::array kRows{
    AuditedRows{"",
                "SELECT merchant.id AS merchant, '' AS target, json_object('name', name, 'suspended', suspended,"
                " 'suspended_reason', suspended_reason, 'day_limit', day_limit, 'created_ms', created_ms) AS content "
                "FROM merchant",
                true},
    AuditedRows{"keys/",
                "SELECT merchant.id AS merchant, 'keys/' || api_key.id AS target, json_object('label', label, 'prefix',"
                " lookup, 'created_ms', api_key.created_ms, 'expires_ms', expires_ms, 'revoked_ms', revoked_ms) AS "
                "content FROM api_key JOIN merchant ON merchant.row = merchant_row",
                true},
    AuditedRows{"admin-tokens/",
                "SELECT '' AS merchant, 'admin-tokens/' || id AS target, json_object('label', label, 'prefix', lookup,"
                " 'created_ms', created_ms, 'revoked_ms', revoked_ms) AS content FROM admin_token",
                true},
    AuditedRows{"plans/",
                "SELECT '' AS merchant, 'plans/' || id AS target, json_object('name', name, 'created_ms', created_ms) "
                "AS content FROM plan",
                true},
    AuditedRows{"plan-versions/",
                "SELECT '' AS merchant, 'plan-versions/' || plan.id || '@' || number AS target, json_object("
                "'included_units', included_units, 'monthly_minimum_micro_yuan', monthly_minimum_micro_yuan,"
                " 'day_limit', day_limit, 'month_limit', month_limit, 'per_second_limit', per_second_limit,"
                " 'in_flight_limit', in_flight_limit, 'packs_only', packs_only, 'created_ms', plan_version.created_ms,"
                " 'tiers', (SELECT json_group_array(json_array(number, up_to_units, price_micro_yuan)) FROM"
                " (SELECT number, up_to_units, price_micro_yuan FROM plan_tier"
                " WHERE plan_version_row = plan_version.row ORDER BY number))) AS content "
                "FROM plan_version JOIN plan ON plan.row = plan_row",
                true},
    AuditedRows{"plan-assignments/",
                "SELECT merchant.id AS merchant, 'plan-assignments/asg_' || plan_assignment.row AS target, json_object("
                "'plan_version', plan.id || '@' || plan_version.number, 'starts_ms', starts_ms, 'created_ms',"
                " plan_assignment.created_ms, 'cancelled_ms', cancelled_ms) AS content FROM plan_assignment "
                "JOIN merchant ON merchant.row = merchant_row LEFT JOIN plan_version ON plan_version.row = "
                "plan_version_row LEFT JOIN plan ON plan.row = plan_row",
                true},
    AuditedRows{"packs/",
                "SELECT merchant.id AS merchant, 'packs/' || pack.id AS target, json_object('units', units,"
                " 'price_micro_yuan', price_micro_yuan, 'starts_ms', starts_ms, 'expires_ms', expires_ms, 'created_ms',"
                " pack.created_ms, 'note', note) AS content FROM pack JOIN merchant ON merchant.row = merchant_row",
                true},
    AuditedRows{"periods/",
                "SELECT '' AS merchant, 'periods/' || printf('%04d-%02d', period / 100, period % 100) AS target,"
                " json_object('started_ms', started_ms) AS content FROM period_closing",
                true},
    // One that ended before the audit kept it has no line of its end.
    AuditedRows{"closed-periods/",
                "SELECT '' AS merchant, 'closed-periods/' || printf('%04d-%02d', period / 100, period % 100) AS target,"
                " json_object('finished_ms', finished_ms) AS content FROM period_closing WHERE finished_ms IS NOT NULL",
                false},
    // Statements prove themselves by their signatures; the audit names those that were closed one by one.
    AuditedRows{"statements/",
                "SELECT merchant.id AS merchant, 'statements/' || printf('%04d-%02d', period / 100, period % 100) AS "
                "target, json_object('chain_hash', lower(hex(chain_hash)), 'signature', lower(hex(signature))) AS "
                "content FROM statement JOIN merchant ON merchant.row = merchant_row",
                false},
};

}  // namespace

std::span<const AuditedRows> auditedRows() {
    return kRows;
}

std::optional<std::string> contentOf(SQLite::Database& database, const MerchantId& merchant,
                                     const std::string& target) {
    const auto rows = std::ranges::find_if(kRows, [&target](const AuditedRows& each) {
        return each.prefix.empty() ? target.empty() : target.starts_with(each.prefix);
    });
    if (rows == kRows.end()) return std::nullopt;
    PreparedStatement select{database, std::string{"SELECT content FROM ("} + rows->select +
                                           ") WHERE merchant = :merchant AND target = :target"};
    Query row{select};
    row.bind(":merchant", merchant).bind(":target", target);
    return row.next() ? std::optional{row.text(0)} : std::nullopt;
}

}  // namespace tenants::sqlite
