#pragma once

#include "gateway/http/router.h"
#include "gateway/log/log.h"
#include "tenants/authorization/component_platform.h"
#include "tenants/merchant/merchant_store.h"

namespace gateway::api {

/// `GET /wechat/authorized`: where the merchant's browser lands after consent, with our state and WeChat's code. Finishes
/// the authorization and says in Chinese and English that it worked, or what is still to be done and by whom.
class AuthorizedPage {
public:
    AuthorizedPage(const tenants::ComponentPlatforms& platforms, const tenants::MerchantStore& merchants,
                   const tenants::Clock& clock, log::Log& log)
        : platforms_(platforms), merchants_(merchants), clock_(clock), log_(log) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> handle(http::Request request);

    const tenants::ComponentPlatforms& platforms_;
    const tenants::MerchantStore& merchants_;
    const tenants::Clock& clock_;
    log::Log& log_;
};

}  // namespace gateway::api
