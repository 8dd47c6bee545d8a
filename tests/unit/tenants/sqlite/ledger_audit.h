#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace test_support {

inline std::int64_t countRows(const std::filesystem::path& database, const std::string& sql) {
    SQLite::Database reader{database.string(), SQLite::OPEN_READONLY};
    return reader.execAndGet(sql).getInt64();
}

/// Recomputes from the rows what must hold at every commit: windows equal their holds, no limit is passed, entries and
/// settled holds name each other, numbers have no gap, the chains have every row.
inline void expectSoundLedger(const std::filesystem::path& database) {
    EXPECT_EQ(
        countRows(
            database,
            "SELECT count(*) FROM quota_window AS w WHERE held <> (SELECT coalesce(sum(units), 0) FROM hold "
            "WHERE state IN ('held', 'unknown') AND w.row IN (day_window_row, month_window_row, upstream_window_row))"),
        0);
    EXPECT_EQ(
        countRows(
            database,
            "SELECT count(*) FROM quota_window AS w WHERE unknown <> (SELECT coalesce(sum(units), 0) "
            "FROM hold WHERE state = 'unknown' AND w.row IN (day_window_row, month_window_row, upstream_window_row))"),
        0);
    EXPECT_EQ(countRows(database,
                        "SELECT count(*) FROM quota_window AS w WHERE policy = 'day' AND used <> (SELECT "
                        "coalesce(sum(units), 0) FROM hold WHERE outcome = 'billed' AND day_window_row = w.row)"),
              0);
    EXPECT_EQ(countRows(database,
                        "SELECT count(*) FROM quota_window AS w WHERE policy = 'upstream_day' AND used <> (SELECT "
                        "coalesce(sum(units), 0) FROM hold WHERE state = 'settled' AND upstream_window_row = w.row)"),
              0);
    EXPECT_EQ(countRows(database,
                        "SELECT count(*) FROM quota_window AS w WHERE policy = 'month' AND used <> (SELECT "
                        "coalesce(sum(units), 0) FROM hold WHERE outcome = 'billed' AND month_window_row = w.row)"),
              0);
    EXPECT_EQ(countRows(database, "SELECT count(*) FROM quota_window WHERE used + held > limit_units"), 0);
    EXPECT_EQ(countRows(database,
                        "SELECT count(*) FROM pack AS p WHERE held <> (SELECT coalesce(sum(units), 0) FROM hold WHERE "
                        "state IN ('held', 'unknown') AND pack_row = p.row) OR used <> (SELECT coalesce(sum(units), 0) "
                        "FROM hold WHERE outcome = 'billed' AND pack_row = p.row)"),
              0);
    EXPECT_EQ(countRows(database,
                        "SELECT count(*) FROM hold JOIN usage_entry AS e ON e.row = entry_row "
                        "WHERE e.pack_row IS NOT hold.pack_row OR e.plan_version_row IS NOT hold.plan_version_row"),
              0);
    EXPECT_EQ(countRows(database,
                        "SELECT count(*) FROM hold LEFT JOIN usage_entry ON usage_entry.row = entry_row "
                        "WHERE hold.outcome = 'billed' AND (usage_entry.request_id IS NOT hold.request_id "
                        "OR usage_entry.merchant_row IS NOT hold.merchant_row OR usage_entry.units IS NOT hold.units)"),
              0);
    EXPECT_EQ(countRows(database,
                        "SELECT (SELECT count(*) FROM usage_entry WHERE kind = 'charge') - (SELECT count(*) FROM hold "
                        "WHERE outcome = 'billed')"),
              0);
    EXPECT_EQ(countRows(database,
                        "SELECT count(*) FROM (SELECT max(number) AS last, count(*) AS entries, count(DISTINCT number) "
                        "AS numbers FROM usage_entry GROUP BY merchant_row) WHERE last <> entries OR last <> numbers"),
              0);
    EXPECT_EQ(countRows(database,
                        "SELECT count(*) FROM usage_entry AS e WHERE number > 1 AND NOT EXISTS (SELECT 1 FROM "
                        "usage_entry AS p WHERE p.row = e.previous_row AND p.merchant_row = e.merchant_row "
                        "AND p.number = e.number - 1)"),
              0);
    EXPECT_EQ(countRows(database,
                        "SELECT count(*) FROM ledger_head AS h WHERE last_number <> (SELECT count(*) FROM usage_entry "
                        "AS e WHERE e.merchant_row = h.merchant_row) OR last_hold_row <> (SELECT max(row) FROM hold "
                        "AS d WHERE d.merchant_row = h.merchant_row)"),
              0);
    EXPECT_EQ(
        countRows(database,
                  "SELECT count(*) FROM ledger_head AS h LEFT JOIN usage_entry AS e ON e.row = h.last_entry_row "
                  "WHERE h.last_hash <> coalesce(e.hash, zeroblob(32)) OR h.last_number <> coalesce(e.number, 0)"),
        0);
}

}  // namespace test_support
