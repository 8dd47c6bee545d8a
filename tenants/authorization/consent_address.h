#pragma once

#include <string>
#include <string_view>

#include "tenants/authorization/invitation.h"

namespace tenants {

/// What goes into the addresses of WeChat's authorization page.
struct ConsentRequest {
    std::string_view component_appid;
    std::string_view pre_auth_code;
    std::string_view redirect_url;  // with our state in its query
    AccountChoice choice = AccountChoice::kBoth;
    std::string_view only_appid;  // empty: any
};

/// The page that shows a code to scan on a computer. `base`: scheme and host.
/// Source: third-party platform page "Authorization process".
std::string pcConsentAddress(std::string_view base, const ConsentRequest& request);
/// The page that opens within WeChat on a telephone.
std::string h5ConsentAddress(std::string_view base, const ConsentRequest& request);

}  // namespace tenants
