#include "tenants/authorization/ticket_watch.h"

#include <algorithm>
#include <utility>

namespace tenants {

using std::chrono::milliseconds;

namespace {

constexpr std::string_view kTicketLate = "ticket_late";
constexpr std::string_view kTicketMissing = "ticket_missing";

}  // namespace

Task<TicketWatch::Report> TicketWatch::check() {
    Report report;
    if (!mayAskNow(*store_.component(), report)) co_return report;
    report.asked = true;
    auto asked = co_await platform_.startPushTicket();
    if (!asked) report.failure = std::move(asked).error();
    co_return report;
}

bool TicketWatch::mayAskNow(const ComponentState& state, Report& report) {
    const SteadyTime now = clock_.steady();
    const std::scoped_lock lock{mutex_};
    look(state);
    const bool late = !healthOf(state).trouble.empty();
    if (late != late_) report.change = late ? Change::kLate : Change::kArrived;
    late_ = late;
    if (!late) {
        asked_in_a_row_ = 0;
        return false;
    }
    if (asked_in_a_row_ > 0 && now - asked_at_ < settings_.pause.pause(asked_in_a_row_, 0)) return false;
    ++asked_in_a_row_;
    asked_at_ = now;
    return true;
}

TicketHealth TicketWatch::health() const {
    const auto state = store_.component();
    const std::scoped_lock lock{mutex_};
    return healthOf(*state);
}

/// Takes note of a ticket that is new. Of the one that was there before this process, the wall clock has to tell how old
/// it is; of all later ones it is enough that they came.
void TicketWatch::look(const ComponentState& state) {
    const bool came_before_us = !std::exchange(looked_, true);
    if (state.ticket == nullptr || (arrival_ && arrival_->created_at == state.ticket_created_at)) return;
    arrival_ = Arrival{state.ticket_created_at, came_before_us ? waitingSince(state) : clock_.steady()};
}

SteadyTime TicketWatch::waitingSince(const ComponentState& state) const {
    const milliseconds told = clock_.now() - state.ticket_created_at;
    return clock_.steady() - std::max(told, milliseconds{0});
}

TicketHealth TicketWatch::healthOf(const ComponentState& state) const {
    TicketHealth health;
    health.has_ticket = state.ticket != nullptr;
    health.created_at = state.ticket_created_at;
    const SteadyTime since = arrival_ ? arrival_->at : began_;
    health.age = std::chrono::duration_cast<milliseconds>(clock_.steady() - since);
    if (health.age > settings_.late_after) health.trouble = health.has_ticket ? kTicketLate : kTicketMissing;
    return health;
}

}  // namespace tenants
