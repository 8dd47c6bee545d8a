#pragma once

#include <functional>

#include "gateway/http/router.h"
#include "gateway/log/log.h"
#include "tenants/authorization/onboarding.h"
#include "tenants/authorization/push.h"

namespace gateway::api {

/// Where WeChat pushes to: `POST /wechat/events` (tickets and authorization events) and `POST /wechat/messages/{appid}`
/// (verified and answered, not used). `success` goes out when the push is durable and not before; everything that is
/// not a genuine push gets one and the same answer.
class WechatPushes {
public:
    /// `background`: runs a task on its own, and lets the process end only when it has ended.
    WechatPushes(const tenants::PushReader& reader, tenants::Onboarding& onboarding, const tenants::Clock& clock,
                 log::Log& log, std::function<void(tenants::Task<void>)> background)
        : reader_(reader), onboarding_(onboarding), clock_(clock), log_(log), background_(std::move(background)) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> handleEvent(http::Request request);
    tenants::Task<http::Response> handleMessage(http::Request request);
    tenants::Task<tenants::Result<tenants::Done>> store(tenants::Push push);
    tenants::Task<void> handleInBackground(tenants::PlatformEvent event);

    const tenants::PushReader& reader_;
    tenants::Onboarding& onboarding_;
    const tenants::Clock& clock_;
    log::Log& log_;
    std::function<void(tenants::Task<void>)> background_;
};

}  // namespace gateway::api
