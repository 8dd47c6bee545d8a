#pragma once

#include <atomic>

#include "gateway/log/log.h"
#include "tenants/authorization/reconciliation.h"
#include "tenants/authorization/ticket_watch.h"
#include "tenants/authorization/token_renewal.h"

namespace gateway::app {

/// What one component platform needs done without anybody asking: its ticket watched, its tokens renewed, its grants
/// compared with WeChat's word. Each is asked for every few seconds, does what the clocks say is due, and writes into the
/// log what changed. Safe from any thread; one that is asked for while it runs does nothing.
class ComponentUpkeep {
public:
    struct Settings {
        tenants::TicketWatch::Settings ticket = {};
        tenants::TokenRenewal::Settings renewal = {};
        tenants::Reconciliation::Settings reconciliation = {};
    };
    struct Domain {  // what it works with; all of it outlives the upkeep
        const tenants::AppId& component;
        tenants::TokenKeeper& tokens;
        tenants::GrantKeeper& grants;
        tenants::Platform& platform;
        const tenants::AuthorizationStore& authorizations;
        tenants::ReconciliationStore& reports;
    };
    ComponentUpkeep(const Domain& domain, const tenants::Clock& clock, log::Log& log, const Settings& settings);

    tenants::Task<void> watchTicket();
    tenants::Task<void> renewTokens();
    tenants::Task<void> reconcile();
    /// Begins nothing from now on, so that what runs ends with the calls that it has in flight.
    void stop() noexcept;

    const tenants::TicketWatch& ticket() const noexcept { return ticket_; }
    tenants::Reconciliation& reconciliation() noexcept { return reconciliation_; }

private:
    void logTroubles();

    const tenants::AppId& component_;
    tenants::TokenKeeper& tokens_;
    log::Log& log_;
    tenants::TicketWatch ticket_;
    tenants::TokenRenewal renewal_;
    tenants::Reconciliation reconciliation_;
};

}  // namespace gateway::app
