#pragma once

#include "gateway/api/merchant_guard.h"
#include "gateway/api/quota_view.h"

namespace gateway::api {

/// `GET /v1/quota`: the caller's own windows.
class QuotaRoute {
public:
    QuotaRoute(const MerchantGuard& guard, const QuotaView& quotas, const tenants::Clock& clock)
        : guard_(guard), quotas_(quotas), clock_(clock) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> show(tenants::Caller caller) const;

    const MerchantGuard& guard_;
    const QuotaView& quotas_;
    const tenants::Clock& clock_;
};

}  // namespace gateway::api
