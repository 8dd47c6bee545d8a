#pragma once

#include "gateway/admin/admin_guard.h"
#include "gateway/admin/page.h"
#include "gateway/net/worker_pool.h"
#include "tenants/base/audit.h"

namespace gateway::admin {

/// `GET /admin/v1/audit-entries?merchant=&action=`: what operators did, newest first, paged. Reads run on the worker pool.
class AuditRoutes {
public:
    AuditRoutes(const tenants::AuditLog& audit, const tenants::MerchantStore& merchants, net::WorkerPool& workers,
                const Pages& pages)
        : audit_(audit), merchants_(merchants), workers_(workers), pages_(pages) {}

    void addRoutes(http::Router& router, const AdminGuard& guard);

private:
    tenants::Task<http::Response> list(http::Request request);

    const tenants::AuditLog& audit_;
    const tenants::MerchantStore& merchants_;
    net::WorkerPool& workers_;
    const Pages& pages_;
};

}  // namespace gateway::admin
