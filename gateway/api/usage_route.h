#pragma once

#include "gateway/api/merchant_guard.h"
#include "gateway/net/worker_pool.h"
#include "tenants/billing/ledger_scan.h"
#include "tenants/billing/pricing.h"
#include "tenants/billing/statement_store.h"

namespace gateway::api {

/// `GET /v1/usage?period=2026-11`: what the caller's entries of a period come to, by price and by day of scanning; of a closed
/// period the statement's lines. Without `period` the Beijing month of now. Reads run on the worker pool.
class UsageRoute {
public:
    struct Parts {
        const MerchantGuard& guard;
        const tenants::LedgerScan& scan;
        const tenants::PlanTermsSource& plans;
        const tenants::StatementStore& statements;
        net::WorkerPool& workers;
        const tenants::Clock& clock;
    };
    explicit UsageRoute(Parts parts) : parts_(parts) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> show(http::Request request, tenants::Caller caller) const;

    const Parts parts_;
};

}  // namespace gateway::api
