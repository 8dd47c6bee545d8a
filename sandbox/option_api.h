#pragma once

#include <optional>
#include <string>

#include "gateway/http/message.h"
#include "sandbox/call_gate.h"
#include "sandbox/platform_answer.h"
#include "sandbox/state_store.h"

namespace sandbox {

/// An account's options in their two forms: get_ and set_authorizer_option with the account's token, and the older
/// api_get_ and api_set_authorizer_option with the component's. Any thread. Source: wechat-platform.md §3.10.
class OptionApi {
public:
    OptionApi(StateStore& store, const CallGate& gate) : store_(store), gate_(gate) {}

    /// The answer, or nothing where `request` names no path of these.
    std::optional<PlatformAnswer> handle(const gateway::http::Request& request);

private:
    /// An account that is authorized, and the call's body.
    struct Call {
        std::string appid;
        Poco::JSON::Object::Ptr body;
    };
    Verdict<Call> currentForm(const gateway::http::Request& request) const;
    Verdict<Call> olderForm(const gateway::http::Request& request) const;
    PlatformAnswer get(const Call& call, bool names_account);
    PlatformAnswer set(const Call& call);

    StateStore& store_;
    const CallGate& gate_;
};

}  // namespace sandbox
