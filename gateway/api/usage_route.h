#pragma once

#include "gateway/http/router.h"
#include "gateway/net/worker_pool.h"
#include "tenants/merchant/authenticator.h"
#include "tenants/usage/usage_sums.h"

namespace gateway::api {

/// `GET /v1/usage?period=2026-11`: what the caller's entries of a period come to, by day of scanning; without `period` the
/// Beijing month of now. An API key or a gateway token, as for a scan. Reads run on the worker pool.
class UsageRoute {
public:
    UsageRoute(const tenants::Authenticator& authenticator, const tenants::UsageSums& sums, net::WorkerPool& workers,
               const tenants::Clock& clock)
        : authenticator_(authenticator), sums_(sums), workers_(workers), clock_(clock) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> show(http::Request request) const;

    const tenants::Authenticator& authenticator_;
    const tenants::UsageSums& sums_;
    net::WorkerPool& workers_;
    const tenants::Clock& clock_;
};

}  // namespace gateway::api
