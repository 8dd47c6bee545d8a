#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/message.h"
#include "sandbox/consent.h"
#include "sandbox/event_pushers.h"
#include "sandbox/platform_answer.h"
#include "sandbox/platform_clock.h"
#include "sandbox/state_store.h"
#include "tenants/base/task.h"

namespace sandbox {

/// The page on which a merchant's admin authorizes the platform, in its PC and H5 forms, and the form that it sends. A
/// browser can go through it; scripts use the control API's consent. Source: wechat-platform.md §3.5.
class AuthorizationPage {
public:
    AuthorizationPage(StateStore& store, const PlatformClock& clock, EventPushers& pushers)
        : store_(store), clock_(clock), pushers_(pushers) {}

    static bool owns(std::string_view path);
    /// The request must be for a path that this owns. Ends when the consent's event was delivered, or has failed.
    tenants::Task<PlatformAnswer> handle(gateway::http::Request request);

private:
    PlatformAnswer show(const gateway::http::RequestHead& head) const;
    tenants::Task<PlatformAnswer> confirm(std::string form);

    StateStore& store_;
    const PlatformClock& clock_;
    EventPushers& pushers_;
};

}  // namespace sandbox
