#include "tenants/sqlite/ledger_sums.h"

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "tenants/base/period.h"
#include "tenants/sqlite/query.h"
#include "tenants/usage/hold.h"

namespace tenants::sqlite {
namespace {

// In the order in which they were made.
constexpr const char* kSelectHolds =
    "SELECT hold.state, hold.outcome, hold.units, day_window_row, month_window_row, upstream_window_row, hold.pack_row,"
    " merchant.id, hold.request_id, hold.entry_row,"
    " entry_row IS NOT NULL AND (usage_entry.merchant_row IS NOT hold.merchant_row OR usage_entry.kind IS NOT 'charge'"
    "  OR usage_entry.request_id IS NOT hold.request_id OR usage_entry.units IS NOT hold.units"
    "  OR usage_entry.plan_version_row IS NOT hold.plan_version_row OR usage_entry.pack_row IS NOT hold.pack_row"
    "  OR usage_entry.key_id IS NOT hold.key_id OR usage_entry.x_request_id IS NOT hold.x_request_id"
    "  OR usage_entry.at_ms IS NOT hold.at_ms), hold.row, hold.merchant_row, hold.previous_row, hold.at_ms "
    "FROM hold LEFT JOIN usage_entry ON usage_entry.row = entry_row LEFT JOIN merchant ON merchant.row = "
    "hold.merchant_row "
    "WHERE :merchant IS NULL OR merchant.id = :merchant ORDER BY hold.row";
constexpr const char* kSelectLastHolds =
    "SELECT merchant_row, merchant.id, last_hold_row FROM ledger_head LEFT JOIN merchant ON merchant.row = "
    "merchant_row WHERE :merchant IS NULL OR merchant.id = :merchant";
constexpr const char* kSelectCorrections =
    "SELECT entry.units, entry.recorded_ms, day_window_row, month_window_row, entry.pack_row, pack.expires_ms "
    "FROM usage_entry AS entry JOIN hold ON hold.request_id = entry.request_id AND hold.merchant_row = "
    "entry.merchant_row "
    "LEFT JOIN pack ON pack.row = entry.pack_row WHERE entry.corrects_number IS NOT NULL";
constexpr const char* kSelectWindows =
    "SELECT quota_window.row, policy, starts_ms, ends_ms, limit_units, used, held, unknown, merchant.id FROM "
    "quota_window "
    "LEFT JOIN merchant ON merchant.row = merchant_row WHERE :merchant IS NULL OR merchant.id = :merchant";
constexpr const char* kSelectWindowPlaces =
    "SELECT quota_window.row, merchant_row, policy, starts_ms, ends_ms, merchant.id FROM quota_window LEFT JOIN "
    "merchant ON "
    "merchant.row = merchant_row";
constexpr const char* kSelectPacks =
    "SELECT pack.row, pack.id, units, used, held, merchant.id FROM pack LEFT JOIN merchant ON merchant.row = "
    "merchant_row "
    "WHERE :merchant IS NULL OR merchant.id = :merchant";
constexpr const char* kSelectChargesWithoutHold =
    "SELECT merchant.id, usage_entry.number FROM usage_entry LEFT JOIN merchant ON merchant.row = "
    "usage_entry.merchant_row "
    "LEFT JOIN hold ON hold.request_id = usage_entry.request_id AND hold.merchant_row = usage_entry.merchant_row "
    "WHERE kind = 'charge' AND hold.entry_row IS NOT usage_entry.row AND (:merchant IS NULL OR merchant.id = "
    ":merchant)";

struct Sums {
    std::int64_t used = 0, held = 0, unknown = 0;
    bool operator==(const Sums&) const = default;
};

struct WindowPlace {
    std::int64_t merchant_row = 0;
    std::string policy;
    UtcTime starts, ends;
};

/// A window that begins or ends elsewhere would begin anew, with its whole limit, in the middle of a day. When WeChat's day
/// turns is a setting that may have been another then, so that only its length is known.
bool isWhole(const WindowPlace& place) {
    if (place.policy == kUpstreamDayPolicy) return place.ends - place.starts == std::chrono::hours{24};
    const Period month{place.starts};
    const DaySpan day = beijingDay(place.starts);
    const DaySpan whole = place.policy == kMonthPolicy ? DaySpan{month.starts(), month.ends()} : day;
    return place.starts == whole.starts && place.ends == whole.ends;
}

std::string textOf(const Sums& sums) {
    return "used " + std::to_string(sums.used) + ", held " + std::to_string(sums.held) + ", unknown " +
           std::to_string(sums.unknown);
}

class SumCheck {
public:
    SumCheck(SQLite::Database& database, const std::optional<MerchantId>& merchant, LedgerReport& report)
        : database_(database), merchant_(merchant), report_(report) {}

    void run() {
        readWindows();
        addHolds();
        checkLastHolds();
        addCorrections();
        checkWindows();
        checkPacks();
        checkCharges();
    }

private:
    void addHolds() {
        PreparedStatement select{database_, kSelectHolds};
        Query row{select};
        row.bind(":merchant", merchant_);
        while (row.next()) {
            checkPlace(row);
            const std::string state = row.text(0);
            const bool settled = state == "settled";
            const bool billed = settled && row.text(1) == "billed";
            const std::int64_t units = row.number(2);
            Sums mine;
            if (billed) mine.used = units;
            if (state == "held" || state == "unknown") mine.held = units;
            if (state == "unknown") mine.unknown = units;
            Sums upstream = mine;
            if (settled) upstream.used = units;
            add(windows_, row.numberIfAny(3), mine);
            add(windows_, row.numberIfAny(4), mine);
            add(windows_, row.numberIfAny(5), upstream);
            mine.unknown = 0;  // of a pack only what is used and held is kept
            add(packs_, row.numberIfAny(6), mine);
            if (row.flag(10)) {
                report_.add(row.text(7), "request " + row.text(8) + " was settled with an entry (row " +
                                             std::to_string(row.number(9)) +
                                             ") that is missing or says something else");
            }
        }
    }

    /// Holds are a list of each merchant's, in order, so that none can be taken out unseen; and they lie in the windows that
    /// they took from.
    void checkPlace(const Query& row) {
        const std::string request = "request " + row.text(8);
        const auto [last, is_first] = last_holds_.try_emplace(row.number(12), row.number(11));
        if (row.numberIfAny(13) != (is_first ? std::nullopt : std::optional{last->second})) {
            report_.add(row.text(7), request + " (row " + std::to_string(row.number(11)) +
                                         ") does not follow the request before it: one is missing, was added or moved");
        }
        last->second = row.number(11);
        for (const auto& [column, policy] : {std::pair{3, "day"}, {4, "month"}, {5, "upstream_day"}}) {
            if (row.isNull(column)) continue;
            const auto window = window_places_.find(row.number(column));
            if (window != window_places_.end() && window->second.merchant_row == row.number(12) &&
                window->second.policy == policy && window->second.starts <= row.time(14) &&
                row.time(14) < window->second.ends) {
                continue;
            }
            report_.add(row.text(7), request + " took from a window " + policy + " that is not there or is another");
        }
    }

    void checkLastHolds() {
        PreparedStatement select{database_, kSelectLastHolds};
        Query row{select};
        row.bind(":merchant", merchant_);
        while (row.next()) {
            const auto last = last_holds_.find(row.number(0));
            const std::optional<std::int64_t> there =
                last == last_holds_.end() ? std::nullopt : std::optional{last->second};
            if (row.numberIfAny(2) != there) report_.add(row.text(1), "the head does not name the last request");
            if (last != last_holds_.end()) last_holds_.erase(last);
        }
        for (const auto& [merchant_row, hold_row] : last_holds_) {
            report_.add("", "the head of the merchant in row " + std::to_string(merchant_row) +
                                " is missing, though it has requests up to row " + std::to_string(hold_row));
        }
    }

    void readWindows() {
        PreparedStatement select{database_, kSelectWindowPlaces};
        Query row{select};
        while (row.next()) {
            const WindowPlace place{row.number(1), row.text(2), row.time(3), row.time(4)};
            if ((!merchant_ || merchant_->text() == row.text(5)) && !isWhole(place)) {
                report_.add(row.text(5), "window " + place.policy + " from " + rfc3339(place.starts) + " to " +
                                             rfc3339(place.ends) + " is no whole day or month");
            }
            window_places_.emplace(row.number(0), place);
        }
    }

    /// A unit went back to what it was taken from where that was still open when the correction was written.
    void addCorrections() {
        PreparedStatement select{database_, kSelectCorrections};
        Query row{select};
        while (row.next()) {
            const Sums given_back{row.number(0), 0, 0};  // negative units
            const UtcTime recorded = row.time(1);
            for (const int column : {2, 3}) {
                const std::optional<std::int64_t> window = row.numberIfAny(column);
                if (!window) continue;
                const auto place = window_places_.find(*window);
                if (place != window_places_.end() && recorded < place->second.ends) add(windows_, window, given_back);
            }
            if (!row.isNull(4) && recorded < row.time(5)) add(packs_, row.number(4), given_back);
        }
    }

    void checkWindows() {
        PreparedStatement select{database_, kSelectWindows};
        Query row{select};
        row.bind(":merchant", merchant_);
        while (row.next()) {
            const Sums stored{row.number(5), row.number(6), row.number(7)};
            const Sums sums = windows_[row.number(0)];
            const std::string name = "window " + row.text(1) + " from " + rfc3339(row.time(2));
            if (stored != sums) {
                report_.add(row.text(8),
                            name + " says " + textOf(stored) + ", its holds and corrections say " + textOf(sums));
            }
            const std::optional<std::int64_t> limit = row.numberIfAny(4);
            if (limit && stored.used + stored.held > *limit) report_.add(row.text(8), name + " is above its limit");
        }
    }

    void checkPacks() {
        PreparedStatement select{database_, kSelectPacks};
        Query row{select};
        row.bind(":merchant", merchant_);
        while (row.next()) {
            const Sums stored{row.number(3), row.number(4), 0};
            const Sums sums = packs_[row.number(0)];
            const std::string name = "pack " + row.text(1);
            if (stored != sums) {
                report_.add(row.text(5),
                            name + " says " + textOf(stored) + ", its holds and corrections say " + textOf(sums));
            }
            if (stored.used + stored.held > row.number(2)) report_.add(row.text(5), name + " is above its units");
        }
    }

    void checkCharges() {
        PreparedStatement select{database_, kSelectChargesWithoutHold};
        Query row{select};
        row.bind(":merchant", merchant_);
        while (row.next()) {
            report_.add(row.text(0),
                        "entry " + std::to_string(row.number(1)) + " charges a request that was not settled with it");
        }
    }

    static void add(std::unordered_map<std::int64_t, Sums>& sums, std::optional<std::int64_t> row, const Sums& more) {
        if (!row) return;
        Sums& sum = sums[*row];
        sum.used += more.used;
        sum.held += more.held;
        sum.unknown += more.unknown;
    }

    SQLite::Database& database_;
    const std::optional<MerchantId>& merchant_;
    LedgerReport& report_;
    std::unordered_map<std::int64_t, Sums> windows_;
    std::unordered_map<std::int64_t, Sums> packs_;
    std::unordered_map<std::int64_t, WindowPlace> window_places_;
    std::unordered_map<std::int64_t, std::int64_t> last_holds_;  // by merchant row
};

}  // namespace

void checkLedgerSums(SQLite::Database& database, const std::optional<MerchantId>& merchant, LedgerReport& report) {
    SumCheck{database, merchant, report}.run();
}

}  // namespace tenants::sqlite
