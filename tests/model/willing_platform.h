#pragma once

#include <chrono>
#include <string>

#include "tenants/authorization/platform.h"

namespace model {

/// WeChat's component endpoints for histories of money alone: every account is authorized, and every token lasts longer than
/// a history. What no such history asks for is refused. Remembers nothing, so a process that is started again finds the
/// same. Any thread.
class WillingPlatform final : public tenants::Platform {
public:
    tenants::Task<tenants::Result<tenants::Done>> startPushTicket() override { co_return tenants::Done{}; }
    tenants::Task<tenants::Result<FreshToken>> componentToken(tenants::SharedSecret /*ticket*/) override {
        co_return FreshToken{tenants::shareSecret("component token"), kLife};
    }
    tenants::Task<tenants::Result<AuthorizerTokens>> refreshAuthorizer(tenants::SharedSecret /*component_token*/,
                                                                       tenants::AppId appid,
                                                                       tenants::SharedSecret refresh_token) override {
        co_return AuthorizerTokens{tenants::shareSecret("token of " + appid.text()), kLife, std::move(refresh_token)};
    }
    tenants::Task<tenants::Result<FreshToken>> preAuthCode(tenants::SharedSecret /*component_token*/) override {
        co_return refusal();
    }
    tenants::Task<tenants::Result<Grant>> queryAuth(tenants::SharedSecret /*component_token*/,
                                                    tenants::SharedSecret /*authorization_code*/) override {
        co_return refusal();
    }
    tenants::Task<tenants::Result<AuthorizerInfo>> authorizerInfo(tenants::SharedSecret /*component_token*/,
                                                                  tenants::AppId /*appid*/) override {
        co_return refusal();
    }
    tenants::Task<tenants::Result<AuthorizerPage>> authorizerList(tenants::SharedSecret /*component_token*/,
                                                                  std::int64_t /*offset*/,
                                                                  std::int64_t /*count*/) override {
        co_return refusal();
    }

private:
    static constexpr std::chrono::seconds kLife = std::chrono::years{1};

    static tenants::Error refusal() { return {tenants::ErrorCode::kUpstreamRefused, "No history asks for this."}; }
};

}  // namespace model
