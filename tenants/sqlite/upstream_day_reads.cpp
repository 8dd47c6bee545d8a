#include "tenants/sqlite/upstream_day_reads.h"

#include <string>
#include <unordered_map>

#include "tenants/sqlite/query.h"
#include "tenants/sqlite/upstream_word_row.h"

namespace tenants::sqlite {
namespace {

constexpr std::int64_t kHoldsAtOnce = 4'096;

// CROSS JOIN: merchants are the outer loop, so that each one's windows are found by their key, in order.
constexpr const char* kSelectDays =
    "SELECT merchant.id, w.row, merchant.row, w.starts_ms, w.ends_ms, w.used, w.held, w.unknown, heard_ms, day_free,"
    " upstream_word.used, used_before, used_here, held_here, unknown_here FROM merchant CROSS JOIN quota_window AS w"
    " ON w.merchant_row = merchant.row AND w.policy = 'upstream_day' AND w.starts_ms >= :first AND w.starts_ms < :end "
    "LEFT JOIN upstream_word ON window_row = w.row "
    "WHERE merchant.row >= :after_row AND (merchant.row > :after_row OR w.starts_ms > :after_starts)"
    " AND (:only IS NULL OR merchant.row = (SELECT row FROM merchant WHERE id = :only)) "
    "ORDER BY merchant.row, w.starts_ms LIMIT :count";
constexpr const char* kSelectRow = "SELECT row FROM merchant WHERE id = :merchant";
constexpr const char* kSelectLedgerEnd = "SELECT coalesce(max(row), 0) FROM usage_entry";
// The first condition repeats what the second implies, because it is how SQLite recognises the index.
constexpr const char* kSelectReleased =
    "SELECT row, upstream_window_row, reason <> 'waived' FROM hold "
    "WHERE state <> 'settled' AND state = 'released' AND merchant_row = :merchant AND row > :after "
    "ORDER BY row LIMIT :count";

/// A window's row, and whose it is.
struct Found {
    std::unordered_map<std::int64_t, UpstreamDay*> by_row;
    std::vector<std::int64_t> merchants;
};

void countReleased(ReaderPool& readers, Found& found) {
    for (const std::int64_t merchant : found.merchants) {
        std::int64_t after = 0;
        for (std::int64_t got = kHoldsAtOnce; got == kHoldsAtOnce;) {
            ReaderPool::Reader reader = readers.read();
            PreparedStatement select{reader.database(), kSelectReleased};
            Query row{select};
            row.bind(":merchant", merchant).bind(":after", after).bind(":count", kHoldsAtOnce);
            for (got = 0; row.next(); ++got) {
                after = row.number(0);
                const auto day = found.by_row.find(row.number(1));
                if (day != found.by_row.end() && row.flag(2)) ++day->second->released;
            }
        }
    }
}

std::int64_t rowOf(SQLite::Database& database, const MerchantId& merchant) {
    PreparedStatement select{database, kSelectRow};
    Query row{select};
    row.bind(":merchant", merchant);
    return row.next() ? row.number(0) : 0;
}

}  // namespace

UpstreamDayPage UpstreamDayReads::list(const UpstreamDayRange& range, const std::optional<UpstreamDayPlace>& after,
                                       std::size_t count) const {
    UpstreamDayPage page;
    std::vector<std::int64_t> rows;
    Found found;
    {
        const std::optional<std::string> only = range.merchant ? std::optional{range.merchant->text()} : std::nullopt;
        ReaderPool::Reader reader = readers_.read();
        PreparedStatement select_end{reader.database(), kSelectLedgerEnd};
        Query end{select_end};
        end.next();
        page.ledger_end = end.number(0);
        PreparedStatement select{reader.database(), kSelectDays};
        Query row{select};
        row.bind(":first", range.first)
            .bind(":end", range.end)
            .bind(":after_row", after ? rowOf(reader.database(), after->merchant) : std::int64_t{0})
            .bind(":after_starts", after ? after->starts : UtcTime{})
            .bind(":only", only)
            .bind(":count", static_cast<std::int64_t>(count) + 1);
        while (row.next()) {
            page.more = page.days.size() == count;
            if (page.more) break;
            rows.push_back(row.number(1));
            const std::int64_t merchant = row.number(2);
            if (found.merchants.empty() || found.merchants.back() != merchant) found.merchants.push_back(merchant);
            page.days.push_back({MerchantId{row.text(0)},
                                 {row.time(3), row.time(4)},
                                 row.number(5),
                                 row.number(6),
                                 row.number(7),
                                 0,
                                 upstreamWordOf(row, 8)});
        }
    }
    for (std::size_t at = 0; at < rows.size(); ++at) found.by_row.emplace(rows[at], &page.days[at]);
    countReleased(readers_, found);
    return page;
}

}  // namespace tenants::sqlite
