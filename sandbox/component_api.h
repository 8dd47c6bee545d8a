#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/message.h"
#include "sandbox/call_gate.h"
#include "sandbox/platform_answer.h"
#include "sandbox/platform_clock.h"
#include "sandbox/state_store.h"

namespace sandbox {

/// The endpoints below /cgi-bin/component/ that a component calls for itself. Any thread; nothing blocks.
/// Source: wechat-platform.md §3.
class ComponentApi {
public:
    /// `restart_push` is called with the component whose stopped ticket service is started again; it must not block.
    ComponentApi(StateStore& store, const CallGate& gate, const PlatformClock& clock,
                 std::function<void(const std::string& component_appid)> restart_push);

    /// The answer, or nothing where `request` names no path of these.
    std::optional<PlatformAnswer> handle(const gateway::http::Request& request);
    /// True of a path that `handle` knows.
    static bool owns(std::string_view path);

private:
    using Call = CallGate::ComponentCall;
    enum class Guard { kSecret, kComponentToken };
    struct Endpoint {
        std::string_view path;
        Guard guard;
        PlatformAnswer (ComponentApi::*answer)(const Call& call);
    };
    static const Endpoint kEndpoints[];
    static const Endpoint* find(std::string_view path);

    PlatformAnswer startPushTicket(const Call& call);
    PlatformAnswer componentToken(const Call& call);
    PlatformAnswer createPreAuthCode(const Call& call);
    PlatformAnswer queryAuth(const Call& call);
    PlatformAnswer authorizerToken(const Call& call);
    PlatformAnswer getAuthorizerInfo(const Call& call);
    PlatformAnswer getAuthorizerList(const Call& call);

    StateStore& store_;
    const CallGate& gate_;
    const PlatformClock& clock_;
    std::function<void(const std::string&)> restart_push_;
};

}  // namespace sandbox
