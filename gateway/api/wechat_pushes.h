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
    /// One third-party platform of ours: both addresses serve all of them, and whose a push is its signature tells.
    struct Addressee {
        const tenants::PushReader& reader;
        tenants::Onboarding& onboarding;
    };
    /// `background`: runs a task on its own, and lets the process end only when it has ended.
    WechatPushes(std::vector<Addressee> addressees, const tenants::Clock& clock, log::Log& log,
                 std::function<void(tenants::Task<void>)> background)
        : addressees_(std::move(addressees)), clock_(clock), log_(log), background_(std::move(background)) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> handleEvent(http::Request request);
    tenants::Task<http::Response> handleMessage(http::Request request);
    tenants::Task<tenants::Result<tenants::Done>> store(tenants::Onboarding& onboarding, tenants::Push push);
    tenants::Task<void> handleInBackground(tenants::Onboarding& onboarding, tenants::PlatformEvent event);

    const std::vector<Addressee> addressees_;
    const tenants::Clock& clock_;
    log::Log& log_;
    std::function<void(tenants::Task<void>)> background_;
};

}  // namespace gateway::api
