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

EventPusher::EventPusher(StateStore& store, const ComponentKeys& keys, const tenants::Clock& base_clock,
                         const PlatformClock& clock, PushSender& sender, Log& log, Settings settings)
    : store_(store),
      keys_(keys),
      base_clock_(base_clock),
      clock_(clock),
      sender_(sender),
      log_(log),
      settings_(settings) {}

EventPusher::~EventPusher() {
    stop();
}

void EventPusher::start() {
    for (const Event& event : store_.read([](const State& state) { return state.outbox; })) submit(event, {});
    thread_ = std::thread{[this] { serve(); }};
}

void EventPusher::stop() {
    {
        const std::scoped_lock lock{mutex_};
        if (stopping_) return;
        stopping_ = true;
    }
    sender_.abort();
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
    Event event = store_.change([this](State& state) {
        const Ticket ticket = issueTicket(state, clock_.now());
        return addTicketEvent(state, keys_.appid, ticket, false);
    });
    const Delivery delivery = co_await push(std::move(event));
    co_return delivery;
}

void EventPusher::pushTicketSoon() {
    const std::scoped_lock lock{mutex_};
    first_ticket_sent_ = false;
    changed_.notify_all();
}

tenants::Task<std::optional<Delivery>> EventPusher::changeAndPushDueTicket(std::function<void(State& state)> change) {
    std::optional<Event> event = takeDueTicket(change);
    if (!event) co_return std::nullopt;
    const Delivery delivery = co_await push(std::move(*event));
    co_return delivery;
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
    const bool has_url = store_.read([](const State& state) { return !state.component.events_url.empty(); });
    if (!has_url) {
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

bool EventPusher::ticketIsDue(const State& state) const {
    return !state.component.events_url.empty() && clock_.now() >= nextTicketAt(state);
}

std::optional<Event> EventPusher::takeDueTicket(const std::function<void(State& state)>& change) {
    return store_.change([&](State& state) -> std::optional<Event> {
        change(state);
        if (!ticketIsDue(state)) return std::nullopt;
        return addTicketEvent(state, keys_.appid, issueTicket(state, clock_.now()), true);
    });
}

/// At the start and after a failure a ticket is pushed although the last one is younger than ten minutes.
bool EventPusher::firstTicketWanted() {
    const bool has_url = store_.read([](const State& state) { return !state.component.events_url.empty(); });
    const std::scoped_lock lock{mutex_};
    const bool again = failed_ticket_again_at_ && clock_.steady() >= *failed_ticket_again_at_;
    if (!has_url || (first_ticket_sent_ && !again)) return false;
    first_ticket_sent_ = true;
    failed_ticket_again_at_.reset();
    return true;
}

void EventPusher::serve() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        lock.unlock();
        std::optional<Event> ticket;
        if (firstTicketWanted()) {
            ticket = store_.change([this](State& state) {
                return addTicketEvent(state, keys_.appid, issueTicket(state, clock_.now()), true);
            });
        } else if (store_.read([this](const State& state) { return ticketIsDue(state); })) {
            ticket = takeDueTicket([](State&) {});
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
    const auto until_ticket = store_.read([](const State& state) { return nextTicketAt(state); }) - clock_.now();
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
    const std::string url = store_.read([](const State& state) { return state.component.events_url; });
    const gateway::wechat::PushKeys keys{
        .push_token = keys_.push_token, .encoding_aes_key = keys_.encoding_aes_key, .component_appid = keys_.appid};
    for (int attempt = 1; attempt <= settings_.tries_max; ++attempt) {
        if (attempt > 1 && !pauseBetweenTries()) return false;
        ++tries;
        const auto seconds =
            std::chrono::duration_cast<std::chrono::seconds>(base_clock_.now().time_since_epoch()).count();
        const std::string timestamp = std::to_string(seconds);
        const std::string nonce = randomDigits(kNonceDigits);
        const auto sealed =
            gateway::wechat::sealPush(keys, event.message_xml, timestamp, nonce, randomBytes(kSealBytes));
        const std::string target = url + (url.find('?') == std::string::npos ? "?" : "&") +
                                   "signature=" + sealed.signature + "&timestamp=" + timestamp + "&nonce=" + nonce +
                                   "&encrypt_type=aes&msg_signature=" + sealed.msg_signature;
        const std::string body = "<xml><AppId><![CDATA[" + keys_.appid + "]]></AppId><Encrypt><![CDATA[" +
                                 sealed.encrypted_base64 + "]]></Encrypt></xml>";
        const std::string fault = sender_.send(target, body);
        if (fault.empty()) return true;
        log_.warning("push_failed", {{"number", event.number},
                                     {"info_type", event.info_type},
                                     {"attempt", std::int64_t{attempt}},
                                     {"reason", fault}});
    }
    return false;
}

bool EventPusher::pauseBetweenTries() {
    std::unique_lock lock{mutex_};
    return !changed_.wait_for(lock, settings_.retry_pause, [this] { return stopping_; });
}

void EventPusher::settle(const Event& event, Delivery delivery, int tries) {
    const bool ticket = event.info_type == kTicketEvent;
    store_.change([&](State& state) {
        removeEvent(state, event.number);
        if (ticket && delivery == Delivery::kFailed) state.component.push_running = false;
        if (ticket && delivery == Delivery::kDelivered) state.component.push_running = true;
    });
    log_.info("push_settled", {{"number", event.number},
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
