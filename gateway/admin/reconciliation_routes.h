#pragma once

#include "gateway/admin/admin_guard.h"
#include "gateway/admin/page.h"
#include "gateway/net/worker_pool.h"
#include "tenants/billing/shadow_price.h"
#include "tenants/billing/usage_reconciliation.h"

namespace gateway::admin {

/// `/admin/v1/usage-reconciliations`: ledger, WeChat's word and statement side by side (docs/reconciliation.md), and
/// `/admin/v1/shadow-prices`: what a period would have cost under another plan version. Each page has the totals of all
/// pages up to it.
class ReconciliationRoutes {
public:
    struct Parts {
        const tenants::MerchantStore& merchants;
        tenants::UsageReconciliationSource usage;
        tenants::ShadowSource shadow;
        net::WorkerPool& workers;
        const Pages& pages;
        const tenants::Clock& clock;
    };
    explicit ReconciliationRoutes(Parts parts) : parts_(parts) {}

    void addRoutes(http::Router& router, const AdminGuard& guard);

private:
    tenants::Task<http::Response> listUsage(http::Request request);
    tenants::Task<http::Response> listShadowPrices(http::Request request);

    const Parts parts_;
};

}  // namespace gateway::admin
