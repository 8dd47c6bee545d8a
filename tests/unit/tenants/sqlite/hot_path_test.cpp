#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <map>
#include <string>

#include "tenants/sqlite/audit_table.h"
#include "tenants/sqlite/connection.h"
#include "tenants/sqlite/ledger_tables.h"
#include "tenants/sqlite/merchant_tables.h"
#include "tenants/sqlite/migrator.h"
#include "tenants/sqlite/plan_tables.h"
#include "tests/unit/tenants/sqlite/store_fixture.h"

namespace test_support {
namespace {

using tenants::MerchantId;
using tenants::UtcTime;

/// How many statements SQLite ran, by their first words.
class StatementCount {
public:
    explicit StatementCount(SQLite::Database& database) : handle_(database.getHandle()) {
        sqlite3_trace_v2(handle_, SQLITE_TRACE_STMT, &StatementCount::note, this);
    }
    StatementCount(const StatementCount&) = delete;
    StatementCount& operator=(const StatementCount&) = delete;
    ~StatementCount() { sqlite3_trace_v2(handle_, 0, nullptr, nullptr); }

    int of(const std::string& words) const {
        int count = 0;
        for (const auto& [text, times] : counts_) count += text.starts_with(words) ? times : 0;
        return count;
    }
    int all() const { return of(""); }

private:
    static int note(unsigned /*event*/, void* self, void* /*statement*/, void* text) {
        ++static_cast<StatementCount*>(self)->counts_[static_cast<const char*>(text)];
        return 0;
    }

    sqlite3* handle_;
    std::map<std::string, int> counts_;
};

/// The writer's tables without its thread, so that what a scan costs can be counted.
class HotPath : public StoreFixture {
protected:
    HotPath() {
        for (const char* id : {"mer_plain", "mer_full"}) {
            const tenants::Merchant merchant{MerchantId{id}, "shop", false, "", 1000, beijingNoon(), 1, kComponent};
            EXPECT_TRUE(merchants_.add(merchant));
        }
        tenants::PlanTerms terms;
        terms.tiers = {{std::nullopt, tenants::Money{50'000}}};
        terms.day_limit = 900;
        terms.month_limit = 9000;
        terms.packs_only = true;
        EXPECT_TRUE(plans_.addPlan(tenants::PlanId{"std"}, "Standard", terms, beijingNoon()));
        const tenants::PlanVersionId version{tenants::PlanId{"std"}, 1};
        EXPECT_TRUE(plans_.assign(MerchantId{"mer_full"}, version, beijingNoon(), beijingNoon()));
        tenants::Pack pack;
        pack.id = tenants::PackId{"pack_a"};
        pack.merchant = MerchantId{"mer_full"};
        pack.units = 800;
        pack.starts_at = beijingNoon();
        pack.expires_at = beijingNoon() + std::chrono::hours{24};
        EXPECT_TRUE(plans_.grantPack(pack));
        tenants::UpstreamQuotaChange upstream;
        upstream.day_free = 0;
        upstream.pack_units = 500;
        tenants::Merchant full{MerchantId{"mer_full"}, "shop", false, "", 1000, beijingNoon(), 1, kComponent};
        EXPECT_TRUE(merchants_.update(full, beijingNoon(), upstream));
        commit();
    }

    void scan(const std::string& merchant) {
        const std::string request = "r-" + std::to_string(++scans_);
        const auto reserved = ledger_.reserve(reservation(merchant, request));
        ASSERT_TRUE(reserved && std::holds_alternative<tenants::Reserved>(*reserved));
        ASSERT_TRUE(ledger_.settle(settlement(merchant, request), tenants::EntryId{"ent_" + request}, std::nullopt));
    }
    void commit() {
        ledger_.beforeCommit();
        database_.exec("COMMIT");
        ledger_.afterCommit();
        database_.exec("BEGIN IMMEDIATE");
    }

    SQLite::Database database_ = [this] {
        tenants::sqlite::prepareDatabaseFile(databasePath());
        SQLite::Database database = tenants::sqlite::openWriter(databasePath(), "");
        tenants::sqlite::migrate(database, tenants::sqlite::builtInMigrations(), 0, beijingNoon());
        database.exec("BEGIN IMMEDIATE");
        return database;
    }();
    tenants::sqlite::AuditTable audit_{database_};
    tenants::sqlite::LedgerTables ledger_{database_, audit_, keys_, "test"};
    tenants::sqlite::MerchantTables merchants_{database_, ledger_.quotas()};
    tenants::sqlite::PlanTables plans_{database_, ledger_.quotas()};
    int scans_ = 0;
};

TEST_F(HotPath, PlanPacksAndMonthsCostAScanNoStatementOnceTheyAreKnown) {
    for (const char* merchant : {"mer_plain", "mer_full"}) scan(merchant);
    commit();
    const auto costOf = [this](const std::string& merchant) {
        const StatementCount count{database_};
        for (int each = 0; each < 10; ++each) scan(merchant);
        EXPECT_EQ(count.of("SELECT id, day_limit"), 0);
        EXPECT_EQ(count.of("UPDATE quota_window"), 0) << "windows are written once a group";
        EXPECT_EQ(count.of("UPDATE pack"), 0);
        EXPECT_EQ(count.of("UPDATE merchant"), 0);
        return count.all();
    };

    const int plain = costOf("mer_plain");
    const int full = costOf("mer_full");

    EXPECT_EQ(full, plain);
}

TEST_F(HotPath, AGroupWritesEachWindowPackAndQuotaOnce) {
    scan("mer_full");
    commit();
    for (int each = 0; each < 10; ++each) scan("mer_full");
    const StatementCount count{database_};

    ledger_.beforeCommit();

    EXPECT_EQ(count.of("UPDATE quota_window"), 3);
    EXPECT_EQ(count.of("UPDATE pack"), 1);
    EXPECT_EQ(count.of("UPDATE merchant"), 1);
    EXPECT_EQ(count.all(), 6) << "and the head of its ledger";
}

}  // namespace
}  // namespace test_support
