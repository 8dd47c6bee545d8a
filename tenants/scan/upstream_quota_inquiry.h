#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "tenants/authorization/token_keeper.h"
#include "tenants/base/async_mutex.h"
#include "tenants/base/clock.h"
#include "tenants/scan/upstream.h"
#include "tenants/usage/usage_ledger.h"

namespace tenants {

/// Asks WeChat how much of its quota there is, before a merchant is refused by our own count alone: what we were told may
/// be old, and others may have used less than we think. One question a merchant and minute, however many scans wait
/// for the answer; none in a window in which WeChat itself refused. Safe from any thread.
class UpstreamQuotaInquiry {
public:
    UpstreamQuotaInquiry(UsageLedger& ledger, OcrUpstream& upstream, const Clock& clock)
        : ledger_(ledger), upstream_(upstream), clock_(clock) {}

    /// True where the ledger learned WeChat's word after `counted_at`, the moment before the count that was full was looked
    /// at: then reserving may be tried once more. `settled`: what of it was used by us.
    Task<bool> ask(MerchantId merchant, AppId appid, SharedSecret access_token, SteadyTime counted_at,
                   std::int64_t settled, SteadyTime deadline);
    /// WeChat refused for want of quota: its word for the window that ends then.
    void noteRefusal(const MerchantId& merchant, UtcTime window_ends);

private:
    struct Inquiry {
        AsyncMutex lock;
        std::optional<SteadyTime> asked_at;  // these three: under `lock`
        std::optional<SteadyTime> answered_at;
        bool told = false;
        std::optional<UtcTime> refused_until;  // under mutex_
    };
    Inquiry& inquiryOf(const MerchantId& merchant);

    UsageLedger& ledger_;
    OcrUpstream& upstream_;
    const Clock& clock_;
    std::mutex mutex_;
    std::unordered_map<MerchantId, std::unique_ptr<Inquiry>> inquiries_;  // of merchants that ran out, never erased
};

}  // namespace tenants
