#include "tenants/sqlite/sqlite_books.h"

#include <SQLiteCpp/Exception.h>

#include "tenants/sqlite/failure.h"
#include "tenants/sqlite/migrator.h"
#include "tenants/sqlite/query.h"
#include "tenants/sqlite/reader_pool.h"
#include "tenants/sqlite/sqlite_ledger_scan.h"
#include "tenants/sqlite/sqlite_plan_terms.h"
#include "tenants/sqlite/statement_reader.h"

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

/// The store's reads; whoever only reads has no writer to give a change to.
class ReadOnlyStatements final : public StatementStore {
public:
    explicit ReadOnlyStatements(ReaderPool& readers) : reader_(readers) {}

    std::optional<SignedStatement> find(const MerchantId& merchant, Period period) const override {
        return reader_.find(merchant, period);
    }
    std::vector<SignedStatement> list(const MerchantId& merchant, std::optional<Period> before,
                                      std::size_t count) const override {
        return reader_.list(merchant, before, count);
    }
    std::vector<SignedStatement> ofPeriod(Period period, const std::optional<MerchantId>& after,
                                          std::size_t count) const override {
        return reader_.ofPeriod(period, after, count);
    }
    std::vector<StatementPublicKey> keys() const override { return reader_.keys(); }
    std::vector<OpenAccount> openAccounts(Period period, const std::optional<MerchantId>& only) const override {
        return reader_.openAccounts(period, only);
    }
    std::map<MerchantId, HoldTally> holds(Period period, const std::optional<MerchantId>& only) const override {
        return reader_.holds(period, only);
    }
    std::map<MerchantId, std::vector<SoldPack>> unbilledPacks(Period period,
                                                              const std::optional<MerchantId>& only) const override {
        return reader_.unbilledPacks(period, only);
    }
    std::map<MerchantId, MonthlyMinimum> minimums(Period period, const std::optional<MerchantId>& only) const override {
        return reader_.minimums(period, only);
    }
    std::vector<UndecidedScan> undecided(UtcTime before, std::size_t count) const override {
        return reader_.undecided(before, count);
    }
    std::optional<Closing> closing(Period period) const override { return reader_.closing(period); }
    std::vector<Closing> unfinishedClosings() const override { return reader_.unfinishedClosings(); }

    Task<Result<std::vector<CloseOutcome>>> close(std::vector<ClosedSum> /*sums*/) override { co_return refusal(); }
    Task<Result<Done>> beginClosing(Period /*period*/, UtcTime /*now*/) override { co_return refusal(); }
    Task<Result<Done>> endClosing(Period /*period*/, UtcTime /*now*/) override { co_return refusal(); }

private:
    static Error refusal() { return {ErrorCode::kStoreUnavailable, "This store is open for reading only."}; }

    StatementReader reader_;
};

}  // namespace

struct SqliteBooks::Parts {
    Parts(const std::filesystem::path& path, const Clock& clock)
        : readers(path, {}, kConnections, clock), scan(readers), plans(readers), statements(readers) {}

    ReaderPool readers;
    SqliteLedgerScan scan;
    SqlitePlanTerms plans;
    ReadOnlyStatements statements;
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

std::map<MerchantId, std::string> SqliteBooks::merchantNames() const {
    ReaderPool::Reader reader = parts_->readers.read();
    SQLite::Statement select{reader.database(), kSelectNames};
    Query row{select};
    std::map<MerchantId, std::string> names;
    while (row.next()) names.emplace(MerchantId{row.text(0)}, row.text(1));
    return names;
}

}  // namespace tenants
