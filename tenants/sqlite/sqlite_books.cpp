#include "tenants/sqlite/sqlite_books.h"

#include <SQLiteCpp/Exception.h>

#include "tenants/sqlite/failure.h"
#include "tenants/sqlite/migrator.h"
#include "tenants/sqlite/query.h"
#include "tenants/sqlite/reader_pool.h"
#include "tenants/sqlite/sqlite_ledger_scan.h"
#include "tenants/sqlite/sqlite_plan_terms.h"
#include "tenants/sqlite/statement_reads.h"
#include "tenants/sqlite/upstream_day_reads.h"

namespace tenants {
namespace {

using namespace sqlite;

constexpr std::size_t kConnections = 2;
constexpr const char* kSelectNames = "SELECT id, name FROM merchant";

void refuseOtherSchema(const std::filesystem::path& path) {
    if (!std::filesystem::exists(path)) throw DatabaseRefused("there is no database " + path.string());
    const std::span<const Migration> migrations = builtInMigrations();
    if (static_cast<std::size_t>(examineSchema(path, migrations, {})) == migrations.size()) return;
    throw DatabaseRefused("database " + path.string() +
                          " has an older schema; tollgate migrate brings it to this version's");
}

Error refusal() {
    return {ErrorCode::kStoreUnavailable, "This store is open for reading only."};
}

/// Whoever only reads has no writer to give a change to.
class ReadOnlyStatements final : public StatementReads {
public:
    using StatementReads::StatementReads;

    Task<Result<CloseOutcome>> close(ClosedSum /*sum*/, std::optional<AuditNote> /*note*/) override {
        co_return refusal();
    }
    Task<Result<Done>> beginClosing(Period /*period*/, UtcTime /*now*/, AuditNote /*note*/) override {
        co_return refusal();
    }
    Task<Result<Done>> endClosing(Period /*period*/, UtcTime /*now*/, AuditNote /*note*/) override {
        co_return refusal();
    }
};

class ReadOnlyUpstreamDays final : public UpstreamDayReads {
public:
    using UpstreamDayReads::UpstreamDayReads;

    Task<Result<UnheardMerchants>> unheard(UtcTime /*now*/, std::chrono::milliseconds /*lead*/, std::int64_t /*after*/,
                                           std::size_t /*count*/) override {
        co_return refusal();
    }
    Task<Result<Done>> keepWord(MerchantId /*merchant*/, UpstreamQuotaTold /*told*/, UtcTime /*now*/) override {
        co_return refusal();
    }
};

}  // namespace

struct SqliteBooks::Parts {
    Parts(const std::filesystem::path& path, const Clock& clock)
        : readers(path, {}, kConnections, clock),
          scan(readers),
          plans(readers),
          statements(readers),
          upstream_days(readers) {}

    ReaderPool readers;
    SqliteLedgerScan scan;
    SqlitePlanTerms plans;
    ReadOnlyStatements statements;
    ReadOnlyUpstreamDays upstream_days;
};

std::unique_ptr<SqliteBooks> SqliteBooks::open(const std::filesystem::path& path, const Clock& clock) {
    refuseOtherSchema(path);
    try {
        return std::unique_ptr<SqliteBooks>{new SqliteBooks{std::make_unique<Parts>(path, clock)}};
    } catch (const SQLite::Exception& failure) {
        throw DatabaseRefused("database " + path.string() + " cannot be opened: " + failure.what());
    }
}

SqliteBooks::SqliteBooks(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SqliteBooks::~SqliteBooks() = default;

const LedgerScan& SqliteBooks::ledgerScan() const noexcept {
    return parts_->scan;
}
const PlanTermsSource& SqliteBooks::plans() const noexcept {
    return parts_->plans;
}
const StatementStore& SqliteBooks::statements() const noexcept {
    return parts_->statements;
}

const UpstreamDays& SqliteBooks::upstreamDays() const noexcept {
    return parts_->upstream_days;
}

std::map<MerchantId, std::string> SqliteBooks::merchantNames() const {
    ReaderPool::Reader reader = parts_->readers.read();
    PreparedStatement select{reader.database(), kSelectNames};
    Query row{select};
    std::map<MerchantId, std::string> names;
    while (row.next()) names.emplace(MerchantId{row.text(0)}, row.text(1));
    return names;
}

}  // namespace tenants
