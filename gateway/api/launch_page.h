#pragma once

#include "gateway/http/router.h"
#include "gateway/log/log.h"
#include "tenants/authorization/component_platform.h"

namespace gateway::api {

/// `GET /wechat/launch?state=…`: what an operator sends to a merchant. Says in Chinese and English what will happen and has
/// the buttons that lead to WeChat's page, which wants to be reached by a click on a page of the launch domain: a bare
/// redirect has no Referer. Each opening asks WeChat for links that are new.
class LaunchPage {
public:
    LaunchPage(const tenants::ComponentPlatforms& platforms, log::Log& log) : platforms_(platforms), log_(log) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> handle(http::Request request);

    const tenants::ComponentPlatforms& platforms_;
    log::Log& log_;
};

}  // namespace gateway::api
