#pragma once

#include <SQLiteCpp/Database.h>

#include <map>
#include <mutex>
#include <optional>

#include "tenants/billing/pricing.h"
#include "tenants/sqlite/reader_pool.h"

namespace tenants::sqlite {

/// Of one version, by any connection; empty where there is no such version.
std::optional<PlanTerms> planTermsOf(SQLite::Database& database, const PlanVersionId& version);

/// The terms of plan versions for whoever sums the books: read when they are first asked for, since they never change.
/// May block on the disk. Safe from any thread.
class SqlitePlanTerms final : public PlanTermsSource {
public:
    explicit SqlitePlanTerms(ReaderPool& readers) : readers_(readers) {}

    const PlanTerms* find(const PlanVersionId& version) const override;

private:
    ReaderPool& readers_;
    mutable std::mutex mutex_;
    mutable std::map<PlanVersionId, PlanTerms> terms_;  // a map's values stay where they are
};

}  // namespace tenants::sqlite
