#include "tenants/sqlite/reference_check.h"

#include <array>
#include <string>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

struct Reference {
    const char* column;  // nullptr: none
    const char* parent;  // the table whose `row` it names
};

/// A table of which rows refer to others. What stands here is ours, never a caller's: it becomes SQL.
struct Referring {
    const char* table;
    const char* name;      // SQL: what a row is called
    const char* merchant;  // SQL: whose row it is; nullptr: nobody's
    std::array<Reference, 6> references;
};

constexpr const char* kMerchant = "(SELECT id FROM merchant WHERE row = merchant_row)";
constexpr const char* kMerchantOfStatement =
    "(SELECT merchant.id FROM statement JOIN merchant ON merchant.row = merchant_row WHERE statement.row = "
    "statement_row)";

// In the order in which the audit has them; entries and requests last, since they are many.
constexpr std::array kTables{
    Referring{"api_key", "'keys/' || id", kMerchant, {{{"merchant_row", "merchant"}}}},
    Referring{"plan_version", "'plan version ' || number", nullptr, {{{"plan_row", "plan"}}}},
    Referring{"plan_tier",
              "'tier ' || number || ' at ' || price_micro_yuan || ' micro-yuan'",
              nullptr,
              {{{"plan_version_row", "plan_version"}}}},
    Referring{"plan_assignment",
              "'plan-assignments/asg_' || row",
              kMerchant,
              {{{"merchant_row", "merchant"}, {"plan_version_row", "plan_version"}}}},
    Referring{"pack", "'packs/' || id", kMerchant, {{{"merchant_row", "merchant"}}}},
    Referring{"quota_window", "'window ' || policy || ' in row ' || row", kMerchant, {{{"merchant_row", "merchant"}}}},
    Referring{"upstream_word", "'WeChat''s word'", nullptr, {{{"window_row", "quota_window"}}}},
    Referring{"ledger_head", "'a head of the ledger'", kMerchant, {{{"merchant_row", "merchant"}}}},
    Referring{"statement_line",
              "'line ' || number || ' of a statement'",
              kMerchantOfStatement,
              {{{"statement_row", "statement"}, {"plan_version_row", "plan_version"}, {"pack_row", "pack"}}}},
    Referring{
        "statement_late_day", "'a late day of a statement'", kMerchantOfStatement, {{{"statement_row", "statement"}}}},
    Referring{"statement_pending_hold",
              "'a pending request of a statement'",
              kMerchantOfStatement,
              {{{"statement_row", "statement"}}}},
    // Entries of no merchant are named by the walk along the ledger.
    Referring{"usage_entry",
              "'entry ' || number || ' (row ' || row || ')'",
              kMerchant,
              {{{"plan_version_row", "plan_version"}, {"pack_row", "pack"}}}},
    Referring{"hold",
              "'request ' || request_id",
              kMerchant,
              {{{"merchant_row", "merchant"},
                {"plan_version_row", "plan_version"},
                {"pack_row", "pack"},
                {"day_window_row", "quota_window"},
                {"month_window_row", "quota_window"},
                {"upstream_window_row", "quota_window"}}}},
};

/// Selects whose it is, its name, and the first of its references that names nothing.
std::string selectBroken(const Referring& table) {
    std::string first_broken = "CASE";
    for (const Reference& reference : table.references) {
        if (reference.column == nullptr) continue;
        const std::string column = reference.column;
        first_broken.append(" WHEN ").append(column).append(" NOT IN (SELECT row FROM ").append(reference.parent);
        first_broken.append(") THEN '").append(column).append(" ' || ").append(column).append(" || ' names no ");
        first_broken.append(reference.parent).append("'");
    }
    return "SELECT coalesce(" + std::string{table.merchant == nullptr ? "NULL" : table.merchant} + ", ''), " +
           table.name + ", " + first_broken + " END AS broken FROM " + table.table + " WHERE broken IS NOT NULL";
}

}  // namespace

void checkReferences(SQLite::Database& database, const std::optional<MerchantId>& merchant, LedgerReport& report) {
    for (const Referring& table : kTables) {
        PreparedStatement select{database, selectBroken(table)};
        Query row{select};
        while (row.next()) {
            const std::string whose = row.text(0);
            if (merchant && !whose.empty() && whose != merchant->text()) continue;
            report.add(whose, row.text(1) + " was added, moved or changed: its " + row.text(2));
        }
    }
}

}  // namespace tenants::sqlite
