#pragma once

#include <SQLiteCpp/Database.h>

#include <map>

#include "tenants/billing/pricing.h"

namespace tenants::sqlite {

/// All plan versions of a database as they were when this was made, for programs that only read. Immutable.
class SqlitePlanTerms final : public PlanTermsSource {
public:
    explicit SqlitePlanTerms(SQLite::Database& database);

    const PlanTerms* find(const PlanVersionId& version) const override;

private:
    std::map<PlanVersionId, PlanTerms> terms_;
};

}  // namespace tenants::sqlite
