#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/event_pusher.h"
#include "tenants/base/task.h"

namespace sandbox {

/// The pushers of all components, each with a thread of its own, so that one whose receiver is silent does not hold up the
/// others. Any thread.
class EventPushers {
public:
    using MakeSender = std::function<std::unique_ptr<PushSender>()>;
    EventPushers(StateStore& store, const std::vector<ComponentKeys>& components, const tenants::Clock& base_clock,
                 const PlatformClock& clock, const MakeSender& make_sender, Log& log);

    void start();
    void stop();

    /// Throws std::out_of_range for an appid that is none of the components'.
    EventPusher& of(std::string_view component_appid) const { return *pushers_.at(std::string{component_appid}); }
    /// Pushes an event that stands in its component's outbox, as EventPusher does.
    tenants::Task<Delivery> push(Event event);
    /// Makes a change that may move the clock, and in the same moment issues the timers' tickets that are due then, one for
    /// each component at most, so that no timer can come in between. Pushes them. Empty where none was due; else how it
    /// went, with more than one: how the first went that was not delivered.
    tenants::Task<std::optional<Delivery>> changeAndPushDueTickets(std::function<void(State& state)> change);

private:
    StateStore& store_;
    const PlatformClock& clock_;
    std::map<std::string, std::unique_ptr<EventPusher>> pushers_;  // by component appid
};

}  // namespace sandbox
