#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/access_tokens.h"
#include "sandbox/authorizer.h"
#include "tenants/base/clock.h"

namespace sandbox {

/// One verify ticket that was issued; it lives 12 hours. Source: wechat-platform.md §1.
struct Ticket {
    std::string text;
    tenants::UtcTime issued_at;
};

/// The third-party platform's own account. Its secrets come from the configuration and are not part of the stored state.
struct Component {
    std::string events_url;       // where tickets and authorization events are pushed; empty: nowhere yet
    std::string messages_url;     // with $APPID$; kept for completeness, nothing is pushed there yet
    std::vector<Ticket> tickets;  // newest last
    AccessTokens tokens;
    bool push_running = true;  // false after a ticket could not be delivered, until the service is started again
};

/// What one authorization link is made with. Usable until it expires.
struct PreAuthCode {
    std::string text;
    tenants::UtcTime expires_at;
};

/// What the platform hands over after consent; good for one exchange.
struct AuthorizationCode {
    std::string text;
    std::string appid;
    tenants::UtcTime expires_at;
};

/// A push to the events URL that was not settled yet.
struct Event {
    std::int64_t number = 0;
    std::string info_type;
    std::string appid;        // the account it is about; empty for tickets
    std::string message_xml;  // plain; sealed anew for each attempt
    tenants::UtcTime created_at;
    bool by_timer = false;  // a ticket that nobody asked for
};

/// Everything that the platform remembers over a restart.
struct State {
    Component component;
    std::map<std::string, Authorizer> authorizers;                 // by appid
    std::map<std::string, PreAuthCode> pre_auth_codes;             // by text
    std::map<std::string, AuthorizationCode> authorization_codes;  // by text
    std::vector<Event> outbox;                                     // oldest first
    std::int64_t last_event_number = 0;
    std::chrono::milliseconds clock_offset{0};  // platform time minus the system's
};

}  // namespace sandbox
