#include "gateway/http/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <variant>

#include "gateway/http/connection.h"
#include "gateway/net/event_loop.h"
#include "gateway/net/listening_socket.h"
#include "gateway/net/stream.h"
#include "gateway/net/tls_context.h"

namespace gateway::http {

namespace {

constexpr std::chrono::seconds kReadingTime{1};  // of a shutdown, for requests that are still being sent
constexpr std::chrono::seconds kAbortTime{1};    // for coroutines that only waited for their socket
constexpr int kUnsentBytesMax = 128 * 1024;

/// Keeps what the kernel takes over for a client that does not read to what its own window has room for and a little more.
/// Left alone it takes megabytes for each (measured: 2 MB), and with 200 such clients another's upload took 5 to 9 s.
void boundUnsentBytes(const net::Descriptor& socket) {
    if (::setsockopt(socket.number(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytesMax, sizeof kUnsentBytesMax) != 0) {
        throw std::system_error(errno, std::generic_category(), "server: TCP_NOTSENT_LOWAT");
    }
}

/// Connections by client address; counts nothing where there is no limit. Any thread.
class AddressCounts {
public:
    explicit AddressCounts(std::size_t each_max) : each_max_(each_max) {}

    /// False: it has as many as it may, and this one was not counted.
    bool enter(const std::string& address) {
        if (each_max_ == 0) return true;
        const std::scoped_lock lock{mutex_};
        std::size_t& count = counts_[address];
        if (count >= each_max_) return false;
        ++count;
        return true;
    }
    void leave(const std::string& address) {
        if (each_max_ == 0) return;
        const std::scoped_lock lock{mutex_};
        const auto found = counts_.find(address);
        if (--found->second == 0) counts_.erase(found);
    }

private:
    const std::size_t each_max_;
    std::mutex mutex_;
    std::unordered_map<std::string, std::size_t> counts_;
};

}  // namespace

/// What all shards share, and the count of everything that still needs them: accepting coroutines, connections, work that
/// was posted to a loop.
struct Server::Shared {
    Shared(const Router& router, Limits limits, Callbacks callbacks)
        : context{.router = router,
                  .limits = limits,
                  .callbacks = std::move(callbacks),
                  .clock = {},
                  .stopping = false},
          addresses(limits.connections_per_address_max) {}

    ServingContext context;
    std::atomic<std::size_t> connections{0};
    AddressCounts addresses;

    std::mutex mutex;
    std::condition_variable changed;
    std::size_t live = 0;
    std::size_t unfinished = 0;  // requests that were cut

    void enter() {
        const std::scoped_lock lock{mutex};
        ++live;
    }
    void leave() {
        const std::scoped_lock lock{mutex};
        --live;
        changed.notify_all();  // under the lock: whoever waits may end this object as soon as it has it
    }
    void report(std::exception_ptr failure) const {
        if (context.callbacks.on_failure) context.callbacks.on_failure({}, std::move(failure));
    }
};

/// One loop's part of the server. Everything but the constructor runs on that loop's thread.
class Server::Shard {
public:
    struct Listener {
        net::ListeningSocket socket;
        std::shared_ptr<const net::TlsContext> tls;
    };

    Shard(Shared& shared, net::EventLoop& loop) : shared_(shared), loop_(loop) {}

    net::EventLoop& loop() const { return loop_; }
    tenants::Task<void> acceptAll(std::shared_ptr<Listener> listener);
    void stopAccepting() {
        for (const auto& listener : listeners_) listener->socket.close();
    }
    void abortIdle();
    /// Ends what has not reached a handler: requests that are still being sent, goodbyes, handshakes.
    void abortUnread();
    /// Returns how many requests in their handlers, or with their answer on the way, that cuts.
    std::size_t abortAll();

private:
    /// A connection in the shard's list, from its acceptance on.
    struct Guest {
        int handshaking_socket = -1;       // borrowed while the handshake has it
        Connection* connection = nullptr;  // from then on
    };
    /// Keeps a guest in the list and in the server's counts.
    class Presence {
    public:
        Presence(Shard& shard, std::string address)
            : shard_(shard), address_(std::move(address)), guest_(shard.guests_.emplace(shard.guests_.end())) {
            shard_.shared_.enter();
        }
        ~Presence() {
            Shared& shared = shard_.shared_;
            shard_.guests_.erase(guest_);
            shared.addresses.leave(address_);
            --shared.connections;
            shared.leave();
        }
        Presence(const Presence&) = delete;
        Presence& operator=(const Presence&) = delete;
        Guest& guest() { return *guest_; }

    private:
        Shard& shard_;
        const std::string address_;
        std::list<Guest>::iterator guest_;
    };

    tenants::Task<void> serve(net::Descriptor socket, std::string address, std::shared_ptr<const net::TlsContext> tls);
    tenants::Task<void> acceptFrom(Listener& listener);

    Shared& shared_;
    net::EventLoop& loop_;
    HttpDate date_;
    std::list<std::shared_ptr<Listener>> listeners_;
    std::list<Guest> guests_;
};

tenants::Task<void> Server::Shard::acceptAll(std::shared_ptr<Listener> listener) {
    listeners_.push_back(listener);
    try {
        co_await acceptFrom(*listener);
    } catch (...) {
        shared_.report(std::current_exception());
    }
    listeners_.remove(listener);
    listener.reset();  // on this thread, and before anybody hears that it is gone
    shared_.leave();
}

tenants::Task<void> Server::Shard::acceptFrom(Listener& listener) {
    while (!shared_.context.stopping) {
        std::optional<net::AcceptedSocket> accepted = co_await listener.socket.accept();
        if (!accepted) co_return;
        std::string address = accepted->peer.host();
        if (++shared_.connections > shared_.context.limits.connections_max || !shared_.addresses.enter(address)) {
            --shared_.connections;
            continue;  // closes it
        }
        tenants::spawn(serve(std::move(accepted->socket), std::move(address), listener.tls));
    }
}

/// One frame for all of it, because it is kept for as long as a connection is idle.
tenants::Task<void> Server::Shard::serve(net::Descriptor socket, std::string address,
                                         std::shared_ptr<const net::TlsContext> tls) {
    Presence presence{*this, std::move(address)};
    Guest& guest = presence.guest();
    try {
        boundUnsentBytes(socket);
        std::optional<net::Stream> stream;
        if (tls) {
            const tenants::SteadyTime deadline =
                shared_.context.clock.steady() + shared_.context.limits.handshake_deadline;
            guest.handshaking_socket = socket.number();
            net::AcceptResult result = co_await net::acceptTls(std::move(socket), std::move(tls), deadline);
            guest.handshaking_socket = -1;
            if (!std::holds_alternative<net::Stream>(result)) co_return;  // no client of ours, and nobody to answer
            stream.emplace(std::get<net::Stream>(std::move(result)));
        } else {
            stream.emplace(net::adoptPlain(std::move(socket)));
        }
        Connection connection{shared_.context, loop_, date_, *std::move(stream)};
        guest.connection = &connection;
        const struct Farewell {
            Guest& guest;
            ~Farewell() { guest.connection = nullptr; }
        } farewell{guest};
        co_await connection.serve();
    } catch (...) {
        shared_.report(std::current_exception());
    }
}

void Server::Shard::abortIdle() {
    for (const Guest& guest : guests_) {
        if (guest.connection != nullptr) guest.connection->abortIfIdle();
        // A handshake has no way to be told; it sees the end of its input.
        if (guest.handshaking_socket >= 0) ::shutdown(guest.handshaking_socket, SHUT_RDWR);
    }
}

void Server::Shard::abortUnread() {
    for (const Guest& guest : guests_) {
        if (guest.connection != nullptr && !guest.connection->working()) guest.connection->abort();
    }
}

std::size_t Server::Shard::abortAll() {
    std::size_t unfinished = 0;
    for (const Guest& guest : guests_) {
        if (guest.connection == nullptr) continue;
        if (guest.connection->working()) ++unfinished;
        guest.connection->abort();
    }
    return unfinished;
}

Server::Server(std::vector<net::EventLoop*> loops, const Router& router, Limits limits, Callbacks callbacks)
    : shared_(std::make_unique<Shared>(router, limits, std::move(callbacks))) {
    if (loops.empty()) throw std::invalid_argument("a server needs a loop");
    for (net::EventLoop* loop : loops) shards_.push_back(std::make_unique<Shard>(*shared_, *loop));
}

Server::~Server() {
    shutdown(std::chrono::milliseconds{0});
    std::unique_lock lock{shared_->mutex};
    shared_->changed.wait(lock, [this] { return shared_->live == 0; });
}

std::uint16_t Server::listen(const std::string& address, std::uint16_t port,
                             std::shared_ptr<const net::TlsContext> tls) {
    const std::optional<net::SocketAddress> numeric = net::SocketAddress::parse(address, port);
    if (!numeric) throw std::invalid_argument("not a numeric address to listen on: " + address);
    std::vector<std::shared_ptr<Shard::Listener>> listeners;  // all of them or none
    net::SocketAddress bound = *numeric;
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        listeners.push_back(std::make_shared<Shard::Listener>(Shard::Listener{net::ListeningSocket{bound}, tls}));
        bound = listeners.back()->socket.address();
    }
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        Shard& shard = *shards_[i];
        shared_->enter();
        shard.loop().post([&shard, listener = std::move(listeners[i])] { tenants::spawn(shard.acceptAll(listener)); });
    }
    return bound.port();
}

bool Server::shutdown(std::chrono::milliseconds deadline) {
    Shared& shared = *shared_;
    const tenants::SteadyTime until = shared.context.clock.steady() + deadline;
    shared.context.stopping = true;
    const auto onEveryLoop = [this, &shared](std::function<void(Shard&)> work) {
        for (const auto& shard : shards_) {
            shared.enter();
            shard->loop().post([&shared, &shard = *shard, work] {
                work(shard);
                shared.leave();
            });
        }
    };
    const auto nothingLives = [&shared] { return shared.live == 0; };
    onEveryLoop([](Shard& shard) {
        shard.stopAccepting();
        shard.abortIdle();
    });
    std::unique_lock lock{shared.mutex};
    // A request that a slow client is still sending is no work yet: nothing is lost by ending it, and it may take long.
    const tenants::SteadyTime reading_until = std::min(until, shared.context.clock.steady() + kReadingTime);
    if (shared.changed.wait_until(lock, reading_until, nothingLives)) return shared.unfinished == 0;
    lock.unlock();
    onEveryLoop([](Shard& shard) { shard.abortUnread(); });
    lock.lock();
    if (shared.changed.wait_until(lock, until, nothingLives)) return shared.unfinished == 0;

    std::size_t aborted_shards = 0;
    lock.unlock();
    onEveryLoop([&shared, &aborted_shards](Shard& shard) {
        const std::size_t unfinished = shard.abortAll();
        const std::scoped_lock counted{shared.mutex};
        shared.unfinished += unfinished;
        ++aborted_shards;
        shared.changed.notify_all();
    });
    lock.lock();
    shared.changed.wait(lock, [&] { return aborted_shards == shards_.size(); });
    shared.changed.wait_for(lock, kAbortTime, nothingLives);
    return shared.unfinished == 0;
}

}  // namespace gateway::http
