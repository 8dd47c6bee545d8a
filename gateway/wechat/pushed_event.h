#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "gateway/wechat/push_xml.h"
#include "tenants/authorization/push.h"
#include "tenants/base/clock.h"

namespace gateway::wechat {

/// Reads the decrypted fields of a component push that came at `received_at`. Nothing where InfoType or CreateTime is
/// missing or misshapen, or a field that this info type must have. The event's dedupe_key is made of InfoType,
/// AuthorizerAppid, CreateTime and the SHA-256 of the code, so that it holds no secret; `id` is left to the store.
/// A successful notify_third_fasteregister is an event like the others, its `appid` and `auth_code` in their place; every
/// further info type is an OtherPush.
/// A CreateTime further than `ahead_max` after `received_at` is somebody's wrong clock: the push counts as made when it
/// came, so that it does not stand above everything that comes after it. Its repeats are known by what it says.
/// Any thread. Source: third-party platform page "Authorization events".
std::optional<tenants::Push> readPushedEvent(const PushedFields& fields, tenants::UtcTime received_at,
                                             std::chrono::seconds ahead_max);

inline constexpr std::chrono::seconds kPushWindowDefault{600};

/// True if the query's `timestamp`, decimal seconds since 1970, lies no further than `window` from `now`, before or
/// after. WeChat states no window; this bounds how long a recorded push can be played back.
bool isFreshPush(std::string_view timestamp, tenants::UtcTime now, std::chrono::seconds window = kPushWindowDefault);

}  // namespace gateway::wechat
