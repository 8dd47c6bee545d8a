#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tenants/authorization/authorization.h"
#include "tenants/base/result.h"
#include "tenants/base/task.h"

namespace tenants {

/// WeChat's component endpoints as the domain needs them. Each call ends by a deadline of its own and is made once.
/// Errors: kUpstreamRefused with `upstream` set where WeChat gave an errcode; kUpstreamBusy (-1);
/// kUpstreamUnreachable and kUpstreamTimeout where there was no whole answer. Any executor's thread.
/// Source: wechat third-party platform pages, api_start_push_ticket … api_get_authorizer_list.
class Platform {
public:
    struct FreshToken {
        SharedSecret token;
        std::chrono::seconds expires_in{0};
    };
    struct AuthorizerTokens {
        SharedSecret access_token;  // null where the account has no API rights
        std::chrono::seconds expires_in{0};
        SharedSecret refresh_token;  // null where the answer had none
    };
    struct Grant {  // api_query_auth
        AppId appid;
        AuthorizerTokens tokens;
        std::set<int> granted_sets;
    };
    struct AuthorizerInfo {  // api_get_authorizer_info
        AccountFacts account;
        std::set<int> granted_sets;
        SharedSecret refresh_token;  // may be null
    };
    struct ListedAuthorizer {
        AppId appid;
        SharedSecret refresh_token;  // null: the authorization code was never exchanged
    };
    struct AuthorizerPage {  // api_get_authorizer_list
        std::int64_t total = 0;
        std::size_t entries = 0;                    // of the answer, those without an appid included
        std::vector<ListedAuthorizer> authorizers;  // those with one
    };
    static constexpr std::int64_t kPageEntriesMax = 500;

    virtual ~Platform() = default;
    /// Asks WeChat to push tickets again; harmless where it does. Needs no token.
    virtual Task<Result<Done>> startPushTicket() = 0;
    virtual Task<Result<FreshToken>> componentToken(SharedSecret ticket) = 0;
    virtual Task<Result<FreshToken>> preAuthCode(SharedSecret component_token) = 0;
    virtual Task<Result<Grant>> queryAuth(SharedSecret component_token, SharedSecret authorization_code) = 0;
    /// The answer always has an access token.
    virtual Task<Result<AuthorizerTokens>> refreshAuthorizer(SharedSecret component_token, AppId appid,
                                                             SharedSecret refresh_token) = 0;
    virtual Task<Result<AuthorizerInfo>> authorizerInfo(SharedSecret component_token, AppId appid) = 0;
    /// Up to `count` (at most kPageEntriesMax) of the accounts that are authorized to us, from the `offset`th on.
    virtual Task<Result<AuthorizerPage>> authorizerList(SharedSecret component_token, std::int64_t offset,
                                                        std::int64_t count) = 0;
};

}  // namespace tenants
