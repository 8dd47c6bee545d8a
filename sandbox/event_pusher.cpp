#include "sandbox/event_pusher.h"

#include <algorithm>
#include <utility>

#include "gateway/wechat/push_crypto.h"
#include "sandbox/events.h"
#include "sandbox/random_text.h"
#include "tenants/base/completion.h"

namespace sandbox {
namespace {

constexpr std::size_t kSettledMax = 200;
// The timer looks at the platform's clock at least this often, since somebody may set the system's.
constexpr std::chrono::seconds kTimerPause{30};
constexpr std::size_t kSealBytes = 16;
constexpr std::size_t kNonceDigits = 10;

}  // namespace

std::string_view deliveryName(Delivery delivery) {
    switch (delivery) {
        case Delivery::kDelivered: return "delivered";
        case Delivery::kFailed: return "failed";
        case Delivery::kDropped: return "dropped";
        case Delivery::kHeld: return "held";
        case Delivery::kDelayed: return "delayed";
        case Delivery::kNoEventsUrl: return "no_events_url";
    }
    return "";
}

EventPusher::EventPusher(StateStore& store, std::string component_appid, const tenants::Clock& base_clock,
                         const PlatformClock& clock, std::unique_ptr<PushSender> sender, Log& log, Settings settings)
    : store_(store),
      component_appid_(std::move(component_appid)),
      base_clock_(base_clock),
      clock_(clock),
      sender_(std::move(sender)),
      log_(log),
      settings_(settings) {}

EventPusher::~EventPusher() {
    stop();
}

void EventPusher::start() {
    for (const Event& event : readComponent([](const Component& component) { return component.outbox; }))
        submit(event, {});
    thread_ = std::thread{[this] { serve(); }};
}

void EventPusher::stop() {
    {
        const std::scoped_lock lock{mutex_};
        if (stopping_) return;
        stopping_ = true;
    }
    sender_->abort();
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    for (const Job& job : std::exchange(jobs_, {})) {
        if (job.done) job.done(Delivery::kFailed);
    }
}

tenants::Task<Delivery> EventPusher::push(Event event) {
    tenants::Completion<Delivery> completion;
    submit(std::move(event), [&completion](Delivery delivery) { completion.complete(delivery); });
    const Delivery delivery = co_await completion;
    co_return delivery;
}

tenants::Task<Delivery> EventPusher::pushTicket() {
    Event event = addTicket(false);
    const Delivery delivery = co_await push(std::move(event));
    co_return delivery;
}

void EventPusher::pushTicketSoon() {
    const std::scoped_lock lock{mutex_};
    ticket_asked_ = true;
    changed_.notify_all();
}

void EventPusher::plan(EventPlan plan) {
    const std::scoped_lock lock{mutex_};
    script_.plan(std::move(plan));
}

EventPlan EventPusher::plan() const {
    const std::scoped_lock lock{mutex_};
    return script_.plan();
}

void EventPusher::clearPlan() {
    std::vector<Event> held;
    {
        const std::scoped_lock lock{mutex_};
        held = script_.clear();
    }
    if (!held.empty()) enqueue({.events = std::move(held), .due = clock_.steady(), .done = {}});
}

std::vector<SettledPush> EventPusher::settled() const {
    const std::scoped_lock lock{mutex_};
    return {settled_.begin(), settled_.end()};
}

void EventPusher::submit(Event event, Done done) {
    if (readComponent([](const Component& component) { return component.events_url.empty(); })) {
        settle(event, Delivery::kNoEventsUrl, 0);
        if (done) done(Delivery::kNoEventsUrl);
        return;
    }
    EventScript::Decision decision;
    {
        const std::scoped_lock lock{mutex_};
        if (event.info_type == kTicketEvent) first_ticket_sent_ = true;
        decision = script_.decide(event);
    }
    using Kind = EventScript::Decision::Kind;
    if (decision.kind == Kind::kDrop) settle(event, Delivery::kDropped, 0);
    if (decision.kind == Kind::kSend) {
        const bool delayed = decision.delay.count() > 0;
        enqueue({.events = std::move(decision.events),
                 .copies = decision.copies,
                 .due = clock_.steady() + decision.delay,
                 .done = delayed ? Done{} : done});
        if (delayed && done) done(Delivery::kDelayed);
        return;
    }
    if (done) done(decision.kind == Kind::kDrop ? Delivery::kDropped : Delivery::kHeld);
}

void EventPusher::enqueue(Job job) {
    {
        const std::scoped_lock lock{mutex_};
        if (!stopping_) {
            jobs_.push_back(std::move(job));
            changed_.notify_all();
            return;
        }
    }
    if (job.done) job.done(Delivery::kFailed);
}

Event EventPusher::addTicket(bool by_timer) {
    return store_.change([&](State& state) {
        Component& component = state.component(component_appid_);
        return addTicketEvent(state, component, issueTicket(component, clock_.now()), by_timer);
    });
}

std::optional<Event> EventPusher::takeDueTicket() {
    const auto due = [this](const Component& component) { return ticketIsDue(component, clock_.now()); };
    if (!readComponent(due)) return std::nullopt;  // the common case changes nothing, so nothing has to be written
    return store_.change([&](State& state) -> std::optional<Event> {
        Component& component = state.component(component_appid_);
        if (!due(component)) return std::nullopt;
        return addTicketEvent(state, component, issueTicket(component, clock_.now()), true);
    });
}

/// At the start, when it was asked for, and after a failure a ticket is pushed although the last one is younger than ten
/// minutes.
bool EventPusher::firstTicketWanted() {
    const bool reachable = readComponent(
        [](const Component& component) { return !component.events_url.empty() && !component.push_stopped; });
    const bool by_timer = readComponent([](const Component& component) { return component.timer_pushes; });
    const std::scoped_lock lock{mutex_};
    const bool again = failed_ticket_again_at_ && clock_.steady() >= *failed_ticket_again_at_;
    if (again) failed_ticket_again_at_.reset();  // also where nobody is there any more: that moment has passed
    if (!reachable || !(ticket_asked_ || (by_timer && (!first_ticket_sent_ || again)))) return false;
    first_ticket_sent_ = true;
    ticket_asked_ = false;
    return true;
}

void EventPusher::serve() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        lock.unlock();
        std::optional<Event> ticket;
        if (firstTicketWanted()) {
            ticket = addTicket(true);
        } else {
            ticket = takeDueTicket();
        }
        if (ticket) submit(std::move(*ticket), {});
        lock.lock();
        if (std::optional<Job> job = nextJob(lock)) {
            lock.unlock();
            work(std::move(*job));
            lock.lock();
        } else {
            waitForWork(lock);
        }
    }
}

/// The oldest job whose time has come; `lock` shows that the mutex is held.
std::optional<EventPusher::Job> EventPusher::nextJob(std::unique_lock<std::mutex>&) {
    const auto due =
        std::find_if(jobs_.begin(), jobs_.end(), [now = clock_.steady()](const Job& job) { return job.due <= now; });
    if (due == jobs_.end()) return std::nullopt;
    Job job = std::move(*due);
    jobs_.erase(due);
    return job;
}

void EventPusher::waitForWork(std::unique_lock<std::mutex>& lock) {
    if (stopping_) return;
    const tenants::SteadyTime now = clock_.steady();
    std::chrono::steady_clock::duration pause = kTimerPause;
    for (const Job& job : jobs_) pause = std::min(pause, job.due - now);
    if (failed_ticket_again_at_) pause = std::min(pause, *failed_ticket_again_at_ - now);
    const auto until_ticket = readComponent(nextTicketAt) - clock_.now();
    if (until_ticket.count() > 0) pause = std::min<std::chrono::steady_clock::duration>(pause, until_ticket);
    changed_.wait_for(lock, pause);
}

void EventPusher::work(Job job) {
    bool all_delivered = true;
    for (const Event& event : job.events) {
        int tries = 0;
        bool delivered = true;
        for (int copy = 0; copy < job.copies; ++copy) delivered = deliver(event, tries) && delivered;
        all_delivered = all_delivered && delivered;
        {
            const std::scoped_lock lock{mutex_};
            if (stopping_ && !delivered) break;  // stays in the outbox for the next start
        }
        settle(event, delivered ? Delivery::kDelivered : Delivery::kFailed, tries);
    }
    if (job.done) job.done(all_delivered ? Delivery::kDelivered : Delivery::kFailed);
}

bool EventPusher::deliver(const Event& event, int& tries) {
    const bool with_old_key = store_.change([this](State& state) {
        std::int64_t& left = state.component(component_appid_).old_key_pushes;
        if (left == 0) return false;
        --left;
        return true;
    });
    for (int attempt = 1; attempt <= settings_.tries_max; ++attempt) {
        if (attempt > 1 && !pauseBetweenTries()) return false;
        ++tries;
        const std::string fault = sendOnce(event, with_old_key);
        if (fault.empty()) return true;
        log_.warning("push_failed", {{"number", event.number},
                                     {"component", component_appid_},
                                     {"info_type", event.info_type},
                                     {"attempt", std::int64_t{attempt}},
                                     {"reason", fault}});
    }
    return false;
}

/// Sealed anew each time; empty where it was taken, else the reason.
std::string EventPusher::sendOnce(const Event& event, bool with_old_key) {
    gateway::wechat::PushKeys keys;
    std::string url;
    bool platform_stamps = false;
    readComponent([&](const Component& component) {
        keys = {.push_token = component.keys.push_token,
                .encoding_aes_key = with_old_key ? component.previous_aes_key : component.currentAesKey(),
                .component_appid = component.keys.appid};
        url = component.events_url;
        platform_stamps = component.platform_stamps;
    });
    const tenants::UtcTime now = platform_stamps ? clock_.now() : base_clock_.now();
    const std::string timestamp =
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    const std::string nonce = randomDigits(kNonceDigits);
    const auto sealed = gateway::wechat::sealPush(keys, event.message_xml, timestamp, nonce, randomBytes(kSealBytes));
    const std::string target = url + (url.find('?') == std::string::npos ? "?" : "&") +
                               "signature=" + sealed.signature + "&timestamp=" + timestamp + "&nonce=" + nonce +
                               "&encrypt_type=aes&msg_signature=" + sealed.msg_signature;
    const std::string body = "<xml><AppId><![CDATA[" + component_appid_ + "]]></AppId><Encrypt><![CDATA[" +
                             sealed.encrypted_base64 + "]]></Encrypt></xml>";
    return sender_->send(target, body);
}

bool EventPusher::pauseBetweenTries() {
    std::unique_lock lock{mutex_};
    return !changed_.wait_for(lock, settings_.retry_pause, [this] { return stopping_; });
}

void EventPusher::settle(const Event& event, Delivery delivery, int tries) {
    const bool ticket = event.info_type == kTicketEvent;
    store_.change([&](State& state) {
        Component& component = state.component(component_appid_);
        removeEvent(component, event.number);
        if (ticket && delivery == Delivery::kFailed) component.push_running = false;
        if (ticket && delivery == Delivery::kDelivered) component.push_running = true;
    });
    log_.info("push_settled", {{"number", event.number},
                               {"component", component_appid_},
                               {"info_type", event.info_type},
                               {"appid", event.appid},
                               {"delivery", std::string{deliveryName(delivery)}},
                               {"tries", std::int64_t{tries}}});
    const std::scoped_lock lock{mutex_};
    if (ticket && delivery == Delivery::kFailed)
        failed_ticket_again_at_ = clock_.steady() + settings_.failed_ticket_pause;
    if (ticket && delivery == Delivery::kDelivered) failed_ticket_again_at_.reset();
    settled_.push_back({.number = event.number,
                        .info_type = event.info_type,
                        .appid = event.appid,
                        .delivery = delivery,
                        .tries = tries,
                        .at = clock_.now()});
    if (settled_.size() > kSettledMax) settled_.pop_front();
}

}  // namespace sandbox
