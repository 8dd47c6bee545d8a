#pragma once

#include <set>
#include <string>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include "sandbox/authorizer.h"

namespace sandbox {

/// An account in the words of the platform's own answers. Source: wechat-platform.md §3.6–3.9.

/// What stands beside a permission set's id; samples of both forms exist.
enum class FunctionDetail {
    kConfirmation,  // confirm_info with three zeros on every other set
    kNames,         // type, name and desc
};
Poco::JSON::Array::Ptr functionInfo(const std::set<int>& sets, FunctionDetail detail);

/// `authorizer_info`; MiniProgramInfo stands only in a mini program's.
Poco::JSON::Object::Ptr accountInfo(const Authorizer& account);
/// `authorization_info` of api_get_authorizer_info for a component that the account authorized; without a refresh token
/// until a code was exchanged.
Poco::JSON::Object::Ptr authorizationInfo(const Authorizer& account, const std::string& component_appid);
/// One entry of api_get_authorizer_list; here the field is called `refresh_token`.
Poco::JSON::Object::Ptr listEntry(const Authorizer& account, const std::string& component_appid);

}  // namespace sandbox
