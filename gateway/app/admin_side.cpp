#include "gateway/app/admin_side.h"

#include <utility>

#include "gateway/app/part_settings.h"

namespace gateway::app {

AdminSide::AdminSide(const Parts& parts, const Settings& settings,
                     std::vector<admin::ComponentRoutes::Component> components)
    : guard_(parts.store.merchants(), parts.hasher),
      merchant_routes_(parts.store.merchants(), parts.platforms, parts.pages, guard_, parts.clock, parts.log,
                       {settings.day_limit_default, upstreamDayFree(settings)}),
      plan_routes_(parts.store.plans(), parts.pages, guard_, parts.clock, parts.log),
      merchant_plan_routes_(parts.store.merchants(), parts.store.plans(), parts.workers, parts.pages, guard_,
                            parts.clock, parts.log),
      key_routes_(parts.store.merchants(), parts.hasher, guard_, parts.clock, parts.log),
      usage_routes_(parts.store.merchants(), parts.store.plans(), parts.store.ledger(), parts.workers, parts.pages,
                    guard_, parts.clock, parts.log, settings.upstream_day_turns_at),
      decision_routes_(parts.store.ledger(), guard_, parts.clock, parts.log),
      audit_routes_(parts.store.audit(), parts.store.merchants(), parts.workers, parts.pages),
      component_routes_(std::move(components), guard_, parts.clock, parts.log),
      statement_routes_({parts.store.merchants(), parts.store.statements(), parts.closing, parts.closing_desk,
                         parts.signer, parts.workers, parts.pages, guard_, parts.clock, parts.log}),
      export_routes_(parts.store.merchants(), parts.export_desk, parts.workers, guard_, parts.store.audit(),
                     parts.clock, parts.log),
      reconciliation_routes_({parts.store.merchants(),
                              {parts.store.upstreamDays(), parts.store.ledgerScan(), parts.store.statements()},
                              {parts.store.ledgerScan(), parts.store.plans(), parts.store.statements()},
                              parts.workers,
                              parts.pages,
                              parts.clock}) {}

void AdminSide::addRoutes(http::Router& router) {
    merchant_routes_.addRoutes(router);
    plan_routes_.addRoutes(router);
    merchant_plan_routes_.addRoutes(router);
    key_routes_.addRoutes(router);
    usage_routes_.addRoutes(router);
    decision_routes_.addRoutes(router);
    audit_routes_.addRoutes(router, guard_);
    component_routes_.addRoutes(router);
    statement_routes_.addRoutes(router);
    export_routes_.addRoutes(router);
    reconciliation_routes_.addRoutes(router, guard_);
}

}  // namespace gateway::app
