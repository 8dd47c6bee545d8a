#pragma once

#include <string>
#include <string_view>

#include "sandbox/state.h"
#include "tenants/base/clock.h"

namespace sandbox {

/// The messages that are pushed to the events URL, added to the outbox in the same change that causes them.
/// Values stand in CDATA in every other message, since both are seen. Source: wechat-platform.md §5.1.
inline constexpr std::string_view kTicketEvent = "component_verify_ticket";
inline constexpr std::string_view kAuthorizedEvent = "authorized";
inline constexpr std::string_view kUpdateAuthorizedEvent = "updateauthorized";
inline constexpr std::string_view kUnauthorizedEvent = "unauthorized";

/// Each returns the event as it now stands in the outbox of `component`, which is one of `state`'s.
Event addTicketEvent(State& state, Component& component, const Ticket& ticket, bool by_timer);
/// `info_type` is authorized or updateauthorized.
Event addAuthorizationEvent(State& state, Component& component, std::string_view info_type,
                            const AuthorizationCode& code, const std::string& pre_auth_code, tenants::UtcTime now);
Event addUnauthorizedEvent(State& state, Component& component, const std::string& appid, tenants::UtcTime now);

/// Takes an event off the outbox once it is settled, however it was. Not there: nothing happens.
void removeEvent(Component& component, std::int64_t number);

}  // namespace sandbox
