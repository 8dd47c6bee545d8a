#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sandbox/access_tokens.h"
#include "sandbox/authorizer.h"
#include "tenants/base/clock.h"

namespace sandbox {

/// The secrets of a component, from the configuration.
struct ComponentKeys {
    std::string appid;
    std::string secret;
    std::string push_token;
    std::string encoding_aes_key;
};

/// One verify ticket that was issued; it lives 12 hours. Source: wechat-platform.md §1.
struct Ticket {
    std::string text;
    tenants::UtcTime issued_at;
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

/// A push to a component's events URL that was not settled yet.
struct Event {
    std::int64_t number = 0;
    std::string component_appid;
    std::string info_type;
    std::string appid;        // the account it is about; empty for tickets
    std::string message_xml;  // plain; sealed anew for each attempt
    tenants::UtcTime created_at;
    bool by_timer = false;  // a ticket that nobody asked for
};

/// One third-party platform's account, with all that it was given.
struct Component {
    ComponentKeys keys;  // configured at each start and not stored, but for an EncodingAESKey that was changed since
    std::string changed_aes_key = {};   // what the console changed it to; empty: it is as configured
    std::string previous_aes_key = {};  // the one before it
    std::int64_t old_key_pushes = 0;    // so many pushes are still sealed with the previous one
    std::string events_url = {};        // where tickets and authorization events are pushed; empty: nowhere yet
    std::string messages_url = {};      // with $APPID$; kept for completeness, nothing is pushed there yet
    std::vector<std::string> ip_whitelist = {};  // empty: every address of this machine
    bool push_running = true;                    // false after a ticket could not be delivered, until one is again
    bool push_stopped = false;            // by the control API: the timer pushes nothing until it is started again
    bool timer_pushes = true;             // false: tickets are pushed only when they are asked for
    bool platform_stamps = false;         // push queries are stamped with the platform's time instead of the system's
    bool rotates_refresh_tokens = false;  // each refresh brings a new refresh token
    std::vector<Ticket> tickets = {};     // newest last
    AccessTokens tokens = {};
    std::map<std::string, PreAuthCode> pre_auth_codes = {};             // by text
    std::map<std::string, AuthorizationCode> authorization_codes = {};  // by text
    std::vector<Event> outbox = {};                                     // oldest first

    const std::string& currentAesKey() const {
        return changed_aes_key.empty() ? keys.encoding_aes_key : changed_aes_key;
    }
};

/// Whose token one is: a component's own, or that of an account which authorized the component.
struct TokenOwner {
    std::string component_appid;
    std::string appid;  // empty: the component's own

    bool ownsItself() const noexcept { return appid.empty(); }
    /// The account that the token speaks for.
    const std::string& speaksFor() const noexcept { return appid.empty() ? component_appid : appid; }
};

/// How the platform's answers differ from today's, for clients that must bear it.
struct Quirks {
    bool legacy_answers = false;  // OCR: `vhicle_type`, and errcode as a text
    bool strict_methods = false;  // OCR refuses GET with 43002, also with an img_url
};

/// Everything that the platform remembers over a restart.
struct State {
    std::vector<Component> components;              // the first is meant where the control API is not told which
    std::map<std::string, Authorizer> authorizers;  // by appid
    std::int64_t last_event_number = 0;
    std::chrono::milliseconds clock_offset{0};  // platform time minus the system's
    Quirks quirks;
    std::unordered_map<std::string, TokenOwner>
        token_owners;  // of every token that is remembered; follows from the rest

    /// Null where there is none of that appid.
    Component* findComponent(std::string_view appid);
    const Component* findComponent(std::string_view appid) const;
    /// For an appid that is known to be there. Throws std::out_of_range.
    Component& component(std::string_view appid);
    const Component& component(std::string_view appid) const;
    const Authorizer* findAuthorizer(const std::string& appid) const;
};

/// Makes the state's components those of the configuration, in its order: what was stored of one is kept, those that are
/// not configured any more are forgotten with all that they were given. `configured` is not empty.
void adoptComponents(State& state, const std::vector<ComponentKeys>& configured);
/// Fills `token_owners` from the tokens of components and accounts.
void indexTokens(State& state);

}  // namespace sandbox
