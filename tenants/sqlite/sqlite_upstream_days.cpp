#include "tenants/sqlite/sqlite_upstream_days.h"

#include "tenants/sqlite/query.h"
#include "tenants/sqlite/write.h"

namespace tenants::sqlite {
namespace {

constexpr std::int64_t kMerchantsLookedAt = 500;      // about a millisecond of the writer's time
constexpr std::chrono::hours kLongestWindow{2 * 24};  // how far back the start of an open one is looked for

constexpr const char* kSelectUnheard =
    "SELECT one.row, one.id, w.used FROM"
    " (SELECT row, id FROM merchant WHERE row > :after ORDER BY row LIMIT :looked_at) AS one "
    "LEFT JOIN quota_window AS w ON w.merchant_row = one.row AND w.policy = 'upstream_day'"
    " AND w.starts_ms > :earliest AND w.starts_ms <= :now AND w.ends_ms > :now AND w.ends_ms <= :now + :lead"
    " AND NOT EXISTS (SELECT 1 FROM upstream_word WHERE window_row = w.row AND heard_ms >= w.ends_ms - :lead) "
    "ORDER BY one.row";

}  // namespace

Task<Result<UnheardMerchants>> SqliteUpstreamDays::unheard(UtcTime now, std::chrono::milliseconds lead,
                                                           std::int64_t after, std::size_t count) {
    Write write{writer_, [&]() -> Result<UnheardMerchants> {
                    PreparedStatement select{writer_.database(), kSelectUnheard};
                    Query row{select};
                    row.bind(":after", after)
                        .bind(":looked_at", kMerchantsLookedAt)
                        .bind(":earliest", now - kLongestWindow)
                        .bind(":now", now)
                        .bind(":lead", std::int64_t{lead.count()});
                    UnheardMerchants found;
                    std::int64_t looked_at = 0;
                    while (found.merchants.size() < count && row.next()) {
                        ++looked_at;
                        found.next = row.number(0);
                        if (!row.isNull(2)) found.merchants.push_back({MerchantId{row.text(1)}, row.number(2)});
                    }
                    const bool full = found.merchants.size() == count;
                    if (!full && looked_at < kMerchantsLookedAt) found.next.reset();
                    return found;
                }};
    co_return co_await write;
}

Task<Result<Done>> SqliteUpstreamDays::keepWord(MerchantId merchant, UpstreamQuotaTold told, UtcTime now) {
    Write write{writer_, [&] { return tables_.keepUpstreamWord(merchant, told, now); }};
    co_return co_await write;
}

}  // namespace tenants::sqlite
