#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tenants/usage/usage_ledger.h"
#include "tests/support/write_faults.h"

namespace test_support {

/// The ledger without a file: the rules of UsageLedger, guarded by one mutex, answered at once.
class MemoryLedger final : public tenants::UsageLedger {
public:
    explicit MemoryLedger(WriteFaults& faults) : faults_(faults) {}

    tenants::Task<tenants::Result<tenants::ReserveOutcome>> reserve(tenants::Reservation reservation) override;
    tenants::Task<tenants::Result<tenants::Settled>> settle(tenants::Settlement settlement) override;
    tenants::Task<tenants::Result<tenants::Done>> release(tenants::Release release) override;
    tenants::Task<tenants::Result<tenants::Done>> markUnknown(tenants::MerchantId merchant, tenants::RequestId request,
                                                              std::string reason, tenants::UtcTime now) override;
    tenants::Task<tenants::Result<std::int64_t>> sweep(tenants::UtcTime before, tenants::UtcTime now) override;
    tenants::Task<tenants::Result<tenants::Done>> reopenUpstreamWindow(tenants::MerchantId merchant,
                                                                       tenants::UtcTime now) override;
    std::vector<tenants::UsageEntry> entries(const tenants::MerchantId& merchant, std::optional<std::int64_t> before,
                                             std::size_t count) const override;
    std::vector<tenants::HoldView> holds(const tenants::MerchantId& merchant, std::optional<tenants::HoldState> state,
                                         std::optional<std::int64_t> before, std::size_t count) const override;
    std::vector<tenants::WindowView> openWindows(const tenants::MerchantId& merchant,
                                                 tenants::UtcTime now) const override;

    /// For the merchant store: a merchant's day_limit is that of day windows opened from now on; the one open at `now`
    /// follows, never below what is taken.
    void setDayLimit(const tenants::MerchantId& merchant, std::int64_t limit, tenants::UtcTime now);

private:
    struct Window {
        tenants::UtcTime ends;
        std::optional<std::int64_t> limit;
        std::int64_t used = 0;
        std::int64_t held = 0;
    };
    struct Hold {
        std::int64_t row = 0;
        tenants::Reservation reservation;
        tenants::HoldState state = tenants::HoldState::kHeld;
        std::string reason;
        tenants::Outcome outcome = tenants::Outcome::kRecognised;
        tenants::Settled settled;
        tenants::SharedSecret reply;
        std::optional<tenants::UtcTime> reply_expires_at;
    };
    using RequestKey = std::pair<tenants::MerchantId, tenants::RequestId>;
    struct WindowKey {
        tenants::MerchantId merchant;
        std::string policy;
        tenants::UtcTime starts;
        auto operator<=>(const WindowKey&) const = default;
    };

    tenants::Result<tenants::ReserveOutcome> reserveNow(const tenants::Reservation& reservation);
    tenants::Result<tenants::Settled> settleNow(const tenants::Settlement& settlement);
    tenants::Result<tenants::Done> releaseNow(const tenants::Release& release);
    tenants::Repeat repeatOf(const Hold& hold, const tenants::Reservation& again) const;
    /// The one place where the ledger grows: number, id and hash are filled in here.
    tenants::Receipt append(const tenants::MerchantId& merchant, tenants::UsageEntry entry);
    Window& windowOf(const tenants::MerchantId& merchant, std::string_view policy, const tenants::DaySpan& span);
    Window& dayOf(const Hold& hold);
    Window& upstreamDayOf(const Hold& hold);

    WriteFaults& faults_;
    mutable std::mutex mutex_;
    std::map<RequestKey, Hold> holds_;
    std::map<tenants::MerchantId, std::int64_t> day_limits_;
    std::map<WindowKey, Window> windows_;
    std::map<tenants::MerchantId, std::vector<tenants::UsageEntry>> entries_;
    std::int64_t rows_ = 0;
};

}  // namespace test_support
