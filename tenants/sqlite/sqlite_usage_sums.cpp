#include "tenants/sqlite/sqlite_usage_sums.h"

#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

// An entry is billed in the month of its scan or a later one, and written after its scan, as far as clocks can be trusted.
constexpr std::chrono::hours kClockDoubt{7 * 24};

constexpr const char* kSelectHead =
    "SELECT merchant_row, last_entry_row FROM ledger_head WHERE merchant_row = "
    "(SELECT row FROM merchant WHERE id = :merchant)";
constexpr const char* kSelectEntry =
    "SELECT previous_row, period, units, at_ms, recorded_ms FROM usage_entry "
    "WHERE row = :row AND merchant_row = :merchant";

}  // namespace

std::vector<DayUsage> SqliteUsageSums::daysOf(const MerchantId& merchant, Period period) const {
    ReaderPool::Reader reader = readers_.read();
    std::int64_t merchant_row = 0;
    std::optional<std::int64_t> next;
    {
        PreparedStatement select{reader.database(), kSelectHead};
        Query head{select};
        head.bind(":merchant", merchant);
        if (!head.next()) return {};
        merchant_row = head.number(0);
        next = head.numberIfAny(1);
    }
    std::map<UtcTime, DayUsage> days;
    PreparedStatement select{reader.database(), kSelectEntry};
    while (next) {
        Query row{select};
        row.bind(":row", *next).bind(":merchant", merchant_row);
        if (!row.next()) throw std::runtime_error("the chain of usage entries of " + merchant.text() + " is broken");
        if (row.time(4) + kClockDoubt < period.starts()) break;
        next = row.numberIfAny(0);
        if (row.number(1) != period.number()) continue;
        const UtcTime starts = beijingDay(row.time(3)).starts;
        DayUsage& day = days[starts];
        day.starts = starts;
        day.units += row.number(2);
        day.entries += 1;
    }
    std::vector<DayUsage> sums;
    sums.reserve(days.size());
    for (const auto& [starts, day] : days) sums.push_back(day);
    return sums;
}

}  // namespace tenants::sqlite
