#pragma once

#include "gateway/http/router.h"
#include "gateway/log/log.h"
#include "tenants/authorization/component_platform.h"

namespace gateway::api {

/// `GET /wechat/authorized`: where the merchant's browser lands after consent, with our state, the platform that the link was of, and WeChat's code.
/// Finishes the authorization and says so, or what to do, in Chinese and English.
class AuthorizedPage {
public:
    AuthorizedPage(const tenants::ComponentPlatforms& platforms, log::Log& log) : platforms_(platforms), log_(log) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> handle(http::Request request);

    const tenants::ComponentPlatforms& platforms_;
    log::Log& log_;
};

}  // namespace gateway::api
