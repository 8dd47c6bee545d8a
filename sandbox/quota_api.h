#pragma once

#include <optional>

#include "gateway/http/message.h"
#include "sandbox/call_gate.h"
#include "sandbox/call_quotas.h"
#include "sandbox/platform_answer.h"
#include "sandbox/platform_clock.h"
#include "sandbox/rid_log.h"
#include "sandbox/state_store.h"

namespace sandbox {

/// What an account may ask about its quotas and requests: openapi/quota/get and its four ways to reset, openapi/rid/get.
/// Any thread. Source: wechat-platform.md §3.11–3.12.
class QuotaApi {
public:
    QuotaApi(StateStore& store, const CallGate& gate, CallQuotas& quotas, const RidLog& rids,
             const PlatformClock& clock)
        : store_(store), gate_(gate), quotas_(quotas), rids_(rids), clock_(clock) {}

    /// The answer, or nothing where `request` names no path of these.
    std::optional<PlatformAnswer> handle(const gateway::http::Request& request);

private:
    PlatformAnswer show(const gateway::http::Request& request);
    PlatformAnswer clearPath(const gateway::http::Request& request);
    PlatformAnswer clearAccount(const gateway::http::Request& request);
    PlatformAnswer clearWithSecret(const gateway::http::Request& request);
    PlatformAnswer clearComponent(const gateway::http::Request& request);
    PlatformAnswer showRequest(const gateway::http::Request& request);
    PlatformAnswer reset(const std::string& appid, const std::string& path);

    StateStore& store_;
    const CallGate& gate_;
    CallQuotas& quotas_;
    const RidLog& rids_;
    const PlatformClock& clock_;
};

}  // namespace sandbox
