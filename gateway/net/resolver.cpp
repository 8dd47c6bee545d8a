#include "gateway/net/resolver.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

#include "gateway/net/event_loop.h"

namespace gateway::net {

namespace {

using Addresses = std::vector<SocketAddress>;

Addresses withPort(const Addresses& found, std::uint16_t port) {
    Addresses addresses;
    addresses.reserve(found.size());
    for (const SocketAddress& address : found) addresses.push_back(address.withPort(port));
    return addresses;
}

/// What needs no look-up. "localhost" is IPv4 here: everything of ours listens on 127.0.0.1.
std::optional<SocketAddress> knownAddress(const std::string& host, std::uint16_t port) {
    return SocketAddress::parse(host == "localhost" ? "127.0.0.1" : host, port);
}

struct FreeAddressList {
    void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

Addresses lookUpBySystem(const std::string& host) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_ADDRCONFIG;
    addrinfo* raw = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &wanted, &raw);
    if (error != 0) throw std::runtime_error(::gai_strerror(error));
    const std::unique_ptr<addrinfo, FreeAddressList> list{raw};
    Addresses found;
    for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
        if (const auto address = SocketAddress::fromKernel(*entry->ai_addr, entry->ai_addrlen))
            found.push_back(*address);
    }
    return found;
}

}  // namespace

/// One coroutine's wait for a name: awaited for nothing, it ends when the look-up has ended or at its deadline. Only
/// the loop's thread touches it; the look-up thread knows the ticket, not the object.
class Resolver::Wait final : private Timer {
public:
    /// Survives the wait, so that news that come too late find nobody.
    struct Ticket {
        EventLoop& loop;
        Wait* wait;  // the loop's thread only
    };

    Wait(EventLoop& loop, tenants::SteadyTime deadline)
        : ticket_(std::make_shared<Ticket>(Ticket{loop, this})), deadline_(deadline) {}
    ~Wait() override { ticket_->wait = nullptr; }

    const std::shared_ptr<Ticket>& ticket() const noexcept { return ticket_; }
    void waitNoLongerThan(tenants::SteadyTime deadline) noexcept { deadline_ = deadline; }

    bool await_ready() const noexcept { return done_; }
    void await_suspend(std::coroutine_handle<> waiter) {
        waiter_ = waiter;
        ticket_->loop.timers().arm(*this, deadline_);
    }
    void await_resume() const noexcept {}

    static void end(const std::shared_ptr<Ticket>& ticket) {
        ticket->loop.post([ticket] {
            if (ticket->wait != nullptr) ticket->wait->finish();
        });
    }

private:
    void expired() override { finish(); }
    void finish() {
        if (done_) return;
        done_ = true;
        disarm();
        waiter_.resume();
    }

    std::shared_ptr<Ticket> ticket_;
    tenants::SteadyTime deadline_;
    std::coroutine_handle<> waiter_;
    bool done_ = false;
};

/// What callers and the look-up thread share; the thread keeps it alive past the resolver if it must.
class Resolver::State {
public:
    struct Known {
        Addresses addresses;  // empty: none yet
        std::string failure;  // of the last look-up, empty where it succeeded
    };

    State(const Options& options, const tenants::Clock& clock, LookUp look_up)
        : fresh_for_(options.fresh_for),
          retry_after_(options.retry_after),
          clock_(&clock),
          look_up_(std::move(look_up)) {}

    /// Tells what is known of `host`. False where that is due for news: then they are on their way, and the ticket's
    /// wait will be ended.
    bool freshOrAsk(const std::string& host, const std::shared_ptr<Wait::Ticket>& ticket, Known& known) {
        const std::scoped_lock lock{mutex_};
        Name& name = names_[host];
        known = name.known;
        if (closing_) return true;
        if (name.valid_until && clock_->steady() < *name.valid_until) return true;
        name.waiting.push_back(ticket);
        if (asked_.insert(host).second) {
            queue_.push_back(host);
            changed_.notify_one();
        }
        return false;
    }

    Known look(const std::string& host) {
        const std::scoped_lock lock{mutex_};
        return names_[host].known;
    }

    void serve() {
        std::unique_lock lock{mutex_};
        while (true) {
            changed_.wait(lock, [this] { return closing_ || !queue_.empty(); });
            if (closing_) return;
            const std::string host = queue_.front();
            queue_.pop_front();
            busy_ = true;
            lock.unlock();
            Known news = ask(host);
            lock.lock();
            busy_ = false;
            if (closing_) return;  // clock and loops may be gone
            store(host, std::move(news));
        }
    }

    /// True if the thread is in the middle of a look-up, so that it cannot be joined.
    bool close() {
        const std::scoped_lock lock{mutex_};
        closing_ = true;
        changed_.notify_one();
        for (auto& [host, name] : names_) endWaits(name);
        return busy_;
    }

private:
    struct Name {
        Known known;
        std::optional<tenants::SteadyTime> valid_until;  // until then nobody asks again
        std::vector<std::shared_ptr<Wait::Ticket>> waiting;
    };

    Known ask(const std::string& host) const {
        try {
            Addresses found = look_up_(host);
            if (found.empty()) return {{}, "no address"};
            return {std::move(found), {}};
        } catch (const std::exception& failure) {
            return {{}, failure.what()};
        }
    }

    void store(const std::string& host, Known news) {
        Name& name = names_[host];
        asked_.erase(host);
        name.known.failure = std::move(news.failure);
        if (!news.addresses.empty()) {
            name.known.addresses = std::move(news.addresses);
            name.valid_until = clock_->steady() + fresh_for_;
        } else if (!name.known.addresses.empty()) {
            name.valid_until = clock_->steady() + retry_after_;
        }
        endWaits(name);
    }

    static void endWaits(Name& name) {
        for (const auto& ticket : name.waiting) Wait::end(ticket);
        name.waiting.clear();
    }

    const std::chrono::milliseconds fresh_for_;
    const std::chrono::milliseconds retry_after_;
    const tenants::Clock* clock_;
    const LookUp look_up_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, Name> names_;
    std::set<std::string> asked_;  // queued, or being looked up
    std::deque<std::string> queue_;
    bool busy_ = false;
    bool closing_ = false;
};

Resolver::Resolver(Options options, const tenants::Clock& clock, LookUp look_up)
    : options_(std::move(options)),
      state_(std::make_shared<State>(options_, clock, std::move(look_up))),
      thread_([state = state_] { state->serve(); }) {}

Resolver::~Resolver() {
    if (state_->close()) {
        thread_.detach();
    } else {
        thread_.join();
    }
}

tenants::Task<ResolveResult> Resolver::resolve(std::string host, std::uint16_t port, tenants::SteadyTime deadline) {
    if (const auto override = options_.overrides.find(host); override != options_.overrides.end())
        host = override->second;
    if (const auto known = knownAddress(host, port)) co_return Addresses{*known};

    const std::shared_ptr<State> state = state_;  // a wait may end because the resolver does
    State::Known known;
    Wait wait{EventLoop::current(), deadline};
    if (!state->freshOrAsk(host, wait.ticket(), known)) {
        const bool has_old = !known.addresses.empty();
        const auto patience = EventLoop::now() + options_.wait_with_old_max;
        wait.waitNoLongerThan(has_old ? std::min(deadline, patience) : deadline);
        co_await wait;
        known = state->look(host);
    }
    if (!known.addresses.empty()) co_return withPort(known.addresses, port);
    co_return "resolve: " + (known.failure.empty() ? std::string{"no answer in time"} : known.failure);
}

Resolver::LookUp Resolver::systemLookUp() {
    return &lookUpBySystem;
}

}  // namespace gateway::net
