#pragma once

#include "gateway/http/router.h"
#include "gateway/log/log.h"
#include "tenants/authorization/onboarding.h"

namespace gateway::api {

/// `GET /wechat/authorized`: where the merchant's browser lands after consent, with our state and WeChat's code.
/// Finishes the authorization and says so, or what to do, in Chinese and English.
class AuthorizedPage {
public:
    AuthorizedPage(tenants::Onboarding& onboarding, log::Log& log) : onboarding_(onboarding), log_(log) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> handle(http::Request request);

    tenants::Onboarding& onboarding_;
    log::Log& log_;
};

}  // namespace gateway::api
