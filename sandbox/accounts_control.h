#pragma once

#include <functional>
#include <optional>
#include <string>

#include "gateway/http/router.h"
#include "gateway/net/worker_pool.h"
#include "sandbox/component_rules.h"
#include "sandbox/event_pusher.h"
#include "sandbox/platform_clock.h"
#include "sandbox/state_store.h"
#include "tenants/base/task.h"

namespace sandbox {

/// The control API's part about accounts: makes, changes, authorizes and withdraws them. Every change is in the state file
/// and its event is delivered, has failed, or was put aside by a script, before the answer with the new state goes out.
/// Source: design.md §6.
class AccountsControl {
public:
    /// `file_worker` writes the state file, so that no loop waits for the disk.
    AccountsControl(StateStore& store, const ComponentKeys& keys, const PlatformClock& clock, EventPusher& pusher,
                    gateway::net::WorkerPool& file_worker);

    void addRoutes(gateway::http::Router& router);

private:
    using Request = gateway::http::Request;
    using Response = gateway::http::Response;
    using Change = std::function<std::optional<Event>(State& state, Authorizer& account)>;

    tenants::Task<Response> create(Request request);
    tenants::Task<Response> list(Request request);
    tenants::Task<Response> show(Request request);
    tenants::Task<Response> patch(Request request);
    tenants::Task<Response> consent(Request request);
    tenants::Task<Response> withdraw(Request request);
    tenants::Task<Response> expireToken(Request request);
    tenants::Task<Response> rotateRefreshToken(Request request);
    tenants::Task<Response> killRefreshToken(Request request);

    tenants::Task<Response> changeAuthorized(std::string appid, Change change);
    tenants::Task<Response> answerAfterChange(std::string appid, std::optional<Event> event, std::string redirect);

    StateStore& store_;
    const ComponentKeys keys_;
    const PlatformClock& clock_;
    EventPusher& pusher_;
    gateway::net::WorkerPool& file_worker_;
};

}  // namespace sandbox
