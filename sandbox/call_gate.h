#pragma once

#include <string>

#include <Poco/JSON/Object.h>

#include "gateway/http/message.h"
#include "sandbox/call_quotas.h"
#include "sandbox/component_rules.h"
#include "sandbox/platform_clock.h"
#include "sandbox/refusal.h"
#include "sandbox/state_store.h"

namespace sandbox {

/// What the platform checks of every call before it looks at what is asked: address (61004), method (43002), token, body
/// (44002, 47001), component (41018, 40013), call limits (45009, 45011); in this order. Any thread.
class CallGate {
public:
    CallGate(StateStore& store, const PlatformClock& clock, CallQuotas& quotas)
        : store_(store), clock_(clock), quotas_(quotas) {}

    /// The access token of a request, under its current or its old name; empty where there is none.
    static std::string tokenOf(const gateway::http::RequestHead& head);

    using Body = Poco::JSON::Object::Ptr;
    /// A call whose body names a component that exists; with a token, the one that it belongs to.
    struct ComponentCall {
        std::string component_appid;
        Body body;
    };
    Verdict<ComponentCall> withoutToken(const gateway::http::Request& request) const;
    Verdict<ComponentCall> withComponentToken(const gateway::http::Request& request) const;

    /// A call whose body names no component, since its token does.
    struct TokenCall {
        TokenOwner caller;
        Body body;
    };
    enum class Whose { kAnybody, kAccount };
    Verdict<TokenCall> withToken(const gateway::http::Request& request, Whose whose) const;

    /// The account for which an OCR call is made: address, method (`get_allowed`), token.
    Verdict<TokenOwner> accountOf(const gateway::http::RequestHead& head, bool get_allowed) const;
    /// Counts the call or refuses it.
    std::optional<Refusal> count(const std::string& appid, const std::string& path) const;

private:
    using Rule = Verdict<TokenOwner> (*)(const State& state, std::string_view token, tenants::UtcTime now);

    Verdict<TokenOwner> caller(const gateway::http::RequestHead& head, bool get_allowed, Rule rule) const;
    Verdict<ComponentCall> componentIn(const gateway::http::Request& request) const;
    static Verdict<Body> bodyOf(const gateway::http::Request& request);

    StateStore& store_;
    const PlatformClock& clock_;
    CallQuotas& quotas_;
};

}  // namespace sandbox
