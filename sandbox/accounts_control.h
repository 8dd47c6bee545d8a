#pragma once

#include <functional>
#include <optional>
#include <string>

#include "gateway/http/router.h"
#include "sandbox/event_pushers.h"
#include "sandbox/platform_clock.h"
#include "sandbox/state_store.h"
#include "tenants/base/task.h"

namespace sandbox {

/// The control API's part about accounts: makes, changes, authorizes and withdraws them. The event of a change is
/// delivered, has failed, or was put aside by a script, before the answer with the new state goes out. The query's
/// `component` says whose authorization is meant. Source: design.md §6.
class AccountsControl {
public:
    AccountsControl(StateStore& store, const PlatformClock& clock, EventPushers& pushers)
        : store_(store), clock_(clock), pushers_(pushers) {}

    void addRoutes(gateway::http::Router& router);

private:
    using Request = gateway::http::Request;
    using Response = gateway::http::Response;
    using Change = std::function<std::optional<Event>(State& state, Component& component, Authorizer& account)>;

    tenants::Task<Response> create(Request request);
    tenants::Task<Response> list(Request request);
    tenants::Task<Response> show(Request request);
    tenants::Task<Response> patch(Request request);
    tenants::Task<Response> consent(Request request);
    tenants::Task<Response> reauthorize(Request request);
    tenants::Task<Response> withdraw(Request request);
    tenants::Task<Response> expireToken(Request request);
    tenants::Task<Response> rotateRefreshToken(Request request);
    tenants::Task<Response> killRefreshToken(Request request);

    tenants::Task<Response> changeAuthorized(Request request, Change change);
    tenants::Task<Response> answerAfterChange(std::string appid, std::string component_appid,
                                              std::optional<Event> event, std::string redirect);

    StateStore& store_;
    const PlatformClock& clock_;
    EventPushers& pushers_;
};

}  // namespace sandbox
