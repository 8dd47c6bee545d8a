#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <map>

#include "tenants/billing/pricing.h"
#include "tenants/sqlite/ledger_heads.h"
#include "tenants/sqlite/prepared_statement.h"
#include "tenants/usage/usage_entry.h"

namespace tenants::sqlite {

/// What is left of a merchant's closed periods, as the writer's transaction finds it: each statement's lines, less what was
/// taken back since. Reads the corrections of the period that later ones hold: some 2 µs each.
class ClosedUsageTable final : public PlanTermsSource {
public:
    explicit ClosedUsageTable(SQLite::Database& database);

    /// What a correction of this charge gives back, whose period is closed: 0 where no plan priced it or a pack paid for it.
    Money givenBack(const LedgerHead& head, const UsageEntry& charge);

    const PlanTerms* find(const PlanVersionId& version) const override;

private:
    ClosedUsage usageOf(const LedgerHead& head, Period period);

    SQLite::Database& database_;
    PreparedStatement select_billed_;
    PreparedStatement select_taken_back_;
    PreparedStatement select_minimum_;
    mutable std::map<PlanVersionId, PlanTerms> terms_;  // they never change, and a map's values stay where they are
};

}  // namespace tenants::sqlite
