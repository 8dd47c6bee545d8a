#include "gateway/net/listening_socket.h"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <system_error>

#include "gateway/net/event_loop.h"

namespace gateway::net {

namespace {

// Long enough for running requests to give descriptors back, short enough that nobody notices.
constexpr std::chrono::milliseconds kScarcityPause{50};

bool isScarcity(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

void setOption(int socket, int option, const SocketAddress& address) {
    const int on = 1;
    if (::setsockopt(socket, SOL_SOCKET, option, &on, sizeof on) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot set up a socket for " + address.text());
    }
}

Descriptor bindAndListen(const SocketAddress& address, int backlog) {
    Descriptor socket{::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) throw std::system_error(errno, std::generic_category(), "cannot open a socket for " + address.text());
    setOption(socket.number(), SO_REUSEADDR, address);
    setOption(socket.number(), SO_REUSEPORT, address);
    if (::bind(socket.number(), address.kernelForm(), address.kernelBytes()) != 0 ||
        ::listen(socket.number(), backlog) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot listen on " + address.text());
    }
    return socket;
}

SocketAddress boundAddress(const Descriptor& socket, const SocketAddress& asked) {
    sockaddr_storage storage{};
    socklen_t bytes = sizeof storage;
    if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&storage), &bytes) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot ask for the port of " + asked.text());
    }
    return SocketAddress::fromKernel(reinterpret_cast<const sockaddr&>(storage), bytes).value();
}

}  // namespace

/// Awaited for what accept4 gave: a connection, or the error number that ended it.
class ListeningSocket::Accept final : public Operation {
public:
    struct Outcome {
        std::optional<AcceptedSocket> accepted;
        int error = 0;
    };

    explicit Accept(Watch& watch) : Operation(watch, Side::kReader, tenants::SteadyTime::max()) {}
    Outcome await_resume() noexcept { return std::move(outcome_); }

private:
    Attempt attempt() override {
        sockaddr_storage storage{};
        socklen_t bytes = sizeof storage;
        auto* const peer = reinterpret_cast<sockaddr*>(&storage);
        Descriptor socket{::accept4(watch().descriptor(), peer, &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (!socket) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) return Attempt::kNeedsInput;
            outcome_.error = errno;
            return Attempt::kEnded;
        }
        outcome_.accepted.emplace(AcceptedSocket{std::move(socket), SocketAddress::fromKernel(*peer, bytes).value()});
        return Attempt::kEnded;
    }
    void endWith(Ending) override { outcome_.error = ECANCELED; }

    Outcome outcome_;
};

ListeningSocket::ListeningSocket(const SocketAddress& address, int backlog)
    : socket_(bindAndListen(address, backlog)), address_(boundAddress(socket_, address)) {}

ListeningSocket::~ListeningSocket() = default;
ListeningSocket::ListeningSocket(ListeningSocket&&) noexcept = default;

tenants::Task<std::optional<AcceptedSocket>> ListeningSocket::accept() {
    while (!closed_) {
        EventLoop& loop = EventLoop::current();
        if (!watch_) watch_ = std::make_unique<Watch>(loop, socket_.number());
        Accept::Outcome outcome = co_await Accept{*watch_};
        if (closed_) break;
        if (outcome.accepted) co_return std::move(outcome.accepted);
        // What is left names a connection that is gone again (ECONNABORTED, and on Linux any error pending on it): next
        // one.
        if (isScarcity(outcome.error)) {
            co_await loop.sleepUntil(EventLoop::now() + kScarcityPause);
        } else if (outcome.error == EBADF || outcome.error == EINVAL || outcome.error == ENOTSOCK) {
            throw std::system_error(outcome.error, std::generic_category(), "cannot accept on " + address_.text());
        }
    }
    co_return std::nullopt;
}

void ListeningSocket::close() {
    closed_ = true;
    if (!watch_) {
        socket_.close();
        return;
    }
    // The descriptor stays open until the object ends, but takes no connection from now on.
    ::shutdown(socket_.number(), SHUT_RDWR);
    watch_->abort();
}

}  // namespace gateway::net
