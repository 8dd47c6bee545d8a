#pragma once

#include <Poco/JSON/Object.h>

#include "gateway/http/router.h"
#include "gateway/net/worker_pool.h"
#include "sandbox/call_log.h"
#include "sandbox/component_rules.h"
#include "sandbox/event_pusher.h"
#include "sandbox/fault_script.h"
#include "sandbox/platform_clock.h"
#include "sandbox/state_store.h"
#include "tenants/base/task.h"

namespace sandbox {

/// The control API's part about the platform itself: its clock, tickets, console settings, faults, scripted answers,
/// pushes, and what arrived. Source: design.md §6.
class PlatformControl {
public:
    struct Services {
        StateStore& store;
        const ComponentKeys& keys;
        PlatformClock& clock;
        EventPusher& pusher;
        CallLog& calls;
        FaultScript& faults;
        AnswerScript& answers;
        gateway::net::WorkerPool& file_worker;  // writes the state file, so that no loop waits for the disk
    };
    explicit PlatformControl(Services services) : services_(services) {}

    void addRoutes(gateway::http::Router& router);

private:
    using Request = gateway::http::Request;
    using Response = gateway::http::Response;

    tenants::Task<Response> addFault(Request request);
    tenants::Task<Response> listFaults(Request request);
    tenants::Task<Response> clearFaults(Request request);
    tenants::Task<Response> setAnswer(Request request);
    tenants::Task<Response> listAnswers(Request request);
    tenants::Task<Response> clearAnswers(Request request);
    tenants::Task<Response> planEvents(Request request);
    tenants::Task<Response> listEvents(Request request);
    tenants::Task<Response> clearEvents(Request request);
    tenants::Task<Response> listCalls(Request request);
    tenants::Task<Response> clearCalls(Request request);
    tenants::Task<Response> pushTicket(Request request);
    tenants::Task<Response> showClock(Request request);
    tenants::Task<Response> moveClock(Request request);
    tenants::Task<Response> showComponent(Request request);
    tenants::Task<Response> patchComponent(Request request);
    tenants::Task<Response> alive(Request request);

    Response faultsView() const;
    Response answersView() const;
    Response eventsView() const;
    Poco::JSON::Object::Ptr clockView() const;
    Poco::JSON::Object::Ptr componentView() const;

    Services services_;
};

}  // namespace sandbox
