#pragma once

#include <chrono>

#include "gateway/admin/admin_guard.h"
#include "gateway/admin/page.h"
#include "gateway/log/log.h"
#include "gateway/net/worker_pool.h"
#include "tenants/billing/plan_store.h"
#include "tenants/merchant/merchant_store.h"
#include "tenants/usage/usage_ledger.h"

namespace gateway::admin {

/// What a merchant used: `usage-entries`, `holds?state=`, `quota` below `/admin/v1/merchants/{merchant}`. Reads of the
/// ledger touch the disk and run on the worker pool.
class UsageRoutes {
public:
    /// `upstream_day_turns_at`: the Beijing hour at which WeChat's day turns.
    UsageRoutes(const tenants::MerchantStore& merchants, const tenants::PlanStore& plans, tenants::UsageLedger& ledger,
                net::WorkerPool& workers, const Pages& pages, const AdminGuard& guard, const tenants::Clock& clock,
                log::Log& log, std::chrono::hours upstream_day_turns_at)
        : merchants_(merchants),
          plans_(plans),
          ledger_(ledger),
          workers_(workers),
          pages_(pages),
          guard_(guard),
          clock_(clock),
          log_(log),
          upstream_day_turns_at_(upstream_day_turns_at) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> listEntries(http::Request request);
    tenants::Task<http::Response> listHolds(http::Request request);
    tenants::Task<http::Response> showQuota(http::Request request);
    tenants::Task<http::Response> reopenUpstreamQuota(http::Request request);

    const tenants::MerchantStore& merchants_;
    const tenants::PlanStore& plans_;
    tenants::UsageLedger& ledger_;
    net::WorkerPool& workers_;
    const Pages& pages_;
    const AdminGuard& guard_;
    const tenants::Clock& clock_;
    log::Log& log_;
    const std::chrono::hours upstream_day_turns_at_;
};

}  // namespace gateway::admin
