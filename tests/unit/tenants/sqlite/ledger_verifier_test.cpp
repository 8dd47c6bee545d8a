#include "tenants/sqlite/ledger_verifier.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tenants/base/digest.h"
#include "tenants/sqlite/database_refused.h"
#include "tenants/sqlite/ledger_hash_function.h"
#include "tenants/usage/entry_chain.h"
#include "tests/unit/tenants/sqlite/store_fixture.h"

namespace test_support {
namespace {

using tenants::KnownEntry;
using tenants::LedgerReport;
using tenants::LedgerVerification;
using tenants::MerchantId;
using tenants::runBlocking;
using testing::Contains;
using testing::HasSubstr;

/// Two merchants' ledgers, on the disk of somebody who may write what he likes into the file.
class LedgerVerifierTest : public StoreFixture {
protected:
    void SetUp() override {
        const auto store = openStore();
        addMerchant(*store, "mer_a");
        addMerchant(*store, "mer_b");
        for (int number = 1; number <= 6; ++number) scan(*store, "mer_a", "a-" + std::to_string(number));
        for (int number = 1; number <= 3; ++number) scan(*store, "mer_b", "b-" + std::to_string(number));
        ASSERT_TRUE(runBlocking(store->ledger().reserve(reservation("mer_a", "a-open"))));
    }

    void scan(tenants::SqliteStore& store, const std::string& merchant, const std::string& request) const {
        ASSERT_TRUE(runBlocking(store.ledger().reserve(reservation(merchant, request))));
        ASSERT_TRUE(runBlocking(store.ledger().settle(settlement(merchant, request))));
    }

    /// In rows 1, for entries to name that had none.
    void addPlanAndPack() {
        const auto store = openStore();
        tenants::PlanTerms terms;
        terms.tiers = {{std::nullopt, tenants::Money{1}}};
        ASSERT_TRUE(runBlocking(store->plans().addPlan(tenants::PlanId{"std"}, "Standard", terms, beijingNoon())));
        tenants::Pack pack;
        pack.id = tenants::PackId{"pack_1"};
        pack.merchant = MerchantId{"mer_a"};
        pack.units = 9;
        pack.starts_at = pack.created_at = beijingNoon();
        pack.expires_at = beijingNoon() + std::chrono::hours{1};
        ASSERT_TRUE(runBlocking(store->plans().grantPack(pack)));
    }

    static std::string definitionOf(SQLite::Database& database, const std::string& trigger) {
        return database.execAndGet("SELECT sql FROM sqlite_schema WHERE name = '" + trigger + "'").getString();
    }

    /// Past every guard that the schema has; the schema is the same afterwards.
    void tamper(const std::string& sql) const {
        SQLite::Database database{databasePath().string(), SQLite::OPEN_READWRITE};
        database.exec("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
        const std::string unchanged = definitionOf(database, "usage_entry_unchanged");
        const std::string kept = definitionOf(database, "usage_entry_kept");
        database.exec("DROP TRIGGER usage_entry_unchanged; DROP TRIGGER usage_entry_kept");
        database.exec(sql);
        database.exec(unchanged);
        database.exec(kept);
    }

    LedgerReport verify(LedgerVerification asked = {}) const { return tenants::verifyLedger(databasePath(), asked); }
    std::vector<std::string> faults(LedgerVerification asked = {}) const {
        std::vector<std::string> texts;
        for (const auto& fault : verify(std::move(asked)).faults) texts.push_back(fault.merchant + ": " + fault.text);
        return texts;
    }
    void expectFault(const std::string& text) const { EXPECT_THAT(faults(), Contains(HasSubstr(text))); }
    KnownEntry known(const std::string& merchant, std::int64_t number) const {
        KnownEntry known{MerchantId{merchant}, number, {}, "a receipt"};
        LedgerVerification asked;
        asked.each = [&known](const tenants::UsageEntry& entry) {
            if (entry.merchant == known.merchant && entry.number == known.number) known.hash = entry.hash;
        };
        verify(asked);
        return known;
    }
    std::int64_t rowOf(const std::string& merchant, int number) const {
        SQLite::Database database{databasePath().string(), SQLite::OPEN_READONLY};
        return database
            .execAndGet(
                "SELECT usage_entry.row FROM usage_entry JOIN merchant ON merchant.row = merchant_row "
                "WHERE merchant.id = '" +
                merchant + "' AND number = " + std::to_string(number))
            .getInt64();
    }
};

TEST_F(LedgerVerifierTest, WholeLedgerHasNoFaultAndGivesItsEnds) {
    const LedgerReport report = verify();

    EXPECT_EQ(report.fault_count, 0);
    EXPECT_EQ(report.entries, 9);
    ASSERT_EQ(report.ends.size(), 2U);
    EXPECT_EQ(report.ends.at(MerchantId{"mer_a"}).number, 6);
    EXPECT_EQ(report.ends.at(MerchantId{"mer_a"}).hash, known("mer_a", 6).hash);
    EXPECT_EQ(report.ends.at(MerchantId{"mer_b"}).number, 3);
}

TEST_F(LedgerVerifierTest, RunsBesideAStoreThatIsOpenAndSeesWhatItCommitted) {
    const auto store = openStore();
    scan(*store, "mer_b", "b-4");

    const LedgerReport report = verify();

    EXPECT_EQ(report.fault_count, 0);
    EXPECT_EQ(report.entries, 10);
}

TEST_F(LedgerVerifierTest, CorrectionsAndWaiversAreSoundAndTheirSumsAreRecomputed) {
    {
        const auto store = openStore();
        const MerchantId merchant{"mer_a"};
        tenants::Correction correction{merchant, 2, "twice", beijingNoon(), {}};
        correction.note.action = "usage_entry.correct";
        ASSERT_TRUE(runBlocking(store->ledger().correct(correction)));
        correction.number = 3;
        correction.now = beijingNoon() + std::chrono::hours{24 * 40};  // after both of its windows
        ASSERT_TRUE(runBlocking(store->ledger().correct(correction)));
        const tenants::RequestId open{"a-open"};
        ASSERT_TRUE(runBlocking(store->ledger().markUnknown(merchant, open, "x", beijingNoon())));
        tenants::Decision decision{merchant, open, false, "never came back", beijingNoon(), {}};
        decision.note.action = "hold.decide";
        ASSERT_TRUE(runBlocking(store->ledger().decide(decision)));
    }
    EXPECT_EQ(faults(), std::vector<std::string>{});

    tamper("UPDATE quota_window SET used = used + 1 WHERE merchant_row = 1 AND policy = 'day'");
    expectFault(
        "mer_a: window day from 2026-11-21T16:00:00Z says used 6, held 0, unknown 0, its holds and corrections say "
        "used 5, held 0, unknown 0");
}

TEST_F(LedgerVerifierTest, PackThatEndsAtTheInstantOfACorrectionIsSound) {
    addPlanAndPack();
    {
        const auto store = openStore();
        const MerchantId merchant{"mer_a"};
        scan(*store, "mer_a", "a-of-pack");
        tenants::Correction correction{merchant, 7, "twice", beijingNoon() + std::chrono::minutes{1}, {}};
        correction.note.action = "usage_entry.correct";
        ASSERT_TRUE(runBlocking(store->ledger().correct(correction)));
        ASSERT_TRUE(runBlocking(store->plans().expirePack(merchant, tenants::PackId{"pack_1"}, correction.now)));
    }

    EXPECT_EQ(faults(), std::vector<std::string>{});
}

TEST_F(LedgerVerifierTest, EveryChangedColumnIsFoundAndItsEntryNamed) {
    const std::vector<std::pair<std::string, std::string>> columns{
        {"previous_row", "NULL"},
        {"number", "9"},
        {"id", "'ent_other'"},
        {"kind", "'correction'"},
        {"kind", "'gift'"},
        {"units", "2"},
        {"units", "0"},
        {"request_id", "'a-9'"},
        {"key_id", "'key_9'"},
        {"x_request_id", "''"},
        {"outcome", "'not_billed'"},
        {"at_ms", "at_ms + 1"},
        {"recorded_ms", "1"},
        {"period", "202612"},
        {"period", "7"},
        {"plan_version_row", "1"},
        {"pack_row", "1"},
        {"corrects_number", "1"},
        {"price_micro_yuan", "0"},
        {"reason", "'because'"},
        {"hash", "zeroblob(32)"},
        {"hash", "x'00'"},
    };
    addPlanAndPack();
    const std::string original = fileBytes(databasePath());
    for (const auto& [column, value] : columns) {
        SCOPED_TRACE(column + " = " + value);
        std::ofstream{databasePath(), std::ios::binary} << original;
        ASSERT_EQ(faults(), std::vector<std::string>{});

        tamper("UPDATE usage_entry SET " + column + " = " + value +
               " WHERE row = " + std::to_string(rowOf("mer_a", 4)));

        EXPECT_THAT(faults(), Contains(testing::ContainsRegex("mer_a: (the hash of )?entry 4")));
    }
}

TEST_F(LedgerVerifierTest, ChangedEntryWithAHashMadeAnewBreaksTheOneBehindIt) {
    tamper("UPDATE usage_entry SET x_request_id = 'forged' WHERE row = " + std::to_string(rowOf("mer_a", 3)));
    SQLite::Database database{databasePath().string(), SQLite::OPEN_READWRITE};
    tenants::UsageEntry forged;
    LedgerVerification asked;
    tenants::ChainHash before{};
    asked.each = [&](const tenants::UsageEntry& entry) {
        if (entry.merchant != MerchantId{"mer_a"}) return;
        if (entry.number == 2) before = entry.hash;
        if (entry.number == 3) forged = entry;
    };
    verify(asked);
    const std::string hash = tenants::hexText(tenants::chainHash(before, forged));
    tamper("UPDATE usage_entry SET hash = x'" + hash + "' WHERE row = " + std::to_string(rowOf("mer_a", 3)));

    expectFault("mer_a: entry 4 was changed, or the one before it was given another hash");
}

TEST_F(LedgerVerifierTest, LedgerThatWasForgedWholeContradictsWhatIsKnownOutside) {
    const KnownEntry receipt = known("mer_a", 4);
    {
        SQLite::Database database{databasePath().string(), SQLite::OPEN_READWRITE};
        const std::string unchanged = definitionOf(database, "usage_entry_unchanged");
        database.exec("PRAGMA ignore_check_constraints = ON; DROP TRIGGER usage_entry_unchanged");
        database.exec(
            "UPDATE usage_entry SET x_request_id = 'forged' WHERE number = 3;"
            "UPDATE hold SET x_request_id = 'forged' WHERE request_id IN ('a-3', 'b-3')");
        const tenants::sqlite::LedgerHashFunction ledger_hash{database};
        database.exec(
            "UPDATE usage_entry SET hash = made FROM (SELECT e.row AS changed, ledger_hash(m.id, number, e.id, kind, "
            "units, "
            "request_id, key_id, x_request_id, outcome, at_ms, recorded_ms, period) AS made FROM usage_entry AS e "
            "CROSS JOIN "
            "merchant AS m ON m.row = merchant_row ORDER BY e.row) WHERE row = changed;"
            "UPDATE ledger_head SET last_hash = (SELECT hash FROM usage_entry WHERE row = last_entry_row)");
        database.exec(unchanged);
    }
    EXPECT_EQ(faults(), std::vector<std::string>{}) << "by itself it is whole";

    EXPECT_THAT(faults({.merchant = {}, .known = {receipt}, .statement_keys = {}, .each = {}}),
                Contains(HasSubstr("mer_a: the ledger up to entry 4 was changed")));
}

TEST_F(LedgerVerifierTest, DeletedEntryIsNamed) {
    tamper("DELETE FROM usage_entry WHERE row = " + std::to_string(rowOf("mer_a", 3)));

    expectFault("mer_a: entry 3 is missing");
    expectFault("mer_a: request a-3 was settled with an entry");
}

TEST_F(LedgerVerifierTest, InsertedEntryIsNamed) {
    tamper(
        "INSERT INTO usage_entry SELECT NULL, merchant_row, previous_row, number, 'ent_new', kind, units, 'a-new', "
        "key_id,"
        " x_request_id, outcome, at_ms, recorded_ms, period, NULL, NULL, NULL, NULL, '', hash FROM usage_entry WHERE "
        "row = " +
        std::to_string(rowOf("mer_a", 4)));
    expectFault("mer_a: entry 4 is there twice: the one in row 10 was added");

    tamper("UPDATE usage_entry SET number = 7, previous_row = 9 WHERE row = 10");
    expectFault("mer_a: the ledger ends at entry 7, but its head at 6");
    expectFault("mer_a: entry 7 charges a request that was not settled with it");
}

TEST_F(LedgerVerifierTest, SwappedEntriesAreNamed) {
    const std::string third = std::to_string(rowOf("mer_a", 3));
    const std::string fifth = std::to_string(rowOf("mer_a", 5));
    tamper("UPDATE usage_entry SET row = 1000 WHERE row = " + third + "; UPDATE usage_entry SET row = " + third +
           " WHERE row = " + fifth + "; UPDATE usage_entry SET row = " + fifth + " WHERE row = 1000");

    expectFault("mer_a: entry 4 (row 4) was reordered: it stands before entry 3 (row 5)");
}

TEST_F(LedgerVerifierTest, SwappedNumbersAreNamed) {
    const std::string third = std::to_string(rowOf("mer_a", 3));
    const std::string fifth = std::to_string(rowOf("mer_a", 5));
    tamper("UPDATE usage_entry SET number = 8 - number WHERE row IN (" + third + ", " + fifth + ")");

    expectFault("mer_a: entry 3 was changed");
    expectFault("mer_a: entry 5 was changed");
}

TEST_F(LedgerVerifierTest, EntryThatWasMovedToAnotherMerchantIsNamedWithBoth) {
    const std::string row = std::to_string(rowOf("mer_a", 5));
    tamper("UPDATE usage_entry SET merchant_row = 2 WHERE row = " + row);
    expectFault("mer_a: entry 5 is missing");
    expectFault("mer_a: entry 5 was moved to mer_b (row " + row + ")");

    tamper("UPDATE usage_entry SET merchant_row = 77 WHERE row = " + row);
    expectFault(": entry 5 (row " + row + ") was moved: it belongs to no merchant");
}

TEST_F(LedgerVerifierTest, LastEntryThatWasMovedOverAnOlderOneOfAnotherIsNamed) {
    tamper("UPDATE usage_entry SET merchant_row = 1 WHERE row = " + std::to_string(rowOf("mer_b", 3)));

    expectFault("mer_b: entry 3 is missing at the end");
    expectFault("mer_b: entry 3 was moved to mer_a");
}

TEST_F(LedgerVerifierTest, CutTailIsFoundByTheHead) {
    tamper("DELETE FROM usage_entry WHERE number > 4");

    expectFault("mer_a: entries 5 to 6 are missing at the end: the head ends the ledger at 6");
}

TEST_F(LedgerVerifierTest, CutTailWhoseHeadWasCutTooIsFoundByTheHoldsAndByWhatIsKnown) {
    const KnownEntry printed = known("mer_a", 6);
    tamper(
        "DELETE FROM usage_entry WHERE number > 4;"
        "UPDATE ledger_head SET (last_number, last_entry_row, last_hash) = (SELECT number, row, hash FROM usage_entry "
        "WHERE number = 4) WHERE merchant_row = 1");

    expectFault("mer_a: request a-6 was settled with an entry");
    EXPECT_THAT(faults({.merchant = {}, .known = {printed}, .statement_keys = {}, .each = {}}),
                Contains(HasSubstr("mer_a: entry 6 is missing, which a receipt names: the ledger was cut off")));
}

TEST_F(LedgerVerifierTest, OlderFileIsFoundByTodaysHead) {
    const std::string yesterday = fileBytes(databasePath());
    {
        const auto store = openStore();
        scan(*store, "mer_b", "b-4");
    }
    const KnownEntry printed = known("mer_b", 4);
    std::ofstream{databasePath(), std::ios::binary} << yesterday;
    EXPECT_EQ(faults(), std::vector<std::string>{});

    EXPECT_THAT(
        faults({.merchant = {}, .known = {printed}, .statement_keys = {}, .each = {}}),
        Contains(HasSubstr("mer_b: entry 4 is missing, which a receipt names: the ledger was cut off, or this is an "
                           "older copy of it")));
}

TEST_F(LedgerVerifierTest, ChangedHeadIsNamed) {
    tamper("UPDATE ledger_head SET last_hash = zeroblob(32) WHERE merchant_row = 2");

    expectFault("mer_b: the head was changed: it does not name entry 3");
}

TEST_F(LedgerVerifierTest, WindowsThatAreNotTheSumsOfTheirHoldsAreNamed) {
    const std::vector<std::string> changes{"used = used - 1", "held = held + 1", "unknown = 1"};
    const std::string original = fileBytes(databasePath());
    for (const std::string policy : {"day", "upstream_day"}) {
        for (const std::string& change : changes) {
            std::ofstream{databasePath(), std::ios::binary} << original;

            tamper("UPDATE quota_window SET " + change + " WHERE merchant_row = 1 AND policy = '" + policy + "'");

            expectFault("mer_a: window " + policy + " from 2026-11-21T16:00:00Z says ");
        }
    }
    tamper("UPDATE quota_window SET limit_units = 1 WHERE merchant_row = 1 AND policy = 'day'");
    expectFault("is above its limit");
}

TEST_F(LedgerVerifierTest, HoldsThatContradictTheirEntriesAreNamed) {
    const std::string original = fileBytes(databasePath());
    for (const std::string change : {"units = 2", "request_id = 'other'", "merchant_row = 2", "entry_row = 1"}) {
        SCOPED_TRACE(change);
        std::ofstream{databasePath(), std::ios::binary} << original;

        tamper("UPDATE hold SET " + change + " WHERE request_id = 'a-2'");

        EXPECT_THAT(faults(), Contains(HasSubstr("was settled with an entry")));
    }
}

TEST_F(LedgerVerifierTest, OneMerchantsVerificationLooksAtNobodyElse) {
    tamper("UPDATE usage_entry SET units = 9 WHERE row = " + std::to_string(rowOf("mer_b", 1)));

    EXPECT_EQ(faults({.merchant = MerchantId{"mer_a"}, .known = {}, .statement_keys = {}, .each = {}}),
              std::vector<std::string>{});
    EXPECT_NE(faults({.merchant = MerchantId{"mer_b"}, .known = {}, .statement_keys = {}, .each = {}}),
              std::vector<std::string>{});
    const LedgerReport unknown =
        verify({.merchant = MerchantId{"mer_c"}, .known = {}, .statement_keys = {}, .each = {}});
    EXPECT_TRUE(unknown.merchant_unknown);
    EXPECT_EQ(unknown.fault_count, 0) << "nobody changed anything of hers";

    tamper("DROP INDEX usage_entry_corrected");
    EXPECT_THAT(faults({.merchant = MerchantId{"mer_c"}, .known = {}, .statement_keys = {}, .each = {}}),
                testing::ElementsAre(HasSubstr("index usage_entry_corrected is missing"),
                                     HasSubstr("there is no such merchant")))
        << "what is wrong may be why";
}

TEST_F(LedgerVerifierTest, FileOfAnotherSchemaIsRefused) {
    tamper("PRAGMA user_version = 8");
    EXPECT_THROW(verify(), tenants::sqlite::DatabaseRefused);
    for (const auto& none : {folder_.path() / "none.db", folder_.path()}) {
        try {
            tenants::verifyLedger(none, {});
            ADD_FAILURE() << none;
        } catch (const tenants::sqlite::DatabaseRefused& refused) {
            EXPECT_EQ(refused.what(), "there is no database " + none.string());
        }
    }
}

}  // namespace
}  // namespace test_support
