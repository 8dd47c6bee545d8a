#pragma once

#include <string>
#include <string_view>

namespace gateway::wechat {

/// Appends `name=value` to a request target, after `?` where it is the first parameter and `&` where not. The value is
/// percent-encoded once, everything but RFC 3986's unreserved characters; the name is ours and needs none. Any thread.
void appendQueryParameter(std::string& target, std::string_view name, std::string_view value);

}  // namespace gateway::wechat
