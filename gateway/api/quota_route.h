#pragma once

#include "gateway/api/quota_view.h"
#include "gateway/http/router.h"
#include "tenants/merchant/authenticator.h"

namespace gateway::api {

/// `GET /v1/quota`: the caller's own windows. An API key or a gateway token, as for a scan; a merchant that cannot scan at
/// present sees its numbers all the same.
class QuotaRoute {
public:
    QuotaRoute(const tenants::Authenticator& authenticator, const QuotaView& quotas, const tenants::Clock& clock)
        : authenticator_(authenticator), quotas_(quotas), clock_(clock) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> show(http::Request request) const;

    const tenants::Authenticator& authenticator_;
    const QuotaView& quotas_;
    const tenants::Clock& clock_;
};

}  // namespace gateway::api
