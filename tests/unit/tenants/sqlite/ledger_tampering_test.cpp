#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tenants/base/digest.h"
#include "tenants/sqlite/ledger_verifier.h"
#include "tests/unit/tenants/sqlite/ledger_tampering_fixture.h"

/// Every table that money depends on, in the hands of somebody who may write what he likes into a copy of the file: what he
/// does is found, and what it was is named.
namespace test_support {
namespace {

using tenants::LedgerReport;
using tenants::LedgerVerification;
using tenants::MerchantId;
using testing::ContainsRegex;

using LedgerTamperingTest = LedgerTamperingFixture;

TEST_F(LedgerTamperingTest, WholeBooksHaveNoFault) {
    EXPECT_EQ(faults(), "");
    EXPECT_EQ(faults({.merchant = MerchantId{"mer_a"}, .known = {}, .statement_keys = {}, .each = {}}), "");
    EXPECT_EQ(faults({.merchant = {}, .known = {}, .statement_keys = tenants::statementKeysOf(keys_), .each = {}}), "");
    EXPECT_GE(verify().audit_end.number, 10);
}

TEST_F(LedgerTamperingTest, EveryChangedColumnOfAPlanIsFoundAndItsVersionNamed) {
    for (const char* change : {"number = 7", "included_units = 3", "monthly_minimum_micro_yuan = 1", "day_limit = 9",
                               "month_limit = 9", "per_second_limit = 9", "in_flight_limit = 9", "packs_only = 1",
                               "created_ms = 1", "plan_row = 9", "row = 9"}) {
        expectNamed(std::string{"UPDATE plan_version SET "} + change + " WHERE number = 1",
                    change == std::string{"row = 9"} ? "mer_a: (entry 3|plan-assignments/asg_1) was changed"
                                                     : ": plan-versions/std@1 (was changed|is missing)");
    }
    for (const char* change : {"up_to_units = 3", "price_micro_yuan = 119999", "number = 5", "plan_version_row = 2"}) {
        expectNamed(
            std::string{"UPDATE OR REPLACE plan_tier SET "} + change + " WHERE plan_version_row = 1 AND number = 1",
            ": plan-versions/std@1 was changed: it is .*, but audit entry 2 says .*120000");
    }
    for (const char* change : {"id = 'other'", "name = 'Other'", "created_ms = 1"}) {
        expectNamed(std::string{"UPDATE plan SET "} + change, ": plans/std (was changed|is missing)");
    }
}

TEST_F(LedgerTamperingTest, PlansThatWereAddedTakenAwayOrSwappedAreNamed) {
    const std::vector<Change> changes{
        {"DELETE FROM plan_tier WHERE number = 2 AND plan_version_row = 2", "plan-versions/std@2 was changed"},
        {"DELETE FROM plan_tier", "plan-versions/std@1 was changed"},
        {"INSERT INTO plan_tier VALUES (2, 3, NULL, 1)", "plan-versions/std@2 was changed"},
        {"DELETE FROM plan_version WHERE number = 2", "plan-versions/std@2 is missing, which audit entry 3 names"},
        {"INSERT INTO plan_version SELECT 3, 1, 3, 0, 0, NULL, NULL, NULL, NULL, 0, 1",
         "plan-versions/std@3 was added or moved: no audit entry names it"},
        {"UPDATE plan_version SET row = 3 - row + 10; UPDATE plan_version SET row = row - 10",
         "plan-versions/std@|plan-assignments/asg_"},
        {"UPDATE plan_tier SET price_micro_yuan = 153333 - price_micro_yuan WHERE plan_version_row = 1",
         "plan-versions/std@1 was changed"},
        {"INSERT INTO plan VALUES (2, 'new', 'New', 1)", "plans/new was added"},
        {"DELETE FROM plan", "plans/std is missing"}};
    for (const Change& change : changes) expectNamed(change.sql, change.named);
}

TEST_F(LedgerTamperingTest, ChangedAssignmentsAndPacksAreNamedWithTheirMerchant) {
    const std::vector<Change> changes{
        {"UPDATE plan_assignment SET row = 77 WHERE row = 1", "mer_a: plan-assignments/asg_1 is missing"},
        {"UPDATE plan_assignment SET merchant_row = 2 WHERE row = 1",
         "mer_b: plan-assignments/asg_1 was added or moved"},
        {"UPDATE plan_assignment SET merchant_row = 99 WHERE row = 1", "mer_a: plan-assignments/asg_1 is missing"},
        {"UPDATE plan_assignment SET plan_version_row = 2 WHERE row = 1", "mer_a: plan-assignments/asg_1 was changed"},
        {"UPDATE plan_assignment SET plan_version_row = NULL WHERE row = 1",
         "mer_a: plan-assignments/asg_1 was changed"},
        {"UPDATE plan_assignment SET starts_ms = starts_ms + 1 WHERE row = 2",
         "mer_b: plan-assignments/asg_2 was changed"},
        {"UPDATE plan_assignment SET created_ms = 1 WHERE row = 2", "mer_b: plan-assignments/asg_2 was changed"},
        {"UPDATE plan_assignment SET cancelled_ms = 1 WHERE row = 2", "mer_b: plan-assignments/asg_2 was changed"},
        {"DELETE FROM plan_assignment WHERE row = 2", "mer_b: plan-assignments/asg_2 is missing, which audit entry 7"},
        {"DELETE FROM plan_assignment", "mer_a: plan-assignments/asg_1 is missing"},
        {"INSERT INTO plan_assignment VALUES (9, 2, NULL, 1, 1, NULL)", "mer_b: plan-assignments/asg_9 was added"},
        {"UPDATE pack SET merchant_row = 2", "mer_b: packs/pack_1 was added or moved"},
        {"UPDATE pack SET id = 'pack_2'", "mer_a: packs/pack_1 is missing"},
        {"UPDATE pack SET row = 2", "mer_a: (pack pack_1 says used|entry 1 was changed)"},
        {"UPDATE pack SET units = 20", "mer_a: packs/pack_1 was changed"},
        {"UPDATE pack SET price_micro_yuan = 1", "mer_a: packs/pack_1 was changed: .*150000"},
        {"UPDATE pack SET used = 0", "mer_a: pack pack_1 says used 0"},
        {"UPDATE pack SET held = 1", "mer_a: pack pack_1 says used 2, held 1"},
        {"UPDATE pack SET starts_ms = 1", "mer_a: packs/pack_1 was changed"},
        {"UPDATE pack SET expires_ms = expires_ms + 1", "mer_a: packs/pack_1 was changed"},
        {"UPDATE pack SET created_ms = 1", "mer_a: packs/pack_1 was changed"},
        {"UPDATE pack SET note = 'free'", "mer_a: packs/pack_1 was changed"},
        {"DELETE FROM pack", "mer_a: packs/pack_1 is missing, which audit entry 9 names"},
        {"INSERT INTO pack VALUES (5, 2, 'pack_5', 9, 0, 0, 0, 1, 2, 1, '', 0)", "mer_b: packs/pack_5 was added"},
        {"UPDATE merchant SET day_limit = 9 WHERE row = 1", "mer_a: the merchant was changed"},
        {"UPDATE merchant SET name = 'x' WHERE row = 1", "mer_a: the merchant was changed"},
        {"UPDATE merchant SET suspended = 1 WHERE row = 1", "mer_a: the merchant was changed"},
        {"UPDATE merchant SET suspended_reason = 'x' WHERE row = 1", "mer_a: the merchant was changed"},
        {"UPDATE merchant SET created_ms = 1 WHERE row = 1", "mer_a: the merchant was changed"},
        {"UPDATE merchant SET id = 'mer_c' WHERE row = 1", "mer_a: the merchant is missing"},
        {"DELETE FROM merchant WHERE row = 2", "mer_b: the merchant is missing"},
        {"INSERT INTO merchant (id, name, suspended, suspended_reason, day_limit, created_ms, version) VALUES "
         "('mer_n', "
         "'n', 0, '', 1, 1, 1)",
         "mer_n: the merchant was added"},
        {"UPDATE api_key SET revoked_ms = 1", "mer_a: keys/key_1 was changed"},
        {"DELETE FROM api_key", "mer_a: keys/key_1 is missing"},
        {"INSERT INTO admin_token VALUES ('adm_9', 'l', zeroblob(32), '', 1, NULL)", "admin-tokens/adm_9 was added"}};
    for (const Change& change : changes) expectNamed(change.sql, change.named);
}

TEST_F(LedgerTamperingTest, EveryChangedColumnOfAStatementIsFoundAndTheStatementNamed) {
    for (const char* change :
         {"period = 202610", "merchant_row = 2", "merchant_name = 'x'", "issuer = 'x'", "closed_ms = 1", "charges = 1",
          "corrections = 1", "waivers = 1", "first_number = 2", "last_number = 1", "chain_hash = zeroblob(32)",
          "released = 9", "pending = 0", "key_row = 9", "signature = zeroblob(64)", "row = 9"}) {
        expectNamed("UPDATE OR REPLACE statement SET " + std::string{change} +
                        " WHERE merchant_row = (SELECT row FROM merchant WHERE id = 'mer_a')",
                    "(mer_a|mer_b): (st-2026-1|the statement of )");
    }
    for (const char* change :
         {"kind = 'minimum'", "kind = 'gift'", "plan_version_row = 2", "pack_row = 1", "tier = 9",
          "unit_price_micro_yuan = 1", "units = 9", "amount_micro_yuan = 1", "number = 99", "statement_row = 2"}) {
        expectNamed(
            "UPDATE OR REPLACE statement_line SET " + std::string{change} + " WHERE statement_row = 1 AND number = 1",
            "mer_a: (st-2026-11-mer_a was changed: its signature does not fit|the statement of period 202611)");
    }
    for (const char* change :
         {"request_id = 'x'", "state = 'unknown'", "state = 'gone'", "at_ms = 1", "statement_row = 2"}) {
        expectNamed("UPDATE statement_pending_hold SET " + std::string{change},
                    "mer_a: (st-2026-11-mer_a was changed|the statement of period 202611 was changed)");
    }
    const std::vector<Change> changes{
        {"UPDATE statement_key SET public_key = zeroblob(32)", "mer_a: st-2026-11-mer_a"},
        {"DELETE FROM statement_key",
         "mer_a: the statement of period 202611 was changed: its signing key is not listed"},
        {"DELETE FROM statement_line WHERE statement_row = 1", "mer_a: st-2026-11-mer_a was changed"},
        {"INSERT INTO statement_line VALUES (1, 98, 'minimum', NULL, NULL, 0, 0, 0, -1)",
         "mer_a: st-2026-11-mer_a was"},
        {"INSERT INTO statement_late_day VALUES (1, 1, 1, 1, 1, 1)", "mer_a: st-2026-11-mer_a was changed"},
        {"DELETE FROM statement_pending_hold", "mer_a: st-2026-11-mer_a was changed"},
        {"DELETE FROM statement WHERE merchant_row = 2",
         "mer_b: the statement of 2026-11 is missing, though closed_through or a later statement"},
        {"DELETE FROM statement WHERE merchant_row = 2; UPDATE ledger_head SET closed_through = 0 WHERE merchant_row = "
         "2",
         "mer_b: the statement of 2026-11 is missing, though that period was closed for all merchants"},
        {"DELETE FROM statement; UPDATE ledger_head SET closed_through = 0; DELETE FROM period_closing",
         ": periods/2026-11 is missing, which audit entry"},
        {"UPDATE ledger_head SET closed_through = 0 WHERE merchant_row = 1",
         "mer_a: closed_through was changed: it says 0"},
        {"UPDATE ledger_head SET closed_through = 202612 WHERE merchant_row = 1",
         "mer_a: the statement of 2026-12 is missing"},
        {"UPDATE period_closing SET started_ms = 1", ": periods/2026-11 was changed"},
        {"UPDATE period_closing SET period = 202610", ": periods/2026-11 is missing"},
        {"INSERT INTO period_closing VALUES (202612, 1, 1)", "mer_a: the statement of 2026-12 is missing"},
        {"UPDATE period_closing SET finished_ms = finished_ms + 1",
         ": closed-periods/2026-11 was changed: it is .*, but audit entry [0-9]* says .*finished_ms"},
        {"UPDATE period_closing SET finished_ms = NULL", ": closed-periods/2026-11 is missing, which audit entry"},
        {"UPDATE ledger_period SET first_row = 5 WHERE period = 202611", "the entries of 202611 begin in row 1"},
        {"DELETE FROM ledger_period WHERE period = 202612", "ledger_period was changed: the entries of 202612"}};
    for (const Change& change : changes) expectNamed(change.sql, change.named);
}

TEST_F(LedgerTamperingTest, ChangedHeadsHoldsAndWindowsAreNamed) {
    const std::vector<Change> changes{
        {"UPDATE ledger_head SET merchant_row = 9 WHERE merchant_row = 1", "mer_a: "},
        {"UPDATE ledger_head SET last_number = 3 WHERE merchant_row = 1", "mer_a: "},
        {"UPDATE ledger_head SET last_entry_row = 3 WHERE merchant_row = 1", "mer_a: the head was changed"},
        {"UPDATE ledger_head SET last_hash = zeroblob(32) WHERE merchant_row = 1", "mer_a: the head was changed"},
        {"UPDATE ledger_head SET last_hold_row = 3 WHERE merchant_row = 1",
         "mer_a: the head does not name the last request"},
        {"DELETE FROM ledger_head WHERE merchant_row = 1", "mer_a: "},
        {"UPDATE hold SET row = 99 WHERE request_id = 'a-2'", "mer_a: request a-3 .* does not follow"},
        {"UPDATE hold SET merchant_row = 2 WHERE request_id = 'a-2'", "mer_a: request a-3 .* does not follow"},
        {"UPDATE hold SET previous_row = NULL WHERE request_id = 'a-2'", "mer_a: request a-2 .* does not follow"},
        {"UPDATE hold SET request_id = 'x' WHERE request_id = 'a-2'", "mer_a: request x was settled with an entry"},
        {"UPDATE hold SET key_id = 'x' WHERE request_id = 'a-2'", "mer_a: request a-2 was settled with an entry"},
        {"UPDATE hold SET x_request_id = 'x' WHERE request_id = 'a-2'", "mer_a: request a-2 was settled with an entry"},
        {"UPDATE hold SET units = 2 WHERE request_id = 'a-2'", "mer_a: request a-2 was settled with an entry"},
        {"UPDATE hold SET at_ms = at_ms + 1 WHERE request_id = 'a-2'", "mer_a: request a-2 was settled with an entry"},
        {"UPDATE hold SET at_ms = 1 WHERE request_id = 'a-late'", "mer_a: request a-late took from a window day"},
        {"UPDATE hold SET plan_version_row = NULL WHERE request_id = 'a-2'", "mer_a: request a-2 was settled with"},
        {"UPDATE hold SET pack_row = NULL WHERE request_id = 'a-2'", "mer_a: request a-2 was settled with an entry"},
        {"UPDATE hold SET entry_row = 1 WHERE request_id = 'a-2'", "mer_a: request a-2 was settled with an entry"},
        {"UPDATE hold SET state = 'released', outcome = NULL, entry_row = NULL WHERE request_id = 'a-2'",
         "mer_a: entry 2 charges a request that was not settled with it"},
        {"UPDATE hold SET state = 'unknown' WHERE request_id = 'a-late'",
         "mer_a: window day from 2026-11-29T16:00:00Z says"},
        {"UPDATE hold SET day_window_row = 99 WHERE request_id = 'a-2'", "mer_a: request a-2 took from a window day"},
        {"UPDATE hold SET month_window_row = NULL WHERE request_id = 'a-2'", "mer_a: window month from"},
        {"UPDATE hold SET upstream_window_row = 1 WHERE request_id = 'a-2'", "mer_a: (request a-2 took|window)"},
        {"DELETE FROM hold WHERE request_id = 'a-late'",
         "mer_a: the head does not name the last request|does not follow"},
        {"UPDATE quota_window SET starts_ms = ends_ms - 1 WHERE policy = 'day'",
         "mer_a: request a-1 took from a window day"},
        {"UPDATE quota_window SET ends_ms = starts_ms + 1 WHERE policy = 'month'",
         "mer_a: request a-1 took from a window month"},
        {"UPDATE OR REPLACE quota_window SET merchant_row = 2 WHERE row = 1", "mer_a: request a-1 took from a window"},
        {"UPDATE quota_window SET used = used - 1 WHERE policy = 'day'", "mer_a: window day from .* says used 5"},
        {"UPDATE quota_window SET starts_ms = starts_ms - 1 WHERE policy = 'day'",
         "mer_a: window day from .* is no whole"},
        {"UPDATE quota_window SET ends_ms = ends_ms + 3600000 WHERE policy = 'day'",
         "mer_a: window day from .* is no whole"},
        {"UPDATE quota_window SET starts_ms = starts_ms - 86400000 WHERE policy = 'month'",
         "mer_a: window month from .* is no whole"},
        {"UPDATE quota_window SET ends_ms = ends_ms + 1 WHERE policy = 'upstream_day'",
         "mer_a: window upstream_day from .* is no whole"},
        {"DELETE FROM quota_window WHERE policy = 'month'", "mer_a: request a-1 took from a window month"}};
    for (const Change& change : changes) expectNamed(change.sql, change.named);
}

TEST_F(LedgerTamperingTest, EveryChangedColumnOfTheAuditIsFoundAndItsEntryNamed) {
    for (const char* change : {"at_ms = 1", "actor = 'x'", "action = 'x'", "merchant_id = 'x'", "target = 'x'",
                               "reason = 'x'", "request_id = 'x'", "content = NULL", "content = '{}'", "content = 'x'",
                               "hash = zeroblob(32)", "hash = x'00'"}) {
        expectNamed("UPDATE audit_entry SET " + std::string{change} + " WHERE number = 5",
                    ": audit entry [56] .* was changed, or the one before it");
    }
    const std::vector<Change> changes{
        {"UPDATE audit_entry SET number = 999 WHERE number = 5", ": audit entry 5 is missing"},
        {"DELETE FROM audit_entry WHERE number = 5", ": audit entry 5 is missing"},
        {"DELETE FROM audit_entry WHERE number BETWEEN 5 AND 7", ": audit entries 5 to 7 are missing"},
        {"DELETE FROM audit_entry WHERE number > 8", ": audit entries 9 to [0-9]* are missing at the end"},
        {"DELETE FROM audit_entry", ": audit entries 1 to"},
        {"INSERT INTO audit_entry SELECT NULL, at_ms, actor, action, merchant_id, target, reason, request_id, content, "
         "hash FROM audit_entry WHERE number = 5",
         ": audit entry [0-9]* .plan_assignment.create. was changed"},
        {"UPDATE audit_entry SET number = -5 WHERE number = 5; UPDATE audit_entry SET number = 5 WHERE number = 6; "
         "UPDATE "
         "audit_entry SET number = 6 WHERE number = -5",
         ": audit entry 5 .* was changed"}};
    for (const Change& change : changes) expectNamed(change.sql, change.named);
}

TEST_F(LedgerTamperingTest, AuditThatWasCutWithItsMemoryLeavesRowsThatNobodyNames) {
    expectNamed(
        "DELETE FROM audit_entry WHERE number > 8; UPDATE sqlite_sequence SET seq = 8 WHERE name = 'audit_entry'",
        "mer_a: packs/pack_1 was added or moved: no audit entry names it");
}

TEST_F(LedgerTamperingTest, WholeLedgerOfAMerchantThatIsGoneIsNamedByWhatRemains) {
    const std::string erased =
        "DELETE FROM usage_entry WHERE merchant_row = 1; DELETE FROM ledger_head WHERE merchant_row = 1;";
    expectNamed(erased, "mer_a: request a-1 was settled with an entry .* that is missing");
    const std::string and_requests = erased + "DELETE FROM hold WHERE merchant_row = 1;";
    expectNamed(and_requests, "mer_a: window day from .* says used 6");
    expectNamed(and_requests + "DELETE FROM quota_window WHERE merchant_row = 1",
                "mer_a: entry 6 is missing, which the statement st-2026-11-mer_a names");
    expectNamed(and_requests +
                    "DELETE FROM quota_window WHERE merchant_row = 1; DELETE FROM statement WHERE merchant_row "
                    "= 1",
                "mer_a: the statement of 2026-11 is missing, though that period was closed for all merchants");
    expectNamed(
        "DELETE FROM usage_entry WHERE merchant_row = 2; DELETE FROM ledger_head WHERE merchant_row = 2; DELETE "
        "FROM hold WHERE merchant_row = 2; DELETE FROM quota_window WHERE merchant_row = 2; DELETE FROM statement "
        "WHERE merchant_row = 2; DELETE FROM period_closing",
        "mer_b: entry 7 is missing, which audit entry [0-9]* names");
    expectNamed("DELETE FROM merchant WHERE row = 2", "mer_b: the merchant is missing, which audit entry 6 names");
    const LedgerReport of_it = verify({.merchant = MerchantId{"mer_b"}, .known = {}, .statement_keys = {}, .each = {}});
    EXPECT_FALSE(of_it.merchant_unknown) << "the audit knows it";
    EXPECT_GE(of_it.fault_count, 1);
}

TEST_F(LedgerTamperingTest, LedgerThatGoesBackBehindASignedStatementIsNamed) {
    expectNamed(
        "DELETE FROM usage_entry WHERE merchant_row = 1 AND number > 4; UPDATE ledger_head SET (last_number, "
        "last_entry_row, last_hash) = (SELECT number, row, hash FROM usage_entry WHERE merchant_row = 1 AND number "
        "= 4) WHERE merchant_row = 1",
        "mer_a: entry 6 is missing, which the statement st-2026-11-mer_a names");
}

TEST_F(LedgerTamperingTest, StatementThatSomebodyElseSignedIsNamedWhereTheRingIsAtHand) {
    tenants::KeyRing::create(folder_.path() / "other");
    const tenants::KeyRing other = tenants::KeyRing::load(folder_.path() / "other");

    EXPECT_THAT(faults({.merchant = {}, .known = {}, .statement_keys = tenants::statementKeysOf(other), .each = {}}),
                ContainsRegex("mer_a: st-2026-11-mer_a is signed by a key that is not of this key ring"));
}

TEST_F(LedgerTamperingTest, YesterdaysFileIsNamedByTodaysHeadsOfLedgerAndAudit) {
    store_ = openStore();
    clock_.advance(std::chrono::hours{48});
    scan("mer_b", "b-9", "2026-12-02T01:00:00Z");
    need(store_->ledger().reopenUpstreamWindow(MerchantId{"mer_b"}, clock_.now()));
    store_.reset();
    const LedgerReport today = verify();
    ASSERT_EQ(today.fault_count, 0);
    const auto head = today.ends.at(MerchantId{"mer_b"});
    const LedgerVerification asked{.merchant = {},
                                   .known = {{MerchantId{"mer_b"}, head.number, head.hash, "--expect"},
                                             {MerchantId{std::string{tenants::kAuditChain}}, today.audit_end.number,
                                              today.audit_end.hash, "--expect"}},
                                   .statement_keys = {},
                                   .each = {}};
    EXPECT_EQ(faults(asked), "");

    restore();

    EXPECT_EQ(faults(), "") << "by itself it is whole";
    EXPECT_THAT(faults(asked), ContainsRegex("mer_b: entry 8 is missing, which --expect names"));
    EXPECT_THAT(faults(asked), ContainsRegex(": audit entry [0-9]* is missing, which --expect names: the audit was cut "
                                             "off, or this is an older copy of it"));
}

}  // namespace
}  // namespace test_support
