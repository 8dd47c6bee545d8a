#pragma once

#include <vector>

#include "gateway/admin/admin_guard.h"
#include "gateway/admin/audit_routes.h"
#include "gateway/admin/closing_desk.h"
#include "gateway/admin/component_routes.h"
#include "gateway/admin/decision_routes.h"
#include "gateway/admin/export_desk.h"
#include "gateway/admin/export_routes.h"
#include "gateway/admin/key_routes.h"
#include "gateway/admin/merchant_plan_routes.h"
#include "gateway/admin/merchant_routes.h"
#include "gateway/admin/page.h"
#include "gateway/admin/plan_routes.h"
#include "gateway/admin/reconciliation_routes.h"
#include "gateway/admin/statement_routes.h"
#include "gateway/admin/usage_routes.h"
#include "gateway/app/settings.h"
#include "gateway/http/router.h"
#include "gateway/log/log.h"
#include "gateway/net/worker_pool.h"
#include "tenants/authorization/component_platform.h"
#include "tenants/billing/closing.h"
#include "tenants/sqlite/sqlite_store.h"

namespace gateway::app {

/// The admin API's routes over the store, with the guard in front of all of them. Outlives the router's server.
class AdminSide {
public:
    /// Borrowed; all of it outlives the routes.
    struct Parts {
        tenants::SqliteStore& store;
        tenants::ComponentPlatforms& platforms;
        const tenants::CredentialHasher& hasher;
        const admin::Pages& pages;
        net::WorkerPool& workers;
        tenants::PeriodClosing& closing;
        admin::ClosingDesk& closing_desk;
        admin::ExportDesk& export_desk;
        const tenants::StatementSigner& signer;
        const tenants::Clock& clock;
        log::Log& log;
    };
    AdminSide(const Parts& parts, const Settings& settings, std::vector<admin::ComponentRoutes::Component> components);

    void addRoutes(http::Router& router);

private:
    admin::AdminGuard guard_;
    admin::MerchantRoutes merchant_routes_;
    admin::PlanRoutes plan_routes_;
    admin::MerchantPlanRoutes merchant_plan_routes_;
    admin::KeyRoutes key_routes_;
    admin::UsageRoutes usage_routes_;
    admin::DecisionRoutes decision_routes_;
    admin::AuditRoutes audit_routes_;
    admin::ComponentRoutes component_routes_;
    admin::StatementRoutes statement_routes_;
    admin::ExportRoutes export_routes_;
    admin::ReconciliationRoutes reconciliation_routes_;
};

}  // namespace gateway::app
