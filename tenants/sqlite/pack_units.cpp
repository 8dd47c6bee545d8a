#include "tenants/sqlite/pack_units.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "tenants/sqlite/query.h"
#include "tenants/usage/quota_warning.h"

namespace tenants::sqlite {
namespace {

constexpr std::size_t kRememberedMax = 400'000;  // as with the windows; a merchant without packs counts too

// Expired ones too: the clock may go back.
constexpr const char* kSelectOfMerchant =
    "SELECT row, merchant_row, units, used, held, starts_ms, expires_ms, id, warned_percent FROM pack WHERE "
    "merchant_row = :merchant AND "
    "used < units "
    "ORDER BY expires_ms, row";
constexpr const char* kSelectRow =
    "SELECT row, merchant_row, units, used, held, starts_ms, expires_ms, id, warned_percent FROM pack WHERE row = :row";
constexpr const char* kUpdate = "UPDATE pack SET used = :used, held = :held, warned_percent = :warned WHERE row = :row";

PackUnits packOf(const Query& row) {
    return {row.number(0), row.number(1), row.number(2), row.number(3), row.number(4),
            row.time(5),   row.time(6),   row.text(7),   row.number(8)};
}

}  // namespace

PackBook::PackBook(SQLite::Database& database)
    : select_of_merchant_(database, kSelectOfMerchant), select_row_(database, kSelectRow), update_(database, kUpdate) {}

PackUnits* PackBook::firstToExpire(std::int64_t merchant_row, std::int64_t units, UtcTime instant) {
    const auto [known, unread] = by_merchant_.try_emplace(merchant_row);
    std::vector<PackUnits*>& packs = known->second;
    if (unread) {
        Query row{select_of_merchant_};
        row.bind(":merchant", merchant_row);
        while (row.next()) packs.push_back(&remember(packOf(row)));
    }
    const auto offers = [&](const PackUnits* pack) { return pack->offers(units, instant); };
    const auto found = std::find_if(packs.begin(), packs.end(), offers);
    return found != packs.end() ? *found : nullptr;
}

PackUnits& PackBook::at(std::int64_t row) {
    if (const auto known = by_row_.find(row); known != by_row_.end()) return known->second;
    Query found{select_row_};
    found.bind(":row", row);
    if (!found.next()) throw std::runtime_error("pack " + std::to_string(row) + " is missing");
    return remember(packOf(found));
}

/// What was read may be older than what is remembered.
PackUnits& PackBook::remember(PackUnits pack) {
    return by_row_.try_emplace(pack.row, pack).first->second;
}

void PackBook::changed(PackUnits& pack) {
    if (!std::exchange(pack.changed, true)) changed_.push_back(&pack);
}

void PackBook::forget(std::int64_t merchant_row) {
    for (PackUnits* const pack : changed_) write(*pack);
    changed_.clear();
    by_merchant_.erase(merchant_row);
    std::erase_if(by_row_, [merchant_row](const auto& each) { return each.second.merchant_row == merchant_row; });
}

void PackBook::write(PackUnits& pack) {
    if (const std::int64_t level = warnedLevel(pack.used + pack.held, pack.units); level > pack.warned_percent) {
        pack.warned_percent = level;
        warned_.push_back(pack);
    }
    Query{update_}
        .bind(":used", pack.used)
        .bind(":held", pack.held)
        .bind(":warned", pack.warned_percent)
        .bind(":row", pack.row)
        .run();
    pack.changed = false;
}

void PackBook::write() {
    for (PackUnits* const pack : changed_) write(*pack);
    changed_.clear();
    if (by_row_.size() + by_merchant_.size() <= kRememberedMax) return;
    by_merchant_.clear();
    by_row_.clear();
}

std::vector<PackUnits> PackBook::takeWarned() noexcept {
    return std::exchange(warned_, {});
}

void PackBook::forget() noexcept {
    changed_.clear();
    warned_.clear();
    by_merchant_.clear();
    by_row_.clear();
}

}  // namespace tenants::sqlite
