#pragma once

#include "gateway/admin/admin_guard.h"
#include "gateway/admin/page.h"
#include "gateway/log/log.h"
#include "gateway/net/worker_pool.h"
#include "tenants/base/clock.h"
#include "tenants/billing/plan_store.h"
#include "tenants/merchant/merchant_store.h"

namespace gateway::admin {

/// What a merchant has of the plans: `plan-assignments` and prepaid `packs` below `/admin/v1/merchants/{merchant}`. Packs
/// are read from the disk, on the worker pool.
class MerchantPlanRoutes {
public:
    MerchantPlanRoutes(const tenants::MerchantStore& merchants, tenants::PlanStore& plans, net::WorkerPool& workers,
                       const Pages& pages, const AdminGuard& guard, const tenants::Clock& clock, log::Log& log)
        : merchants_(merchants),
          plans_(plans),
          workers_(workers),
          pages_(pages),
          guard_(guard),
          clock_(clock),
          log_(log) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> listAssignments(http::Request request);
    tenants::Task<http::Response> assign(http::Request request);
    tenants::Task<http::Response> cancelAssignment(http::Request request);
    tenants::Task<http::Response> listPacks(http::Request request);
    tenants::Task<http::Response> grantPack(http::Request request);
    tenants::Task<http::Response> expirePack(http::Request request);
    http::Response render(int status, const tenants::PlanAssignment& assignment) const;

    const tenants::MerchantStore& merchants_;
    tenants::PlanStore& plans_;
    net::WorkerPool& workers_;
    const Pages& pages_;
    const AdminGuard& guard_;
    const tenants::Clock& clock_;
    log::Log& log_;
};

}  // namespace gateway::admin
