#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/state.h"

namespace sandbox {

/// What happens to the next pushes, as the control API asks for. Tickets that the timer pushes by itself pass untouched
/// unless the plan names their type, so that no test depends on the minute it runs in.
struct EventPlan {
    std::int64_t drop = 0;       // so many are never sent
    std::int64_t duplicate = 0;  // so many are sent twice
    std::int64_t reorder = 0;    // so many are held, then sent in reverse order
    std::int64_t delayed = 0;    // so many wait `delay` first
    std::chrono::milliseconds delay{0};
    std::optional<std::string> info_type = {};  // only pushes of this type; empty: all but the timer's tickets

    bool concerns(const Event& event) const { return info_type ? event.info_type == *info_type : !event.by_timer; }
};

/// Applies a plan to one push after the other. Not safe from several threads at once.
class EventScript {
public:
    struct Decision {
        enum class Kind { kSend, kDrop, kHold } kind = Kind::kSend;
        std::vector<Event> events;  // what to send now, in this order; more than one where held ones are let go
        int copies = 1;
        std::chrono::milliseconds delay{0};
    };

    /// Sets a new plan. What an earlier one held is let go with the next push or by `clear`.
    void plan(EventPlan plan) { plan_ = std::move(plan); }
    const EventPlan& plan() const noexcept { return plan_; }
    const std::vector<Event>& held() const noexcept { return held_; }
    Decision decide(Event event);
    /// Forgets the plan; returns the held pushes, oldest first.
    std::vector<Event> clear();

private:
    EventPlan plan_;
    std::vector<Event> held_;
};

}  // namespace sandbox
