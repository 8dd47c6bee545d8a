#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/http/router.h"
#include "sandbox/event_pushers.h"
#include "sandbox/platform_clock.h"
#include "sandbox/state_store.h"
#include "tenants/base/task.h"

namespace sandbox {

/// The control API's part about components: what an operator types into WeChat's console, tickets, and what happens to
/// their pushes. The query's `component` says which one is meant. Source: design.md §6.
class ComponentControl {
public:
    ComponentControl(StateStore& store, EventPushers& pushers) : store_(store), pushers_(pushers) {}

    void addRoutes(gateway::http::Router& router);

private:
    using Request = gateway::http::Request;
    using Response = gateway::http::Response;

    tenants::Task<Response> list(Request request);
    tenants::Task<Response> show(Request request);
    tenants::Task<Response> patch(Request request);
    tenants::Task<Response> pushTicket(Request request);
    tenants::Task<Response> planEvents(Request request);
    tenants::Task<Response> listEvents(Request request);
    tenants::Task<Response> clearEvents(Request request);

    Response view(const std::string& appid, std::optional<Delivery> delivery) const;
    Response eventsView(const std::string& appid) const;

    StateStore& store_;
    EventPushers& pushers_;
};

}  // namespace sandbox
