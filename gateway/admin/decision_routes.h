#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "gateway/admin/admin_guard.h"
#include "gateway/log/log.h"
#include "gateway/net/worker_pool.h"
#include "tenants/usage/usage_ledger.h"

namespace gateway::admin {

/// What an operator decides about the ledger, below `/admin/v1/merchants/{merchant}`: `usage-entries/{number}:correct`
/// takes a charge back, `holds/{request}:decide` ends an unknown scan. Both ask for a reason, are in the audit, and give the
/// new entry's receipt; asked again for the same, they give the same receipt.
class DecisionRoutes {
public:
    /// At what an entry was billed, where its period is closed; blocks.
    using ClosedPrice =
        std::function<std::optional<tenants::Money>(const tenants::MerchantId& merchant, std::int64_t number)>;

    DecisionRoutes(tenants::UsageLedger& ledger, ClosedPrice closed_price, net::WorkerPool& workers,
                   const AdminGuard& guard, const tenants::Clock& clock, log::Log& log)
        : ledger_(ledger),
          closed_price_(std::move(closed_price)),
          workers_(workers),
          guard_(guard),
          clock_(clock),
          log_(log) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> correct(http::Request request);
    tenants::Task<http::Response> decide(http::Request request);

    tenants::UsageLedger& ledger_;
    const ClosedPrice closed_price_;
    net::WorkerPool& workers_;
    const AdminGuard& guard_;
    const tenants::Clock& clock_;
    log::Log& log_;
};

}  // namespace gateway::admin
