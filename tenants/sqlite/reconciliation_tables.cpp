#include "tenants/sqlite/reconciliation_tables.h"

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kUpsertRun =
    "INSERT INTO reconciliation (component, id, state, begun_by, started_ms, finished_ms, listed, to_check, checked,"
    " differences_total, error) VALUES (:component, :id, :state, :begun_by, :started, :finished, :listed, :to_check,"
    " :checked, :differences, :error) "
    "ON CONFLICT (id) DO UPDATE SET state = :state, finished_ms = :finished, listed = :listed, to_check = :to_check,"
    " checked = :checked, differences_total = :differences, error = :error RETURNING row";
constexpr const char* kDeleteDifferences =
    "DELETE FROM reconciliation_difference WHERE reconciliation_row = :reconciliation";
constexpr const char* kInsertDifference =
    "INSERT INTO reconciliation_difference (reconciliation_row, number, appid, merchant_id, kind, mended, detail) "
    "VALUES (:reconciliation, :number, :appid, :merchant, :kind, :mended, :detail)";
constexpr const char* kForgetOldRuns =
    "DELETE FROM reconciliation WHERE component = :component AND row NOT IN"
    " (SELECT row FROM reconciliation WHERE component = :component ORDER BY row DESC LIMIT :count)";
constexpr const char* kSelectRun =
    "SELECT row, id, state, begun_by, started_ms, finished_ms, listed, to_check, checked, differences_total, error "
    "FROM reconciliation WHERE component = :component AND id = :id";
constexpr const char* kSelectNewestRuns =
    "SELECT row, id, state, begun_by, started_ms, finished_ms, listed, to_check, checked, differences_total, error "
    "FROM reconciliation WHERE component = :component ORDER BY row DESC LIMIT :count";
constexpr const char* kSelectDifferences =
    "SELECT appid, merchant_id, kind, mended, detail FROM reconciliation_difference "
    "WHERE reconciliation_row = :reconciliation ORDER BY number";

ReconciliationReport reportOf(const Query& row) {
    ReconciliationReport report;
    report.id = ReconciliationId{row.text(1)};
    report.state = static_cast<ReconciliationReport::State>(row.number(2));
    report.trigger = static_cast<ReconciliationReport::Trigger>(row.number(3));
    report.started_at = row.time(4);
    report.finished_at = row.timeIfAny(5);
    report.listed = row.number(6);
    report.to_check = row.number(7);
    report.checked = row.number(8);
    report.differences_total = row.number(9);
    report.error = row.text(10);
    return report;
}

}  // namespace

Result<Done> ReconciliationTables::save(const ReconciliationReport& report) {
    const std::int64_t row = saveRun(report);
    PreparedStatement remove{database_, kDeleteDifferences};
    Query{remove}.bind(":reconciliation", row).run();
    PreparedStatement insert{database_, kInsertDifference};
    std::int64_t number = 0;
    for (const Difference& difference : report.differences) {
        Query{insert}
            .bind(":reconciliation", row)
            .bind(":number", ++number)
            .bind(":appid", difference.appid)
            .bind(":merchant", difference.merchant)
            .bind(":kind", difference.kind)
            .bind(":mended", difference.mended)
            .bind(":detail", difference.detail)
            .run();
    }
    PreparedStatement forget{database_, kForgetOldRuns};
    Query{forget}
        .bind(":component", component_)
        .bind(":count", static_cast<std::int64_t>(ReconciliationStore::kReportsKept))
        .run();
    return Done{};
}

std::int64_t ReconciliationTables::saveRun(const ReconciliationReport& report) {
    PreparedStatement upsert{database_, kUpsertRun};
    Query row{upsert};
    row.bind(":component", component_)
        .bind(":id", report.id)
        .bind(":state", static_cast<std::int64_t>(report.state))
        .bind(":begun_by", static_cast<std::int64_t>(report.trigger))
        .bind(":started", report.started_at)
        .bind(":finished", report.finished_at)
        .bind(":listed", report.listed)
        .bind(":to_check", report.to_check)
        .bind(":checked", report.checked)
        .bind(":differences", report.differences_total)
        .bind(":error", report.error);
    row.next();
    return row.number(0);
}

Result<std::optional<ReconciliationReport>> ReconciliationTables::find(const ReconciliationId& id) {
    PreparedStatement select{database_, kSelectRun};
    Query row{select};
    row.bind(":component", component_).bind(":id", id);
    if (!row.next()) return std::optional<ReconciliationReport>{};
    ReconciliationReport report = reportOf(row);
    report.differences = differencesOf(row.number(0));
    return std::optional{std::move(report)};
}

std::vector<Difference> ReconciliationTables::differencesOf(std::int64_t row) {
    PreparedStatement select{database_, kSelectDifferences};
    Query difference{select};
    difference.bind(":reconciliation", row);
    std::vector<Difference> differences;
    while (difference.next()) {
        differences.push_back({AppId{difference.text(0)}, MerchantId{difference.text(1)}, difference.text(2),
                               difference.flag(3), difference.text(4)});
    }
    return differences;
}

Result<std::vector<ReconciliationReport>> ReconciliationTables::newest(std::size_t count) {
    PreparedStatement select{database_, kSelectNewestRuns};
    Query row{select};
    row.bind(":component", component_).bind(":count", static_cast<std::int64_t>(count));
    std::vector<ReconciliationReport> reports;
    while (row.next()) reports.push_back(reportOf(row));
    return reports;
}

}  // namespace tenants::sqlite
