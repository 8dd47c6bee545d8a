#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "tenants/merchant/merchant.h"
#include "tenants/sqlite/merchant_terms.h"
#include "tenants/sqlite/pack_units.h"
#include "tenants/sqlite/quota_windows.h"
#include "tenants/usage/hold.h"
#include "tenants/usage/quota_warning.h"

namespace tenants::sqlite {

/// Who hears, on the writer's thread after the commit, what others show or log. Must not throw or wait.
struct QuotaNews {
    std::function<void(const MerchantTerms& terms)> upstream_quota;  // WeChat's numbers of that merchant changed
    std::function<void(const QuotaWarning& warning)> warning;
};

/// Where a hold's units come from: the windows and the pack, and the plan version that they are priced by.
struct HoldSources {
    std::int64_t merchant_row = 0;
    std::int64_t day_window_row = 0;
    std::optional<std::int64_t> month_window_row;  // none: made before there were months
    std::int64_t upstream_window_row = 0;
    std::optional<std::int64_t> pack_row;          // none: no pack pays
    std::optional<std::int64_t> plan_version_row;  // none: no plan
};

/// What holds take from, give back and use up: every limit's window, prepaid packs, WeChat's packs. All of it is decided
/// here, in the writer's transaction, by the plan that counts at the scan's instant. Belongs to one thread.
///
/// WeChat's quota: a day's free calls, less what others used of them, then the packs bought at WeChat. A unit that is
/// held beyond the free ones is taken off the packs at once and put back if it is given back, so that a window's limit
/// (free calls left to us, packs left, units of packs that the window has) stays the same while they are used up.
class QuotaBook {
public:
    explicit QuotaBook(SQLite::Database& database) : windows_(database), terms_(database), packs_(database) {}

    /// What a reservation finds. Stays good until something is opened, written or forgotten.
    struct Offer {
        MerchantTerms* terms = nullptr;
        const PlanInForce* plan = nullptr;
        QuotaWindow* day = nullptr;  // null: never opened
        QuotaWindow* month = nullptr;
        QuotaWindow* upstream = nullptr;
        PackUnits* pack = nullptr;       // null: none has so many units
        std::optional<WindowFull> full;  // the first, in the order in which they are taken, that has no room
        bool opened() const { return day != nullptr && month != nullptr && upstream != nullptr; }
    };
    Offer find(std::int64_t merchant_row, const Reservation& reservation);
    /// Opens what never was; nothing is full.
    HoldSources open(Offer& offer, const Reservation& reservation);
    void take(const Offer& offer, std::int64_t units);

    /// `charged` or not, WeChat did the work.
    void settle(const HoldSources& sources, std::int64_t units, bool charged, bool was_unknown);
    void giveBack(const HoldSources& sources, std::int64_t units, bool was_unknown);
    /// A charge was corrected: units go back to what they were taken from and is still open at `now`. WeChat did the work
    /// all the same, so that its window keeps them.
    void takeBack(const HoldSources& sources, std::int64_t units, UtcTime now);
    void markUnknown(const HoldSources& sources, std::int64_t units);
    /// WeChat refused: nothing more is taken until the window turns, and others used what we did not count.
    void markUpstreamFull(const HoldSources& sources);

    void reopenUpstream(std::int64_t merchant_row, UtcTime now);
    void takeUpstreamQuota(std::int64_t merchant_row, const UpstreamQuotaTold& told, UtcTime now);
    void keepUpstreamWord(std::int64_t merchant_row, const UpstreamQuotaTold& told, UtcTime now);
    /// Gives the merchant's numbers as they stand then.
    const MerchantTerms& changeUpstreamQuota(std::int64_t merchant_row, const UpstreamQuotaChange& change, UtcTime now);
    /// The merchant's limit or its plan was changed in the tables: windows that are open at `now` take the limits that
    /// count now, never below what they have used and held.
    void takeTerms(std::int64_t merchant_row, UtcTime now);
    /// The merchant's packs are about to be changed or read in the table.
    void putPacksDown(std::int64_t merchant_row) { packs_.forget(merchant_row); }

    /// Before the writer starts only.
    void tell(QuotaNews news) { news_ = std::move(news); }
    void write();
    void forget() noexcept;
    void afterCommit() noexcept;

private:
    void changeDayFree(MerchantTerms& terms, QuotaWindow* window, std::optional<std::int64_t> day_free,
                       std::int64_t elsewhere);
    void refill(MerchantTerms& terms, QuotaWindow& window);
    template <class Change>
    void changeUpstream(MerchantTerms& terms, QuotaWindow& window, const Change& change);

    QuotaWindows windows_;
    MerchantTermsBook terms_;
    PackBook packs_;
    QuotaNews news_;
    std::vector<QuotaWarning> warnings_;
};

}  // namespace tenants::sqlite
