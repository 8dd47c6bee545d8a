#pragma once

#include <SQLiteCpp/Database.h>

#include <optional>
#include <utility>
#include <vector>

#include "tenants/authorization/reconciliation_report.h"

namespace tenants::sqlite {

/// The reports' tables, for one component platform. Everything here runs on the writer's thread.
class ReconciliationTables {
public:
    ReconciliationTables(SQLite::Database& database, AppId component)
        : database_(database), component_(std::move(component)) {}

    Result<Done> save(const ReconciliationReport& report);
    Result<std::optional<ReconciliationReport>> find(const ReconciliationId& id);
    Result<std::vector<ReconciliationReport>> newest(std::size_t count);

private:
    std::int64_t saveRun(const ReconciliationReport& report);
    std::vector<Difference> differencesOf(std::int64_t row);

    SQLite::Database& database_;
    const AppId component_;
};

}  // namespace tenants::sqlite
