#pragma once

#include "gateway/admin/admin_guard.h"
#include "gateway/admin/export_desk.h"
#include "gateway/net/worker_pool.h"

namespace gateway::admin {

/// Exports as a resource: begun, looked at, their files fetched. docs/exports.md.
class ExportRoutes {
public:
    ExportRoutes(const tenants::MerchantStore& merchants, ExportDesk& desk, net::WorkerPool& workers,
                 const AdminGuard& guard, tenants::AuditLog& audit, const tenants::Clock& clock, log::Log& log)
        : merchants_(merchants),
          desk_(desk),
          workers_(workers),
          guard_(guard),
          audit_(audit),
          clock_(clock),
          log_(log) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> begin(http::Request request);
    tenants::Task<http::Response> list(http::Request request);
    tenants::Task<http::Response> show(http::Request request);
    tenants::Task<http::Response> fetch(http::Request request);

    tenants::Result<exports::ExportRequest> read(const http::Request& request) const;

    const tenants::MerchantStore& merchants_;
    ExportDesk& desk_;
    net::WorkerPool& workers_;
    const AdminGuard& guard_;
    tenants::AuditLog& audit_;
    const tenants::Clock& clock_;
    log::Log& log_;
};

}  // namespace gateway::admin
