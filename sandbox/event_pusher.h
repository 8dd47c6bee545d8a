#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sandbox/component_rules.h"
#include "sandbox/event_script.h"
#include "sandbox/log.h"
#include "sandbox/platform_clock.h"
#include "sandbox/push_sender.h"
#include "sandbox/state_store.h"
#include "tenants/base/task.h"

namespace sandbox {

/// How a push stands when its cause is answered.
enum class Delivery {
    kDelivered,  // answered 200 `success`, all copies
    kFailed,     // three tries, none answered so; or the platform is being stopped, then it is pushed after the restart
    kDropped,    // by script
    kHeld,       // by script, until enough others have come
    kDelayed,    // by script; its way goes on
    kNoEventsUrl,  // nobody to push to
};
/// "delivered", "failed", "dropped", "held", "delayed", "no_events_url".
std::string_view deliveryName(Delivery delivery);

/// A push that is over, for the control API.
struct SettledPush {
    std::int64_t number = 0;
    std::string info_type;
    std::string appid;
    Delivery delivery = Delivery::kDelivered;
    int tries = 0;
    tenants::UtcTime at;
};

/// Pushes the outbox of one component to its events URL, one event at a time and in order, sealed as WeChat does it, up to
/// three tries each; and a ticket at the start, every ten minutes of platform time, and ten seconds after one that failed
/// (WeChat would stop there: here gateway and platform may start in any order). Any thread.
class EventPusher {
public:
    struct Settings {
        int tries_max = 3;
        std::chrono::milliseconds retry_pause{1000};
        std::chrono::milliseconds failed_ticket_pause{10'000};
    };
    /// `base_clock` stamps the pushes' query unless the component says otherwise: a receiver compares it with its own
    /// clock, which most of the time nobody moves.
    EventPusher(StateStore& store, std::string component_appid, const tenants::Clock& base_clock,
                const PlatformClock& clock, std::unique_ptr<PushSender> sender, Log& log, Settings settings);
    ~EventPusher();  // as `stop`
    EventPusher(const EventPusher&) = delete;
    EventPusher& operator=(const EventPusher&) = delete;

    /// Begins with what was left in the outbox and a first ticket.
    void start();
    /// Ends the running push, tells everybody who waits, and joins. What was not settled stays in the outbox.
    void stop();

    /// Pushes an event that stands in the outbox; ends when it is settled or a script has put it aside.
    tenants::Task<Delivery> push(Event event);
    /// Issues a new ticket and pushes it.
    tenants::Task<Delivery> pushTicket();
    /// Has the next ticket pushed at once, without waiting for it.
    void pushTicketSoon();
    void plan(EventPlan plan);
    EventPlan plan() const;
    /// Forgets the plan and sends what it held.
    void clearPlan();
    std::vector<SettledPush> settled() const;  // the newest two hundred, oldest first

private:
    using Done = std::function<void(Delivery)>;
    struct Job {
        std::vector<Event> events;
        int copies = 1;
        tenants::SteadyTime due;
        Done done;
    };

    void submit(Event event, Done done);
    void enqueue(Job job);
    template <class Reader>
    auto readComponent(Reader reader) const {
        return store_.read([&](const State& state) { return reader(state.component(component_appid_)); });
    }
    Event addTicket(bool by_timer);
    std::optional<Event> takeDueTicket();
    bool firstTicketWanted();
    void serve();
    std::optional<Job> nextJob(std::unique_lock<std::mutex>& lock);
    void waitForWork(std::unique_lock<std::mutex>& lock);
    void work(Job job);
    bool deliver(const Event& event, int& tries);
    std::string sendOnce(const Event& event, bool with_old_key);
    bool pauseBetweenTries();
    void settle(const Event& event, Delivery delivery, int tries);

    StateStore& store_;
    const std::string component_appid_;
    const tenants::Clock& base_clock_;
    const PlatformClock& clock_;
    const std::unique_ptr<PushSender> sender_;
    Log& log_;
    const Settings settings_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    EventScript script_;
    std::deque<Job> jobs_;
    std::deque<SettledPush> settled_;
    std::optional<tenants::SteadyTime> failed_ticket_again_at_;
    bool first_ticket_sent_ = false;
    bool ticket_asked_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace sandbox
