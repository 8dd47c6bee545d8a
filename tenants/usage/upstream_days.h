#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tenants/base/result.h"
#include "tenants/base/task.h"
#include "tenants/usage/hold.h"

namespace tenants {

/// WeChat's last word on its quota in one window of it, and our own count of the window at the same commit.
struct UpstreamWord {
    UpstreamQuotaTold told;
    UtcTime heard_at;
    std::int64_t used_here = 0;     // settled: recognised and not recognised
    std::int64_t held_here = 0;     // unknown ones included
    std::int64_t unknown_here = 0;  // sent, and no answer
    bool operator==(const UpstreamWord&) const = default;
};

/// One merchant's window of WeChat's quota: a day, which turns at the hour of the setting.
struct UpstreamDay {
    MerchantId merchant;
    DaySpan span;
    std::int64_t used = 0;  // settled: recognised and not recognised, now
    std::int64_t held = 0;  // now, unknown ones included
    std::int64_t unknown = 0;
    std::int64_t released = 0;  // scans without effect that were given back; waived ones apart
    std::optional<UpstreamWord> word;
};

/// Windows that start in [first, end), of one merchant or of all.
struct UpstreamDayRange {
    UtcTime first;
    UtcTime end;
    std::optional<MerchantId> merchant;
};

struct UpstreamDayPlace {
    MerchantId merchant;
    UtcTime starts;
};

struct UpstreamDayPage {
    std::vector<UpstreamDay> days;  // by merchant in an order that stays, then by start
    std::int64_t ledger_end = 0;    // what the windows count is in the ledger up to this place: LedgerRange::through
    bool more = false;
};

/// A merchant whose last word is due, and what its window has settled.
struct UnheardMerchant {
    MerchantId merchant;
    std::int64_t used = 0;
};

/// `next`: where to go on; none: all have been looked at.
struct UnheardMerchants {
    std::vector<UnheardMerchant> merchants;
    std::optional<std::int64_t> next;
};

/// WeChat's windows and what WeChat said of them. Safe from any thread.
class UpstreamDays {
public:
    virtual ~UpstreamDays() = default;

    /// The windows behind `after`, at most `count`. Consistent but for `released`; blocks on the disk.
    virtual UpstreamDayPage list(const UpstreamDayRange& range, const std::optional<UpstreamDayPlace>& after,
                                 std::size_t count) const = 0;
    /// Of merchants with a window open at `now` that ends within `lead`, those that no word was kept of in that last
    /// stretch: at most `count`, looked for from `after` (0: the first) on. Looks at a few hundred merchants at most.
    virtual Task<Result<UnheardMerchants>> unheard(UtcTime now, std::chrono::milliseconds lead, std::int64_t after,
                                                   std::size_t count) = 0;
    /// Keeps WeChat's word as that of the window open at `now`, in the place of an earlier one; limits stay as they are.
    /// Without an open window nothing is kept. kNotFound where there is no such merchant.
    virtual Task<Result<Done>> keepWord(MerchantId merchant, UpstreamQuotaTold told, UtcTime now) = 0;
};

}  // namespace tenants
