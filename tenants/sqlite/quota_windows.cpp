#include "tenants/sqlite/quota_windows.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "tenants/sqlite/query.h"
#include "tenants/usage/quota_warning.h"

namespace tenants::sqlite {
namespace {

// Some 300 bytes each: two days of 100,000 merchants are 180 MB at worst, then the memory starts anew.
constexpr std::size_t kRememberedMax = 600'000;

constexpr const char* kSelect =
    "SELECT row, merchant_row, policy, starts_ms, ends_ms, limit_units, used, held, unknown, used_elsewhere,"
    " warned_percent FROM quota_window WHERE merchant_row = :merchant AND policy = :policy AND starts_ms = :starts";
constexpr const char* kSelectAt =
    "SELECT row, merchant_row, policy, starts_ms, ends_ms, limit_units, used, held, unknown, used_elsewhere,"
    " warned_percent FROM quota_window WHERE merchant_row = :merchant AND policy = :policy AND starts_ms <= :at "
    "AND ends_ms > :at ORDER BY starts_ms DESC LIMIT 1";
constexpr const char* kSelectRow =
    "SELECT row, merchant_row, policy, starts_ms, ends_ms, limit_units, used, held, unknown, used_elsewhere,"
    " warned_percent FROM quota_window WHERE row = :row";
constexpr const char* kInsert =
    "INSERT INTO quota_window (merchant_row, policy, starts_ms, ends_ms, limit_units, used, held, unknown,"
    " used_elsewhere, warned_percent) VALUES (:merchant, :policy, :starts, :ends, :limit, 0, 0, 0, 0, 0)";
constexpr const char* kUpdate =
    "UPDATE quota_window SET limit_units = :limit, used = :used, held = :held, unknown = :unknown,"
    " used_elsewhere = :elsewhere, warned_percent = :warned WHERE row = :row";
constexpr const char* kKeepWord =
    "INSERT OR REPLACE INTO upstream_word (window_row, heard_ms, day_free, used, used_before,"
    " used_here, held_here, unknown_here) "
    "VALUES (:window, :now, :day_free, :used, :used_before, :used_here, :held_here, :unknown_here)";

Policy policyOf(std::string_view text) {
    for (const Policy policy : {Policy::kDay, Policy::kMonth, Policy::kUpstreamDay}) {
        if (policyText(policy) == text) return policy;
    }
    throw std::runtime_error("a quota window has a policy without a name");
}

QuotaWindow windowOf(const Query& row) {
    return {row.number(0),      row.number(1), policyOf(row.text(2)), {row.time(3), row.time(4)},
            row.numberIfAny(5), row.number(6), row.number(7),         row.number(8),
            row.number(9),      row.number(10)};
}

/// What others used of WeChat's quota included.
std::int64_t levelOf(const QuotaWindow& window) {
    if (!window.limit) return 0;
    return warnedLevel(window.taken() + window.used_elsewhere, *window.limit + window.used_elsewhere);
}

}  // namespace

std::string_view policyText(Policy policy) {
    switch (policy) {
        case Policy::kDay: return kDayPolicy;
        case Policy::kMonth: return kMonthPolicy;
        case Policy::kUpstreamDay: return kUpstreamDayPolicy;
    }
    std::abort();  // a value outside the enumeration: memory is damaged
}

std::size_t QuotaWindows::PlaceHash::operator()(const Place& place) const noexcept {
    const auto mixed = static_cast<std::uint64_t>(place.merchant_row) * 0x9E3779B97F4A7C15ULL +
                       static_cast<std::uint64_t>(millis(place.starts)) * 4 + static_cast<std::uint64_t>(place.policy);
    return std::hash<std::uint64_t>{}(mixed);
}

QuotaWindows::QuotaWindows(SQLite::Database& database)
    : database_(database),
      select_(database, kSelect),
      select_at_(database, kSelectAt),
      select_row_(database, kSelectRow),
      insert_(database, kInsert),
      update_(database, kUpdate),
      keep_word_(database, kKeepWord) {}

QuotaWindow* QuotaWindows::find(std::int64_t merchant_row, Policy policy, UtcTime starts) {
    const Place place{merchant_row, starts, policy};
    if (const auto known = by_place_.find(place); known != by_place_.end()) return known->second;
    Query row{select_};
    row.bind(":merchant", merchant_row).bind(":policy", policyText(policy).data()).bind(":starts", starts);
    return row.next() ? &remember(windowOf(row)) : nullptr;
}

QuotaWindow* QuotaWindows::findAt(std::int64_t merchant_row, Policy policy, UtcTime instant) {
    Query row{select_at_};
    row.bind(":merchant", merchant_row).bind(":policy", policyText(policy).data()).bind(":at", instant);
    if (!row.next()) return nullptr;
    // What was read may be older than what is remembered.
    return &remember(windowOf(row));
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
    return remember({database_.getLastInsertRowid(), merchant_row, policy, span, limit});
}

QuotaWindow& QuotaWindows::at(std::int64_t row) {
    if (const auto known = by_row_.find(row); known != by_row_.end()) return known->second;
    Query found{select_row_};
    found.bind(":row", row);
    if (!found.next()) throw std::runtime_error("quota window " + std::to_string(row) + " is missing");
    return remember(windowOf(found));
}

QuotaWindow& QuotaWindows::remember(const QuotaWindow& window) {
    const Place place{window.merchant_row, window.span.starts, window.policy};
    QuotaWindow& remembered = by_row_.try_emplace(window.row, window).first->second;
    by_place_.try_emplace(place, &remembered);
    return remembered;
}

void QuotaWindows::keepWord(const QuotaWindow& window, const UpstreamQuotaTold& told, UtcTime now) {
    Query{keep_word_}
        .bind(":window", window.row)
        .bind(":now", now)
        .bind(":day_free", told.day_free)
        .bind(":used", told.used)
        .bind(":used_before", std::min(told.ours, window.used))
        .bind(":used_here", window.used)
        .bind(":held_here", window.held)
        .bind(":unknown_here", window.unknown)
        .run();
}

void QuotaWindows::limitTo(QuotaWindow& window, std::optional<std::int64_t> limit) {
    if (limit) limit = std::max(*limit, window.taken());
    if (limit == window.limit) return;
    window.limit = limit;
    changed(window);
}

void QuotaWindows::changed(QuotaWindow& window) {
    if (!std::exchange(window.changed, true)) changed_.push_back(&window);
}

void QuotaWindows::write() {
    for (QuotaWindow* window : changed_) {
        if (const std::int64_t level = levelOf(*window); level > window->warned_percent) {
            window->warned_percent = level;
            warned_.push_back(*window);
        }
        Query{update_}
            .bind(":limit", window->limit)
            .bind(":used", window->used)
            .bind(":held", window->held)
            .bind(":unknown", window->unknown)
            .bind(":elsewhere", window->used_elsewhere)
            .bind(":warned", window->warned_percent)
            .bind(":row", window->row)
            .run();
        window->changed = false;
    }
    changed_.clear();
    if (by_row_.size() > kRememberedMax) {
        by_place_.clear();
        by_row_.clear();
    }
}

std::vector<QuotaWindow> QuotaWindows::takeWarned() noexcept {
    return std::exchange(warned_, {});
}

void QuotaWindows::forget() noexcept {
    changed_.clear();
    warned_.clear();
    by_place_.clear();
    by_row_.clear();
}

}  // namespace tenants::sqlite
