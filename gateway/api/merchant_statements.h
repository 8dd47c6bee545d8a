#pragma once

#include "gateway/api/merchant_guard.h"
#include "gateway/net/worker_pool.h"
#include "tenants/billing/statement_store.h"

namespace gateway::api {

/// A merchant's own statements: `GET /v1/statements`, `GET /v1/statements/{period}`. Reads touch the disk and run on the
/// worker pool.
class MerchantStatements {
public:
    MerchantStatements(const MerchantGuard& guard, const tenants::StatementStore& statements, net::WorkerPool& workers,
                       const tenants::Clock& clock)
        : guard_(guard), statements_(statements), workers_(workers), clock_(clock) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> list(tenants::Caller caller);
    tenants::Task<http::Response> show(http::Request request, tenants::Caller caller);

    const MerchantGuard& guard_;
    const tenants::StatementStore& statements_;
    net::WorkerPool& workers_;
    const tenants::Clock& clock_;
};

}  // namespace gateway::api
