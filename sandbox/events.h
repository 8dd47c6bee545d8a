#pragma once

#include <string>
#include <string_view>

#include "sandbox/state.h"
#include "tenants/base/clock.h"

namespace sandbox {

/// The messages that are pushed to the events URL, added to the state's outbox in the same change that causes them.
/// Values stand in CDATA in every other message, since both are seen. Source: wechat-platform.md §5.1.
inline constexpr std::string_view kTicketEvent = "component_verify_ticket";
inline constexpr std::string_view kAuthorizedEvent = "authorized";
inline constexpr std::string_view kUpdateAuthorizedEvent = "updateauthorized";
inline constexpr std::string_view kUnauthorizedEvent = "unauthorized";

/// Each returns the event as it now stands in the outbox. `component_appid` goes into its <AppId>.
Event addTicketEvent(State& state, const std::string& component_appid, const Ticket& ticket, bool by_timer);
/// `info_type` is authorized or updateauthorized.
Event addAuthorizationEvent(State& state, const std::string& component_appid, std::string_view info_type,
                            const AuthorizationCode& code, const std::string& pre_auth_code, tenants::UtcTime now);
Event addUnauthorizedEvent(State& state, const std::string& component_appid, const std::string& appid,
                           tenants::UtcTime now);

/// Takes an event off the outbox once it is settled, however it was. Not there: nothing happens.
void removeEvent(State& state, std::int64_t number);

}  // namespace sandbox
