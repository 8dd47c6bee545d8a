#pragma once

#include <chrono>
#include <vector>

#include "gateway/http/message.h"
#include "gateway/net/worker_pool.h"
#include "tenants/billing/plan_store.h"
#include "tenants/merchant/merchant_store.h"
#include "tenants/usage/usage_ledger.h"

namespace gateway::api {

/// A merchant's limits as its next scan will find them. Reads the ledger on the worker pool.
class QuotaView {
public:
    /// `upstream_day_turns_at`: the Beijing hour at which WeChat's day turns.
    QuotaView(const tenants::MerchantStore& merchants, const tenants::PlanStore& plans,
              const tenants::UsageLedger& ledger, net::WorkerPool& workers, std::chrono::hours upstream_day_turns_at)
        : merchants_(merchants),
          plans_(plans),
          ledger_(ledger),
          workers_(workers),
          upstream_day_turns_at_(upstream_day_turns_at) {}

    /// Empty where there is no such merchant. Throws net::QueueFull where too much blocking work waits.
    tenants::Task<std::vector<tenants::WindowView>> windowsOf(tenants::MerchantId merchant, tenants::UtcTime now) const;

private:
    const tenants::MerchantStore& merchants_;
    const tenants::PlanStore& plans_;
    const tenants::UsageLedger& ledger_;
    net::WorkerPool& workers_;
    const std::chrono::hours upstream_day_turns_at_;
};

/// `RateLimit-Policy` and `RateLimit` for the windows that have a limit: units of the policy and its length in seconds,
/// units left and seconds until the window turns. None of them has one: no fields.
void setRateLimitFields(http::Headers& headers, const std::vector<tenants::WindowView>& windows, tenants::UtcTime now);

}  // namespace gateway::api
