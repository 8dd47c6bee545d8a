#pragma once

#include <memory>
#include <vector>

#include "tenants/authorization/authorizer_list.h"

namespace tenants {

/// Gets an account new tokens, by whichever refresh token WeChat still takes: the stored one, the one before it, the one
/// of WeChat's list, the one of the account's info. Who calls it holds the merchant's lock. Safe from any thread.
class AuthorizerRefresh {
public:
    AuthorizerRefresh(Platform& platform, const Clock& clock, AuthorizerList::Settings list)
        : platform_(platform), list_(platform, clock, list) {}

    /// The answer's refresh token is the one that worked where WeChat named none. The errors of Platform;
    /// kUpstreamRefused with 61023 where no token works and none can be read back, which is the moment to ask the
    /// merchant to authorize again.
    Task<Result<Platform::AuthorizerTokens>> refresh(std::shared_ptr<const Authorization> current,
                                                     SharedSecret component_token);
    /// Whether WeChat's list, as it was a moment ago, has the account. The errors of Platform.
    Task<Result<bool>> isListed(AppId appid, SharedSecret component_token);
    /// The list as it is now, which also serves the next recoveries.
    Task<AuthorizerList::Reading> listAnew(SharedSecret component_token);

private:
    using Tried = std::vector<SharedSecret>;
    Task<Result<Platform::AuthorizerTokens>> tryOne(AppId appid, SharedSecret refresh_token,
                                                    SharedSecret component_token);
    Task<Result<SharedSecret>> fromList(AppId appid, SharedSecret component_token);
    Task<Result<SharedSecret>> fromInfo(AppId appid, SharedSecret component_token);

    Platform& platform_;
    AuthorizerList list_;
};

/// WeChat's answer to a component token that it does not take any more: 40001, 40014, 42001, 42006.
bool refusesComponentToken(const Error& error);

}  // namespace tenants
