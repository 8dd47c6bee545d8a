#pragma once

#include <SQLiteCpp/Database.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tenants/base/clock.h"
#include "tenants/sqlite/prepared_statement.h"
#include "tenants/usage/hold.h"

namespace tenants::sqlite {

enum class Policy : std::uint8_t { kDay, kMonth, kUpstreamDay };  // in the order in which they are taken
std::string_view policyText(Policy policy);

/// One quota window as the writer changes it.
struct QuotaWindow {
    std::int64_t row = 0;
    std::int64_t merchant_row = 0;
    Policy policy = Policy::kDay;
    DaySpan span;
    std::optional<std::int64_t> limit;
    std::int64_t used = 0;
    std::int64_t held = 0;
    std::int64_t unknown = 0;
    std::int64_t used_elsewhere = 0;
    std::int64_t warned_percent = 0;
    bool changed = false;

    std::int64_t taken() const { return used + held; }
    bool fits(std::int64_t units) const { return !limit || taken() + units <= *limit; }
};

/// The windows that scans take from, kept in memory by the writer's thread and written once a group: a busy merchant's
/// window changes with every scan. Belongs to one thread.
class QuotaWindows {
public:
    explicit QuotaWindows(SQLite::Database& database);

    /// Null where that window was never opened. Pointers and references stay good until `write` or `forget`.
    QuotaWindow* find(std::int64_t merchant_row, Policy policy, UtcTime starts);
    /// The one that `instant` lies in; where spans overlap, the one that starts last.
    QuotaWindow* findAt(std::int64_t merchant_row, Policy policy, UtcTime instant);
    /// `limit` none: not known.
    QuotaWindow& open(std::int64_t merchant_row, Policy policy, const DaySpan& span, std::optional<std::int64_t> limit);
    QuotaWindow& at(std::int64_t row);
    /// To be told after each change.
    void changed(QuotaWindow& window);
    /// Keeps WeChat's word with the window's counts of this moment.
    void keepWord(const QuotaWindow& window, const UpstreamQuotaTold& told, UtcTime now);
    /// Gives it the limit, but never less than what is used and held.
    void limitTo(QuotaWindow& window, std::optional<std::int64_t> limit);

    void write();
    void forget() noexcept;
    /// Windows that passed a level of warning in the transaction, as they were written; empties the list.
    std::vector<QuotaWindow> takeWarned() noexcept;

private:
    struct Place {
        std::int64_t merchant_row;
        UtcTime starts;
        Policy policy;
        bool operator==(const Place&) const = default;
    };
    struct PlaceHash {
        std::size_t operator()(const Place& place) const noexcept;
    };
    QuotaWindow& remember(const QuotaWindow& window);

    SQLite::Database& database_;
    PreparedStatement select_;
    PreparedStatement select_at_;
    PreparedStatement select_row_;
    PreparedStatement insert_;
    PreparedStatement update_;
    PreparedStatement keep_word_;
    std::unordered_map<std::int64_t, QuotaWindow> by_row_;
    std::unordered_map<Place, QuotaWindow*, PlaceHash> by_place_;
    std::vector<QuotaWindow*> changed_;
    std::vector<QuotaWindow> warned_;
};

}  // namespace tenants::sqlite
