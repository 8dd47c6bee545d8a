#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/wechat/https_caller.h"
#include "tenants/authorization/platform.h"
#include "tenants/base/clock.h"
#include "tenants/base/secret.h"

namespace gateway::wechat {

/// Who we are to the platform.
struct ComponentIdentity {
    std::string appid;
    tenants::SharedSecret secret;
};

class AnswerJson;

/// WeChat's component endpoints over HTTPS: one POST each, no repeat, ended by `call_max`. What an answer lacks is
/// never made up: one without a needed field is no answer (kUpstreamUnreachable, named in for_log).
/// As thread-safe as `caller`; `caller` and `clock` outlive it.
class PlatformClient final : public tenants::Platform {
public:
    PlatformClient(HttpsCaller& caller, const tenants::Clock& clock, ComponentIdentity component,
                   std::chrono::milliseconds call_max = std::chrono::seconds{8});

    tenants::Task<tenants::Result<tenants::Done>> startPushTicket() override;
    tenants::Task<tenants::Result<FreshToken>> componentToken(tenants::SharedSecret ticket) override;
    tenants::Task<tenants::Result<FreshToken>> preAuthCode(tenants::SharedSecret component_token) override;
    tenants::Task<tenants::Result<Grant>> queryAuth(tenants::SharedSecret component_token,
                                                    tenants::SharedSecret authorization_code) override;
    tenants::Task<tenants::Result<AuthorizerTokens>> refreshAuthorizer(tenants::SharedSecret component_token,
                                                                       tenants::AppId appid,
                                                                       tenants::SharedSecret refresh_token) override;
    tenants::Task<tenants::Result<AuthorizerInfo>> authorizerInfo(tenants::SharedSecret component_token,
                                                                  tenants::AppId appid) override;
    tenants::Task<tenants::Result<AuthorizerPage>> authorizerList(tenants::SharedSecret component_token,
                                                                  std::int64_t offset, std::int64_t count) override;

private:
    struct Field {
        std::string_view name;
        std::variant<std::string_view, std::int64_t> value;
    };
    using Fields = std::initializer_list<Field>;

    /// The request's JSON: our appid and `fields`.
    std::string bodyOf(Fields fields) const;
    /// Posts `body` to the endpoint of that name, under `token` unless it is null. Gives the answer if WeChat accepted.
    tenants::Task<tenants::Result<AnswerJson>> post(std::string endpoint, tenants::SharedSecret token,
                                                    std::string body);

    HttpsCaller& caller_;
    const tenants::Clock& clock_;
    ComponentIdentity component_;
    std::chrono::milliseconds call_max_;
};

}  // namespace gateway::wechat
