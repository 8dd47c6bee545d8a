#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string_view>

#include "tenants/authorization/authorization_store.h"
#include "tenants/authorization/platform.h"
#include "tenants/authorization/token_sighting.h"
#include "tenants/base/backoff.h"

namespace tenants {

struct TicketHealth {
    bool has_ticket = false;
    UtcTime created_at;                // by WeChat's clock
    std::chrono::milliseconds age{0};  // since it came, by ours; of none: since we began to wait for one
    std::string_view trouble;          // ticket_late, ticket_missing; empty: fine
};

/// Watches over WeChat's ticket, without which no component token can be made. WeChat pushes one every ten minutes; the
/// push service can stop without a reason given, and is asked to go on by api_start_push_ticket, which does no harm where
/// it runs. The ticket that is there is used as long as WeChat takes it: 12 hours. Asked again and again at any pace; what
/// is late is told by the steady clock. Safe from any thread.
class TicketWatch {
public:
    struct Settings {
        std::chrono::seconds late_after{1500};                             // two pushes missed, and some slack
        Backoff pause{std::chrono::minutes{1}, std::chrono::minutes{30}};  // between two requests
    };
    enum class Change { kNone, kLate, kArrived };  // for the log, once each
    struct Report {
        Change change = Change::kNone;
        bool asked = false;
        std::optional<Error> failure;  // of that request
    };
    TicketWatch(Platform& platform, const AuthorizationStore& store, const Clock& clock, Settings settings)
        : platform_(platform), store_(store), clock_(clock), settings_(settings), began_(clock.steady()) {}

    /// Looks, and asks WeChat where a ticket is late and the last request was not a moment ago.
    Task<Report> check();
    TicketHealth health() const;

private:
    struct Arrival {
        UtcTime created_at;  // tells tickets apart
        SteadyTime at;
    };
    SteadyTime waitingSince(const ComponentState& state) const;
    TicketHealth healthOf(const ComponentState& state) const;
    void look(const ComponentState& state);
    bool mayAskNow(const ComponentState& state, Report& report);

    Platform& platform_;
    const AuthorizationStore& store_;
    const Clock& clock_;
    const Settings settings_;
    const SteadyTime began_;
    mutable std::mutex mutex_;
    std::optional<Arrival> arrival_;  // of the newest ticket; this and what follows: under `mutex_`
    bool looked_ = false;
    bool late_ = false;
    int asked_in_a_row_ = 0;
    SteadyTime asked_at_{};
};

}  // namespace tenants
