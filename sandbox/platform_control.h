#pragma once

#include <Poco/JSON/Object.h>

#include "gateway/http/router.h"
#include "gateway/net/worker_pool.h"
#include "sandbox/call_log.h"
#include "sandbox/call_quotas.h"
#include "sandbox/event_pushers.h"
#include "sandbox/fault_script.h"
#include "sandbox/platform_clock.h"
#include "sandbox/state_store.h"
#include "tenants/base/task.h"

namespace sandbox {

/// The control API's part about the platform itself: its clock, faults, scripted answers, limits, quirks, its state file,
/// and what arrived. Source: design.md §6.
class PlatformControl {
public:
    struct Services {
        StateStore& store;
        PlatformClock& clock;
        EventPushers& pushers;
        CallLog& calls;
        CallQuotas& quotas;
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
    tenants::Task<Response> listCalls(Request request);
    tenants::Task<Response> clearCalls(Request request);
    tenants::Task<Response> listCounters(Request request);
    tenants::Task<Response> clearCounters(Request request);
    tenants::Task<Response> setLimit(Request request);
    tenants::Task<Response> listLimits(Request request);
    tenants::Task<Response> clearLimits(Request request);
    tenants::Task<Response> showQuirks(Request request);
    tenants::Task<Response> patchQuirks(Request request);
    tenants::Task<Response> saveState(Request request);
    tenants::Task<Response> showClock(Request request);
    tenants::Task<Response> moveClock(Request request);
    tenants::Task<Response> alive(Request request);

    Response faultsView() const;
    Response answersView() const;
    Poco::JSON::Object::Ptr clockView() const;
    Response limitsView() const;
    Response quirksAnswer() const;

    Services services_;
};

}  // namespace sandbox
