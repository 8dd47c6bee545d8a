#include "tenants/sqlite/quota_windows.h"

#include <stdexcept>
#include <utility>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

// Some 300 bytes each: two days of 100,000 merchants are 120 MB at worst, then the memory starts anew.
constexpr std::size_t kRememberedMax = 400'000;

constexpr const char* kSelect =
    "SELECT row, merchant_row, policy = 'upstream_day', starts_ms, ends_ms, limit_units, used, held, unknown "
    "FROM quota_window WHERE merchant_row = :merchant AND policy = :policy AND starts_ms = :starts";
constexpr const char* kSelectAt =
    "SELECT row, merchant_row, policy = 'upstream_day', starts_ms, ends_ms, limit_units, used, held, unknown "
    "FROM quota_window WHERE merchant_row = :merchant AND policy = :policy AND starts_ms <= :at AND ends_ms > :at "
    "ORDER BY starts_ms DESC LIMIT 1";
constexpr const char* kSelectRow =
    "SELECT row, merchant_row, policy = 'upstream_day', starts_ms, ends_ms, limit_units, used, held, unknown "
    "FROM quota_window WHERE row = :row";
constexpr const char* kInsert =
    "INSERT INTO quota_window (merchant_row, policy, starts_ms, ends_ms, limit_units, used, held, unknown,"
    " used_elsewhere, warned_percent) VALUES (:merchant, :policy, :starts, :ends, :limit, 0, 0, 0, 0, 0)";
constexpr const char* kUpdate =
    "UPDATE quota_window SET limit_units = :limit, used = :used, held = :held, unknown = :unknown WHERE row = :row";

QuotaWindow windowOf(const Query& row) {
    return {row.number(0), {row.time(3), row.time(4)}, row.numberIfAny(5), row.number(6), row.number(7), row.number(8)};
}

}  // namespace

std::string_view policyText(Policy policy) {
    return policy == Policy::kDay ? kDayPolicy : kUpstreamDayPolicy;
}

std::size_t QuotaWindows::PlaceHash::operator()(const Place& place) const noexcept {
    const auto mixed = static_cast<std::uint64_t>(place.merchant_row) * 0x9E3779B97F4A7C15ULL +
                       static_cast<std::uint64_t>(millis(place.starts)) * 2 + static_cast<std::uint64_t>(place.policy);
    return std::hash<std::uint64_t>{}(mixed);
}

QuotaWindows::QuotaWindows(SQLite::Database& database)
    : database_(database),
      select_(database, kSelect),
      select_at_(database, kSelectAt),
      select_row_(database, kSelectRow),
      insert_(database, kInsert),
      update_(database, kUpdate) {}

QuotaWindow* QuotaWindows::find(std::int64_t merchant_row, Policy policy, UtcTime starts) {
    const Place place{merchant_row, starts, policy};
    if (const auto known = by_place_.find(place); known != by_place_.end()) return known->second;
    Query row{select_};
    row.bind(":merchant", merchant_row).bind(":policy", policyText(policy).data()).bind(":starts", starts);
    return row.next() ? &remember(place, windowOf(row)) : nullptr;
}

QuotaWindow* QuotaWindows::findAt(std::int64_t merchant_row, Policy policy, UtcTime instant) {
    Query row{select_at_};
    row.bind(":merchant", merchant_row).bind(":policy", policyText(policy).data()).bind(":at", instant);
    if (!row.next()) return nullptr;
    // What was read may be older than what is remembered.
    return &remember({merchant_row, row.time(3), policy}, windowOf(row));
}

QuotaWindow& QuotaWindows::open(std::int64_t merchant_row, Policy policy, const DaySpan& span,
                                std::optional<std::int64_t> limit) {
    Query{insert_}
        .bind(":merchant", merchant_row)
        .bind(":policy", policyText(policy).data())
        .bind(":starts", span.starts)
        .bind(":ends", span.ends)
        .bind(":limit", limit)
        .run();
    const std::int64_t row = database_.getLastInsertRowid();
    return remember({merchant_row, span.starts, policy}, {row, span, limit});
}

QuotaWindow& QuotaWindows::at(std::int64_t row) {
    if (const auto known = by_row_.find(row); known != by_row_.end()) return known->second;
    Query found{select_row_};
    found.bind(":row", row);
    if (!found.next()) throw std::runtime_error("quota window " + std::to_string(row) + " is missing");
    const Policy policy = found.flag(2) ? Policy::kUpstreamDay : Policy::kDay;
    return remember({found.number(1), found.time(3), policy}, windowOf(found));
}

QuotaWindow& QuotaWindows::remember(const Place& place, QuotaWindow window) {
    QuotaWindow& remembered = by_row_.try_emplace(window.row, std::move(window)).first->second;
    by_place_.try_emplace(place, &remembered);
    return remembered;
}

void QuotaWindows::changed(QuotaWindow& window) {
    if (!std::exchange(window.changed, true)) changed_.push_back(&window);
}

void QuotaWindows::write() {
    for (QuotaWindow* window : changed_) {
        Query{update_}
            .bind(":limit", window->limit)
            .bind(":used", window->used)
            .bind(":held", window->held)
            .bind(":unknown", window->unknown)
            .bind(":row", window->row)
            .run();
        window->changed = false;
    }
    changed_.clear();
    if (by_row_.size() > kRememberedMax) forget();
}

void QuotaWindows::forget() noexcept {
    changed_.clear();
    by_place_.clear();
    by_row_.clear();
}

}  // namespace tenants::sqlite
