#include "tenants/sqlite/migrator.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tenants/base/audit.h"
#include "tenants/sqlite/connection.h"
#include "tenants/sqlite/ledger_verifier.h"
#include "tenants/usage/entry_chain.h"
#include "tests/unit/tenants/sqlite/ledger_audit.h"
#include "tests/unit/tenants/sqlite/store_fixture.h"

namespace test_support {
namespace {

using tenants::MerchantId;
using tenants::runBlocking;
using tenants::sqlite::builtInMigrations;
using tenants::sqlite::Migration;

class MigratorTest : public StoreFixture {
protected:
    std::string refusal() {
        try {
            openStore();
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "opened";
    }
    /// The file is refused for that reason, and not one byte of it is changed.
    void expectRefusedUntouched(const std::string& reason) {
        const std::string before = fileBytes(databasePath());

        const std::string text = refusal();

        EXPECT_NE(text.find(reason), std::string::npos) << text;
        EXPECT_NE(text.find(databasePath().string()), std::string::npos) << text;
        EXPECT_EQ(fileBytes(databasePath()), before);
    }
    void makeDatabase(std::size_t migrations) const {
        tenants::sqlite::prepareDatabaseFile(databasePath());
        SQLite::Database database = tenants::sqlite::openWriter(databasePath(), "");
        tenants::sqlite::migrate(database, builtInMigrations().first(migrations), 0, beijingNoon());
    }
    void execute(const std::string& sql) const {
        SQLite::Database database{databasePath().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        database.exec(sql);
    }
    static std::string schemaOf(const std::filesystem::path& path) {
        SQLite::Database database{path.string(), SQLite::OPEN_READONLY};
        return database.execAndGet("SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)")
            .getString();
    }
};

TEST_F(MigratorTest, MigrationsAreNumberedWithoutGapAndNamedByTheirFile) {
    int number = 0;
    for (const Migration& migration : builtInMigrations()) {
        EXPECT_EQ(migration.number, ++number);
        EXPECT_EQ(std::stoi(std::string{migration.name.substr(0, 4)}), number);
        EXPECT_FALSE(migration.text.empty());
    }
    EXPECT_GE(number, 4);
}

TEST_F(MigratorTest, EveryTableIsStrict) {
    makeDatabase(builtInMigrations().size());

    EXPECT_EQ(countRows(databasePath(),
                        "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
                        "AND NOT strict AND name NOT LIKE 'sqlite_%'"),
              0);
}

TEST_F(MigratorTest, EveryEarlierSchemaWithRowsBecomesTheNewest) {
    makeDatabase(builtInMigrations().size());
    const std::string newest = schemaOf(databasePath());
    for (std::size_t from = 1; from < builtInMigrations().size(); ++from) {
        for (const auto& entry : std::filesystem::directory_iterator{folder_.path()}) {
            if (entry.path().filename() != "keys") std::filesystem::remove(entry.path());
        }
        makeDatabase(from);
        if (from >= 2) {
            execute(
                "INSERT INTO merchant (id, name, suspended, suspended_reason, day_limit, created_ms, version) "
                "VALUES ('mer_old', 'shop', 0, '', 7, 1, 1)");
        }

        {
            const auto store = openStore();
            const auto old = store->merchants().find(MerchantId{"mer_old"});
            ASSERT_EQ(old != nullptr, from >= 2);
            EXPECT_TRUE(old == nullptr || old->component == kComponent);
            addMerchant(*store, "mer_a");
            ASSERT_TRUE(runBlocking(store->ledger().reserve(reservation("mer_a", "r-1"))));
        }

        EXPECT_EQ(schemaOf(databasePath()), newest);
        EXPECT_EQ(countRows(databasePath(), "PRAGMA user_version"),
                  static_cast<std::int64_t>(builtInMigrations().size()));
    }
}

TEST_F(MigratorTest, InvitationsComeToLinksAndGrantsThatAreThere) {
    std::size_t before = 0;
    while (builtInMigrations()[before].name != "0007_invitation") ++before;
    makeDatabase(before);
    for (const char* const number : {"1", "2"}) {
        const std::string sets = number == std::string{"1"} ? "17 117 " : "17 1117 ";
        execute(
            "INSERT INTO merchant (row, id, name, suspended, suspended_reason, day_limit, created_ms, version,"
            " component_appid) VALUES "
            "(" +
            std::string{number} + ", 'mer_" + number + "', 'shop', 0, '', 7, 1, 1, 'wxcomponent')");
        execute(
            "INSERT INTO authorization (merchant_row, component_appid, appid, withdrawn, grants_stale, granted_sets, "
            "account_kind,"
            " account_verified, account_status, nick_name, event_ms, changed_ms, access_expires_ms, trouble, "
            "generation)"
            " VALUES (" +
            std::string{number} + ", 'wxcomponent', 'wx" + number + "', 0, 0, '" + sets +
            "', 1, 1, 1, '', 1, 1, 1, '', 1)");
    }
    execute(
        "INSERT INTO authorization_link (component_appid, state_hash, pre_auth_code_hash, merchant_row, created_ms, "
        "expires_ms)"
        " VALUES ('wxcomponent', 's', 'c', 1, 1, 2)");

    const auto store = openStore();

    EXPECT_TRUE(store->authorizations(kComponent).find(MerchantId{"mer_1"})->ocr_was_granted);
    EXPECT_FALSE(store->authorizations(kComponent).find(MerchantId{"mer_2"})->ocr_was_granted);
    const auto link = runBlocking(store->authorizations(kComponent).findLinkByState("s"));
    ASSERT_TRUE(link);
    EXPECT_EQ(link->invitation_hash, "");
}

TEST_F(MigratorTest, LedgersThatAreThereAreChainedAndGoOn) {
    makeDatabase(8);
    execute(
        "INSERT INTO merchant (row, id, name, suspended, suspended_reason, day_limit, created_ms, version, "
        "component_appid)"
        " VALUES (1, 'mer_a', 'shop', 0, '', 100, 1, 1, 'wxcomponent'), (2, 'mer_b', 'shop', 0, '', 100, 1, 1, "
        "'wxcomponent');"
        "INSERT INTO quota_window VALUES (1, 1, 'day', 1763740800000, 1763827200000, 100, 2, 1, 1),"
        " (2, 1, 'upstream_day', 1763740800000, 1763827200000, NULL, 2, 1, 1),"
        " (3, 2, 'day', 1764518400000, 1764604800000, 100, 1, 0, 0),"
        " (4, 2, 'upstream_day', 1764518400000, 1764604800000, NULL, 1, 0, 0);"
        "INSERT INTO hold (row, merchant_row, previous_row, request_id, key_id, x_request_id, units, state, reason, "
        "outcome,"
        " entry_row, day_window_row, upstream_window_row, at_ms, expires_ms, changed_ms) VALUES"
        " (1, 1, NULL, 'r-1', 'key_1', 'x-1', 1, 'settled', '', 'billed', 1, 1, 2, 1763780400000, 1, 1),"
        " (2, 2, NULL, 'r-1', 'key_2', 'x-2', 1, 'settled', '', 'billed', 2, 3, 4, 1764518400000, 1, 1),"
        " (3, 1, 1, 'r-2', 'key_1', 'x-3', 1, 'settled', '', 'billed', 3, 1, 2, 1763780400000, 1, 1),"
        " (4, 1, 3, 'r-3', 'key_1', 'x-4', 1, 'unknown', 'abandoned', NULL, NULL, 1, 2, 1763780400000, 1, 1);"
        "INSERT INTO usage_entry VALUES"
        " (1, 1, NULL, 1, 'ent_1', 'charge', 1, 'r-1', 'key_1', 'x-1', 'billed', 1763780400000, 1763780401000),"
        " (2, 2, NULL, 1, 'ent_2', 'charge', 1, 'r-1', 'key_2', 'x-2', 'billed', 1764518400000, 1764518401000),"
        " (3, 1, 1, 2, 'ent_3', 'charge', 1, 'r-2', 'key_1', 'x-3', 'billed', 1763780400000, 1763780401000);"
        "INSERT INTO ledger_head VALUES (1, 2, 3, 4), (2, 1, 2, 2);"
        "INSERT INTO kept_reply VALUES (3, x'00', 1)");

    const auto store = openStore();

    const auto entries = store->ledger().entries(MerchantId{"mer_a"}, std::nullopt, 10);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].number, 2);
    EXPECT_EQ(entries[0].period.text(), "2025-11");
    EXPECT_EQ(entries[1].hash, tenants::chainHash({}, entries[1]));
    EXPECT_EQ(entries[0].hash, tenants::chainHash(entries[1].hash, entries[0]));
    const auto others = store->ledger().entries(MerchantId{"mer_b"}, std::nullopt, 10);
    ASSERT_EQ(others.size(), 1U);
    EXPECT_EQ(others[0].period.text(), "2025-12") << "Beijing's month, not that of UTC";
    EXPECT_EQ(others[0].hash, tenants::chainHash({}, others[0]));
    EXPECT_EQ(countRows(databasePath(), "SELECT count(*) FROM kept_reply JOIN hold ON hold.row = hold_row"), 1);

    ASSERT_EQ(runBlocking(store->ledger().settle(settlement("mer_a", "r-3")))->charge->number, 3);
    const auto longer = store->ledger().entries(MerchantId{"mer_a"}, std::nullopt, 1);
    EXPECT_EQ(longer[0].hash, tenants::chainHash(entries[0].hash, longer[0]));
    expectSoundLedger(databasePath());
}

TEST_F(MigratorTest, WhatIsThereIsTakenIntoTheAuditAsItIs) {
    makeDatabase(11);
    execute(
        "INSERT INTO merchant (row, id, name, suspended, suspended_reason, day_limit, created_ms, version, "
        "component_appid) VALUES (1, 'mer_a', 'Shop \"1\" \u5e97', 1, 'why', 100, 1, 1, 'wxcomponent');"
        "INSERT INTO api_key VALUES (1, 'key_1', 'lookup', zeroblob(32), 'a label', 1, NULL, 7);"
        "INSERT INTO admin_token VALUES ('adm_1', 'lookup', zeroblob(32), '', 1, NULL);"
        "INSERT INTO plan VALUES (1, 'std', 'Standard', 1);"
        "INSERT INTO plan_version VALUES (1, 1, 1, 2, 3, NULL, 4, NULL, 5, 0, 1);"
        "INSERT INTO plan_tier VALUES (1, 1, 10, 100), (1, 2, NULL, 50);"
        "INSERT INTO plan_assignment VALUES (1, 1, 1, 1, 1, NULL), (2, 1, NULL, 9, 1, 2);"
        "INSERT INTO pack VALUES (1, 1, 'pack_1', 9, 0, 0, 0, 1, 2, 1, 'note');"
        "INSERT INTO period_closing VALUES (197001, 1, NULL);"
        "INSERT INTO audit_entry VALUES (1, 5, 'adm_1', 'hold.billed', 'mer_a', 'holds/r', 'why', 'req_1')");

    { const auto store = openStore(); }

    const auto report = tenants::verifyLedger(databasePath(), {});
    for (const auto& fault : report.faults) ADD_FAILURE() << fault.merchant << ": " << fault.text;
    EXPECT_EQ(report.audit_end.number, 10);
    const auto store = openStore();
    const auto entries = store->audit().entries({}, std::nullopt, 100);
    ASSERT_EQ(entries.size(), 10U);
    EXPECT_EQ(entries.back().note.action, "hold.billed");
    EXPECT_EQ(entries.back().content, std::nullopt);
    EXPECT_EQ(entries.back().hash, tenants::auditHash({}, entries.back()));
    EXPECT_EQ(entries[8].note.action, "audit.adopt");
    EXPECT_EQ(entries[8].note.actor, tenants::KeyId{"tollgate"});
    EXPECT_EQ(store->audit().entries({{}, "audit.adopt"}, std::nullopt, 100).size(), 9U);
    // And it goes on from there: a change of what was adopted is one more line, the same again is none.
    ASSERT_TRUE(runBlocking(store->plans().expirePack(MerchantId{"mer_a"}, tenants::PackId{"pack_1"},
                                                      tenants::UtcTime{std::chrono::milliseconds{5}})));
    ASSERT_TRUE(runBlocking(store->merchants().revokeKey(MerchantId{"mer_a"}, tenants::KeyId{"key_1"}, beijingNoon())));
    const auto newest = store->audit().entries({}, std::nullopt, 1);
    EXPECT_EQ(newest[0].number, 10) << newest[0].note.action;
    tenants::PlanTerms terms;
    terms.tiers = {{std::nullopt, tenants::Money{1}}};
    ASSERT_TRUE(runBlocking(store->plans().addVersion(tenants::PlanId{"std"}, terms, beijingNoon())));
    EXPECT_EQ(store->audit().entries({}, std::nullopt, 1)[0].number, 11);
    EXPECT_EQ(tenants::verifyLedger(databasePath(), {}).fault_count, 0);
}

TEST_F(MigratorTest, LedgerWithAGapIsLeftAsItIs) {
    makeDatabase(8);
    execute(
        "INSERT INTO merchant (row, id, name, suspended, suspended_reason, day_limit, created_ms, version, "
        "component_appid)"
        " VALUES (1, 'mer_a', 'shop', 0, '', 100, 1, 1, 'wxcomponent');"
        "INSERT INTO usage_entry VALUES (1, 1, NULL, 1, 'ent_1', 'charge', 1, 'r-1', 'key_1', 'x-1', 'billed', 1, 1),"
        " (2, 1, 1, 3, 'ent_3', 'charge', 1, 'r-3', 'key_1', 'x-3', 'billed', 1, 1)");

    EXPECT_NE(refusal().find("entry 3 of mer_a comes after entry 1"), std::string::npos);

    EXPECT_EQ(countRows(databasePath(), "PRAGMA user_version"), 8);
    EXPECT_EQ(countRows(databasePath(), "SELECT count(*) FROM usage_entry"), 2);
}

TEST_F(MigratorTest, VerifiedCopyIsKeptBeforeAMigration) {
    makeDatabase(2);
    execute(
        "INSERT INTO merchant (id, name, suspended, suspended_reason, day_limit, created_ms, version) "
        "VALUES ('mer_old', 'shop', 0, '', 7, 1, 1)");

    { const auto store = openStore(); }

    const std::filesystem::path copy = databasePath().string() + ".before-3";
    EXPECT_EQ(countRows(copy, "PRAGMA user_version"), 2);
    EXPECT_EQ(countRows(copy, "SELECT day_limit FROM merchant WHERE id = 'mer_old'"), 7);
    EXPECT_EQ(std::filesystem::status(copy).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(MigratorTest, NewDatabaseNeedsNoCopy) {
    { const auto store = openStore(); }

    for (const auto& entry : std::filesystem::directory_iterator{folder_.path()}) {
        EXPECT_EQ(entry.path().string().find(".before-"), std::string::npos) << entry.path();
    }
}

TEST_F(MigratorTest, FailedMigrationLeavesTheLastWholeOne) {
    const std::vector<Migration> migrations{
        {1, "0001_one", "CREATE TABLE one (a INTEGER) STRICT"},
        {2, "0002_two", "CREATE TABLE two (a INTEGER) STRICT; INSERT INTO none VALUES (1)"}};
    makeDatabase(1);
    SQLite::Database database = tenants::sqlite::openWriter(databasePath(), "");

    EXPECT_THROW(tenants::sqlite::migrate(database, migrations, 1, beijingNoon()), SQLite::Exception);

    EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 1);
    EXPECT_FALSE(database.tableExists("two"));
}

TEST_F(MigratorTest, NewerDatabaseIsRefusedUntouched) {
    { const auto store = openStore(); }
    execute("PRAGMA user_version = 1000");

    expectRefusedUntouched("newer than this program's");
}

TEST_F(MigratorTest, NewerDatabaseWithALogIsRefusedUntouched) {
    { const auto store = openStore(); }
    SQLite::Database other{databasePath().string(), SQLite::OPEN_READWRITE};
    other.exec("PRAGMA user_version = 1000");  // in the log, because `other` stays open
    const std::string log = fileBytes(databasePath().string() + "-wal");
    ASSERT_FALSE(log.empty());

    expectRefusedUntouched("newer than this program's");
    EXPECT_EQ(fileBytes(databasePath().string() + "-wal"), log);
}

TEST_F(MigratorTest, ForeignDatabaseIsRefusedUntouched) {
    execute("CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')");
    expectRefusedUntouched("not a Tollgate database");

    execute("PRAGMA application_id = 77; PRAGMA user_version = 1");
    expectRefusedUntouched("not a Tollgate database");
}

TEST_F(MigratorTest, FileThatIsNoDatabaseIsRefusedUntouched) {
    std::ofstream{databasePath()} << std::string(5000, 'x');

    expectRefusedUntouched("cannot be read");
}

TEST_F(MigratorTest, DatabaseThatWentThroughAnotherTextIsRefusedUntouched) {
    { const auto store = openStore(); }
    execute("UPDATE applied_migration SET sha256 = zeroblob(32) WHERE number = 2");

    expectRefusedUntouched("another text of migration 0002_merchant");
}

TEST_F(MigratorTest, DatabaseWithoutTheRecordOfAMigrationIsRefusedUntouched) {
    { const auto store = openStore(); }
    execute("DELETE FROM applied_migration WHERE number = 1");

    expectRefusedUntouched("another text of migration 0001_applied_migration");
}

TEST_F(MigratorTest, DamagedDatabaseIsRefused) {
    {
        const auto store = openStore();
        for (int merchant = 0; merchant < 200; ++merchant) addMerchant(*store, "mer_" + std::to_string(merchant));
    }
    {
        std::fstream file{databasePath(), std::ios::in | std::ios::out | std::ios::binary};
        const auto pages = std::filesystem::file_size(databasePath()) / 4096;
        file.seekp(static_cast<std::streamoff>((pages - 1) * 4096));  // the last page: rows, not the schema
        file << std::string(4096, '\xA5');
    }

    const std::string text = refusal();

    EXPECT_NE(text.find(databasePath().string()), std::string::npos) << text;
    EXPECT_NE(text.find("damaged"), std::string::npos) << text;
}

}  // namespace
}  // namespace test_support
