#include "sandbox/event_pushers.h"

#include <utility>

#include "sandbox/events.h"

namespace sandbox {

EventPushers::EventPushers(StateStore& store, const std::vector<ComponentKeys>& components,
                           const tenants::Clock& base_clock, const PlatformClock& clock, const MakeSender& make_sender,
                           Log& log)
    : store_(store), clock_(clock) {
    for (const ComponentKeys& keys : components) {
        pushers_.emplace(keys.appid, std::make_unique<EventPusher>(store, keys.appid, base_clock, clock, make_sender(),
                                                                   log, EventPusher::Settings{}));
    }
}

void EventPushers::start() {
    for (const auto& [appid, pusher] : pushers_) pusher->start();
}

void EventPushers::stop() {
    for (const auto& [appid, pusher] : pushers_) pusher->stop();
}

tenants::Task<Delivery> EventPushers::push(Event event) {
    EventPusher& pusher = of(event.component_appid);
    return pusher.push(std::move(event));
}

tenants::Task<std::optional<Delivery>> EventPushers::changeAndPushDueTickets(std::function<void(State& state)> change) {
    const std::vector<Event> tickets = store_.change([&](State& state) {
        change(state);
        std::vector<Event> due;
        for (Component& component : state.components) {
            if (!ticketIsDue(component, clock_.now())) continue;
            due.push_back(addTicketEvent(state, component, issueTicket(component, clock_.now()), true));
        }
        return due;
    });
    std::optional<Delivery> worst;
    for (const Event& ticket : tickets) {
        const Delivery delivery = co_await push(ticket);
        if (!worst || *worst == Delivery::kDelivered) worst = delivery;
    }
    co_return worst;
}

}  // namespace sandbox
