#pragma once

#include <functional>
#include <optional>

#include "gateway/http/router.h"
#include "gateway/log/log.h"
#include "gateway/net/worker_pool.h"
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
    /// `workers`: where signatures of large pushes are checked and their documents opened, so that a flood of forgeries
    /// holds no loop up.
    /// `background`: runs a task on its own, and lets the process end only when it has ended.
    WechatPushes(std::vector<Addressee> addressees, net::WorkerPool& workers, const tenants::Clock& clock,
                 log::Log& log, std::function<void(tenants::Task<void>)> background)
        : addressees_(std::move(addressees)),
          workers_(workers),
          clock_(clock),
          log_(log),
          background_(std::move(background)) {}

    void addRoutes(http::Router& router);

private:
    /// A genuine push, and whose platform's it is.
    struct Genuine {
        tenants::Push push;
        tenants::Onboarding* onboarding;
    };

    std::optional<Genuine> readGenuine(const http::Request& request) const;
    tenants::Task<http::Response> handleEvent(http::Request request);
    tenants::Task<http::Response> handleMessage(http::Request request);
    bool isGenuine(const http::Request& request) const;
    tenants::Task<tenants::Result<tenants::Done>> store(tenants::Onboarding& onboarding, tenants::Push push);
    tenants::Task<void> handleInBackground(tenants::Onboarding& onboarding, tenants::PlatformEvent event);

    const std::vector<Addressee> addressees_;
    net::WorkerPool& workers_;
    const tenants::Clock& clock_;
    log::Log& log_;
    std::function<void(tenants::Task<void>)> background_;
};

}  // namespace gateway::api
