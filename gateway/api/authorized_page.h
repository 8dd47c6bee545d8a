#pragma once

#include "gateway/http/router.h"
#include "gateway/log/log.h"
#include "tenants/authorization/onboarding.h"
#include "tenants/merchant/merchant_store.h"

namespace gateway::api {

/// `GET /wechat/authorized`: where the merchant's browser lands after consent, with our state and WeChat's code.
/// Finishes the authorization and says in Chinese and English that it worked, or what is still to be done and by whom.
class AuthorizedPage {
public:
    AuthorizedPage(tenants::Onboarding& onboarding, const tenants::MerchantStore& merchants,
                   const tenants::AuthorizationStore& authorizations, log::Log& log)
        : onboarding_(onboarding), merchants_(merchants), authorizations_(authorizations), log_(log) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> handle(http::Request request);

    tenants::Onboarding& onboarding_;
    const tenants::MerchantStore& merchants_;
    const tenants::AuthorizationStore& authorizations_;
    log::Log& log_;
};

}  // namespace gateway::api
