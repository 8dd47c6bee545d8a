#pragma once

#include "gateway/admin/admin_guard.h"
#include "gateway/admin/closing_desk.h"
#include "gateway/admin/page.h"
#include "gateway/log/log.h"
#include "gateway/net/worker_pool.h"
#include "tenants/billing/closing.h"

namespace gateway::admin {

/// Statements of a merchant, closing of periods, and the keys that statements are signed with: docs/statements.md.
class StatementRoutes {
public:
    struct Parts {
        const tenants::MerchantStore& merchants;
        const tenants::StatementStore& statements;
        tenants::PeriodClosing& closing;
        ClosingDesk& desk;
        const tenants::StatementSigner& signer;
        net::WorkerPool& workers;
        const Pages& pages;
        const AdminGuard& guard;
        const tenants::Clock& clock;
        log::Log& log;
    };
    explicit StatementRoutes(Parts parts) : parts_(parts) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> list(http::Request request);
    tenants::Task<http::Response> show(http::Request request);
    tenants::Task<http::Response> close(http::Request request);
    tenants::Task<http::Response> closeAll(http::Request request);
    tenants::Task<http::Response> showClosing(http::Request request);
    tenants::Task<http::Response> showKeys(http::Request request);

    const Parts parts_;
};

}  // namespace gateway::admin
