#include "tenants/sqlite/sqlite_reconciliation_store.h"

#include <stdexcept>
#include <utility>

#include "tenants/sqlite/write.h"

namespace tenants::sqlite {
namespace {

template <class T>
T found(Result<T> result) {
    if (!result) throw std::runtime_error("store unavailable: " + result.error().for_log);
    return *std::move(result);
}

}  // namespace

Task<Result<Done>> SqliteReconciliationStore::save(ReconciliationReport report, std::optional<AuditNote> note) {
    if (note) note = note->on("reconciliation.create", MerchantId{}, "reconciliations/" + report.id.text());
    Write write{writer_, [&] { return note ? audit_.noted(tables_.save(report), *note) : tables_.save(report); }};
    co_return co_await write;
}

Task<std::optional<ReconciliationReport>> SqliteReconciliationStore::find(ReconciliationId id) {
    Write write{writer_, [&] { return tables_.find(id); }};
    Result<std::optional<ReconciliationReport>> report = co_await write;
    co_return found(std::move(report));
}

Task<std::vector<ReconciliationReport>> SqliteReconciliationStore::newest(std::size_t count) {
    Write write{writer_, [&] { return tables_.newest(count); }};
    Result<std::vector<ReconciliationReport>> reports = co_await write;
    co_return found(std::move(reports));
}

}  // namespace tenants::sqlite
