#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/admin/admin_guard.h"
#include "gateway/log/log.h"
#include "tenants/authorization/reconciliation.h"
#include "tenants/authorization/ticket_watch.h"
#include "tenants/authorization/token_keeper.h"

namespace gateway::admin {

/// `/admin/v1/components`: how each component platform fares. `/admin/v1/reconciliations`: comparisons of its grants with
/// WeChat's word, asked for and read.
class ComponentRoutes {
public:
    struct Component {  // all of it outlives the routes
        tenants::AppId appid;
        std::reference_wrapper<const tenants::TokenKeeper> tokens;
        std::reference_wrapper<const tenants::TicketWatch> ticket;
        std::reference_wrapper<tenants::Reconciliation> reconciliation;
    };
    ComponentRoutes(std::vector<Component> components, const AdminGuard& guard, const tenants::Clock& clock,
                    log::Log& log)
        : components_(std::move(components)), guard_(guard), clock_(clock), log_(log) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> list(http::Request request);
    tenants::Task<http::Response> startReconciliation(http::Request request);
    tenants::Task<http::Response> listReconciliations(http::Request request);
    tenants::Task<http::Response> showReconciliation(http::Request request);
    tenants::Result<const Component*> componentNamed(std::string_view body) const;

    const std::vector<Component> components_;
    const AdminGuard& guard_;
    const tenants::Clock& clock_;
    log::Log& log_;
};

}  // namespace gateway::admin
