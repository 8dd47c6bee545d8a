#pragma once

#include "gateway/admin/admin_guard.h"
#include "gateway/admin/page.h"
#include "gateway/log/log.h"
#include "tenants/base/clock.h"
#include "tenants/billing/plan_store.h"

namespace gateway::admin {

/// `/admin/v1/plans`: plans and their versions, which are only added.
class PlanRoutes {
public:
    PlanRoutes(tenants::PlanStore& plans, const Pages& pages, const AdminGuard& guard, const tenants::Clock& clock,
               log::Log& log)
        : plans_(plans), pages_(pages), guard_(guard), clock_(clock), log_(log) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> list(http::Request request);
    tenants::Task<http::Response> create(http::Request request);
    tenants::Task<http::Response> show(http::Request request);
    tenants::Task<http::Response> listVersions(http::Request request);
    tenants::Task<http::Response> createVersion(http::Request request);
    tenants::Task<http::Response> showVersion(http::Request request);
    http::Response render(int status, const tenants::Plan& plan) const;

    tenants::PlanStore& plans_;
    const Pages& pages_;
    const AdminGuard& guard_;
    const tenants::Clock& clock_;
    log::Log& log_;
};

}  // namespace gateway::admin
