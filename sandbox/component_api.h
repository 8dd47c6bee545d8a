#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <Poco/JSON/Object.h>

#include "gateway/http/message.h"
#include "sandbox/component_rules.h"
#include "sandbox/platform_answer.h"
#include "sandbox/platform_clock.h"
#include "sandbox/state_store.h"

namespace sandbox {

/// The endpoints below /cgi-bin/component/ and /cgi-bin/openapi/quota/get. Any thread; nothing blocks.
/// Source: wechat-platform.md §3.
class ComponentApi {
public:
    /// `restart_push` is called when a stopped ticket service is started again; it must not block.
    ComponentApi(StateStore& store, const ComponentKeys& keys, const PlatformClock& clock,
                 std::function<void()> restart_push);

    /// The answer, or nothing where `request` names no path of these.
    std::optional<PlatformAnswer> handle(const gateway::http::Request& request);

    /// The access token of a request, under its current or its old name; empty where there is none.
    static std::string tokenOf(const gateway::http::RequestHead& head);

private:
    using Body = Poco::JSON::Object::Ptr;
    enum class Guard { kNone, kComponentToken };
    struct Endpoint {
        std::string_view path;
        Guard guard;
        PlatformAnswer (ComponentApi::*answer)(const Body& body);
    };
    static const Endpoint kEndpoints[];

    PlatformAnswer guarded(const Endpoint& endpoint, const gateway::http::Request& request);
    PlatformAnswer startPushTicket(const Body& body);
    PlatformAnswer componentToken(const Body& body);
    PlatformAnswer createPreAuthCode(const Body& body);
    PlatformAnswer queryAuth(const Body& body);
    PlatformAnswer authorizerToken(const Body& body);
    PlatformAnswer getAuthorizerInfo(const Body& body);
    PlatformAnswer getAuthorizerList(const Body& body);
    PlatformAnswer quota(const gateway::http::Request& request);

    StateStore& store_;
    const ComponentKeys keys_;
    const PlatformClock& clock_;
    std::function<void()> restart_push_;
};

}  // namespace sandbox
