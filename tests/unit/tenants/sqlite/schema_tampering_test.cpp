#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/tenants/sqlite/ledger_tampering_fixture.h"

/// What no row of the books shows: a schema without its guards, and rows that belong to nobody.
namespace test_support {
namespace {

using tenants::MerchantId;
using testing::ContainsRegex;

using SchemaTamperingTest = LedgerTamperingFixture;

TEST_F(SchemaTamperingTest, RowsOfNobodyAreNamed) {
    const std::vector<Change> changes{
        {"INSERT INTO pack VALUES (5, 99, 'pack_5', 9, 0, 0, 0, 1, 2, 1, '', 0)",
         ": packs/pack_5 was added, moved or changed: its merchant_row 99 names no merchant"},
        {"INSERT INTO plan_assignment VALUES (9, 99, NULL, 1, 1, NULL)",
         ": plan-assignments/asg_9 was added, moved or changed: its merchant_row 99 names no merchant"},
        {"INSERT INTO plan_assignment VALUES (9, 2, 77, 1, 1, NULL)",
         "mer_b: plan-assignments/asg_9 was added, moved or changed: its plan_version_row 77 names no plan_version"},
        {"INSERT INTO api_key SELECT 99, 'key_9', 'lookup_9', hash, '', 1, NULL, NULL FROM api_key",
         ": keys/key_9 was added, moved or changed: its merchant_row 99 names no merchant"},
        {"INSERT INTO plan_version SELECT 3, 99, 3, 0, 0, NULL, NULL, NULL, NULL, 0, 1",
         ": plan version 3 was added, moved or changed: its plan_row 99 names no plan"},
        {"INSERT INTO plan_tier VALUES (99, 1, NULL, 150000)",
         ": tier 1 at 150000 micro-yuan was added, moved or changed: its plan_version_row 99 names no plan_version"},
        {"INSERT INTO quota_window SELECT NULL, 99, policy, starts_ms, ends_ms, NULL, 0, 0, 0, 0, 0 FROM quota_window "
         "LIMIT 1",
         ": window [a-z_]* in row [0-9]* was added, moved or changed: its merchant_row 99 names no merchant"},
        {"INSERT INTO upstream_word VALUES (99, 1, 1, 0, 0, 0, 0, 0)", ": WeChat's word was added, .* window_row 99"},
        {"INSERT INTO ledger_head SELECT 99, 0, NULL, zeroblob(32), 0, NULL",
         ": a head of the ledger was added, moved or changed: its merchant_row 99 names no merchant"},
        {"INSERT INTO statement_line VALUES (99, 1, 'minimum', NULL, NULL, 0, 0, 0, 0)",
         ": line 1 of a statement was added, moved or changed: its statement_row 99 names no statement"},
        {"UPDATE statement_line SET plan_version_row = 99 WHERE plan_version_row IS NULL",
         "mer_[ab]: line [0-9]* of a statement was added, moved or changed: its plan_version_row 99"},
        {"INSERT INTO statement_late_day VALUES (99, 1, 1, 1, 1, 1)", ": a late day of a statement was added, .* 99"},
        {"INSERT INTO statement_pending_hold VALUES (99, 1, 'x', 'held', 1)",
         ": a pending request of a statement was added, .* statement_row 99"},
        {"UPDATE usage_entry SET pack_row = 99 WHERE pack_row IS NULL AND number = 3 AND merchant_row = 1",
         "mer_a: entry 3 .row [0-9]*. was added, moved or changed: its pack_row 99 names no pack"},
        {"INSERT INTO ledger_period VALUES (209912, 99999)", ": ledger_period was changed: 209912 has no entries"},
        {"INSERT INTO statement_key VALUES (77, x'ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB', "
         "1)",
         ": statement key (ab){32} was added: no statement is signed by it"},
        {"UPDATE hold SET pack_row = 99 WHERE request_id = 'a-late'",
         "mer_a: request a-late was added, moved or changed: its pack_row 99 names no pack"}};
    for (const Change& change : changes) expectNamed(change.sql, change.named);

    restore();
    tamper("INSERT INTO plan_assignment VALUES (9, 2, 77, 1, 1, NULL); INSERT INTO plan_tier VALUES (99, 1, NULL, 1)");
    const std::string of_another =
        faults({.merchant = MerchantId{"mer_a"}, .known = {}, .statement_keys = {}, .each = {}});
    EXPECT_THAT(of_another, testing::Not(testing::HasSubstr("asg_9")));
    EXPECT_THAT(of_another, testing::HasSubstr(": tier 1 at 1 micro-yuan")) << "it might be a price of anybody";
}

TEST_F(SchemaTamperingTest, TablesThatAreGoneAreNamedThoughTheRestCannotBeRead) {
    for (const std::string table :
         {"pack", "upstream_word", "statement_pending_hold", "ledger_period", "admin_token"}) {
        SCOPED_TRACE(table);
        tamperWithSchema("DROP TABLE " + table);
        EXPECT_THAT(faults(), testing::HasSubstr(": the schema was changed: table " + table + " is missing\n"));
    }
    tamperWithSchema("ALTER TABLE pack RENAME COLUMN note TO note2");
    EXPECT_THAT(faults(), testing::HasSubstr(": the schema was changed: table pack is not what the migrations made"));
}

TEST_F(SchemaTamperingTest, EveryChangeOfTheSchemaIsNamed) {
    const std::vector<Change> changes{
        {"DROP TRIGGER usage_entry_kept", "^: the schema was changed: trigger usage_entry_kept is missing\n$"},
        {"DROP TRIGGER plan_tier_unchanged", "^: the schema was changed: trigger plan_tier_unchanged is missing\n$"},
        {"DROP TRIGGER audit_entry_unchanged; CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry "
         "BEGIN SELECT 1; END",
         "^: the schema was changed: trigger audit_entry_unchanged is not what the migrations made it\n$"},
        {"CREATE TRIGGER discount AFTER INSERT ON hold BEGIN UPDATE quota_window SET used = used - 1; END",
         "^: the schema was changed: trigger discount of hold was added\n$"},
        {"INSERT INTO sqlite_schema VALUES ('trigger', 'sqlite_own', 'hold', 0, 'CREATE TRIGGER sqlite_own AFTER "
         "INSERT "
         "ON hold BEGIN SELECT 1; END')",
         "^: the schema was changed: trigger sqlite_own of hold was added\n$"},
        {"CREATE TABLE note (text)", "^: the schema was changed: table note of note was added\n$"},
        {"CREATE VIEW cheap AS SELECT 1", "^: the schema was changed: view cheap of cheap was added\n$"},
        {"DROP INDEX usage_entry_corrected", "^: the schema was changed: index usage_entry_corrected is missing\n$"},
        {"CREATE INDEX slow ON hold (at_ms)", "^: the schema was changed: index slow of hold was added\n$"},
        {"ALTER TABLE pack ADD COLUMN gift INTEGER",
         "^: the schema was changed: table pack is not what the migrations made it\n$"},
        {"UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (price_micro_yuan >= 0)', '') WHERE name = 'plan_tier'",
         "^: the schema was changed: table plan_tier is not what the migrations made it\n$"}};
    for (const Change& change : changes) {
        SCOPED_TRACE(change.sql);
        tamperWithSchema(change.sql);
        EXPECT_THAT(faults(), ContainsRegex(change.named));
    }

    tamperWithSchema("ANALYZE");
    EXPECT_EQ(faults(), "") << "statistics are nobody's change";
}

}  // namespace
}  // namespace test_support
