#pragma once

#include "gateway/admin/admin_guard.h"
#include "gateway/log/log.h"
#include "tenants/usage/usage_ledger.h"

namespace gateway::admin {

/// What an operator decides about the ledger, below `/admin/v1/merchants/{merchant}`: `usage-entries/{number}:correct`
/// takes a charge back, `holds/{request}:decide` ends an unknown scan. Both ask for a reason, are in the audit, and give the
/// new entry's receipt; asked again for the same, they give the same receipt.
class DecisionRoutes {
public:
    DecisionRoutes(tenants::UsageLedger& ledger, const AdminGuard& guard, const tenants::Clock& clock, log::Log& log)
        : ledger_(ledger), guard_(guard), clock_(clock), log_(log) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> correct(http::Request request);
    tenants::Task<http::Response> decide(http::Request request);

    tenants::UsageLedger& ledger_;
    const AdminGuard& guard_;
    const tenants::Clock& clock_;
    log::Log& log_;
};

}  // namespace gateway::admin
