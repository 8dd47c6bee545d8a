#pragma once

#include "gateway/http/router.h"
#include "gateway/net/worker_pool.h"
#include "tenants/billing/statement_store.h"
#include "tenants/merchant/authenticator.h"

namespace gateway::api {

/// A merchant's own statements, by its API key or gateway token: `GET /v1/statements`, `GET /v1/statements/{period}`. Reads
/// touch the disk and run on the worker pool.
class MerchantStatements {
public:
    MerchantStatements(const tenants::Authenticator& authenticator, const tenants::StatementStore& statements,
                       net::WorkerPool& workers)
        : authenticator_(authenticator), statements_(statements), workers_(workers) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> list(http::Request request);
    tenants::Task<http::Response> show(http::Request request);

    const tenants::Authenticator& authenticator_;
    const tenants::StatementStore& statements_;
    net::WorkerPool& workers_;
};

}  // namespace gateway::api
