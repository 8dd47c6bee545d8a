#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "gateway/net/event_loop.h"
#include "gateway/net/stream.h"
#include "gateway/net/stream_connection.h"
#include "gateway/net/tls_context.h"

namespace gateway::net {

namespace {

/// Awaited for the error number of a connection that is being made; 0 once it stands.
class Connecting final : public Operation {
public:
    Connecting(Watch& watch, const SocketAddress& address, tenants::SteadyTime deadline)
        : Operation(watch, Side::kWriter, deadline), address_(address) {}
    int await_resume() const noexcept { return error_; }

private:
    Attempt attempt() override {
        if (!begun_) {
            begun_ = true;
            if (::connect(watch().descriptor(), address_.kernelForm(), address_.kernelBytes()) == 0)
                return Attempt::kEnded;
            if (errno == EINPROGRESS || errno == EINTR) return Attempt::kNeedsOutput;
            error_ = errno;
            return Attempt::kEnded;
        }
        socklen_t bytes = sizeof error_;
        if (::getsockopt(watch().descriptor(), SOL_SOCKET, SO_ERROR, &error_, &bytes) != 0) error_ = errno;
        if (error_ != 0) return Attempt::kEnded;
        // The event that every fresh socket gives may have come before the connection stands.
        sockaddr_storage peer{};
        bytes = sizeof peer;
        const bool stands = ::getpeername(watch().descriptor(), reinterpret_cast<sockaddr*>(&peer), &bytes) == 0;
        return stands ? Attempt::kEnded : Attempt::kNeedsOutput;
    }
    void endWith(Ending ending) override { error_ = ending == Ending::kTimeout ? ETIMEDOUT : ECANCELED; }

    const SocketAddress& address_;
    bool begun_ = false;
    int error_ = 0;
};

/// Awaited for how the handshake ended: kOk, kTimeout, kReset or kTlsRefused.
class Handshake final : public Operation {
public:
    Handshake(Stream::Connection& connection, tenants::SteadyTime deadline)
        : Operation(connection.watch, Side::kReader, deadline), tls_(*connection.tls) {}
    IoStatus await_resume() const noexcept { return status_; }

private:
    Attempt attempt() override {
        switch (tls_.handshake()) {
            case TlsSession::Progress::kDone: status_ = IoStatus::kOk; break;
            case TlsSession::Progress::kNeedsInput: return Attempt::kNeedsInput;
            case TlsSession::Progress::kNeedsOutput: return Attempt::kNeedsOutput;
            case TlsSession::Progress::kRefused: status_ = IoStatus::kTlsRefused; break;
            case TlsSession::Progress::kEnd:
            case TlsSession::Progress::kBroken: status_ = IoStatus::kReset; break;
        }
        return Attempt::kEnded;
    }
    void endWith(Ending ending) override {
        status_ = ending == Ending::kTimeout ? IoStatus::kTimeout : IoStatus::kReset;
    }

    TlsSession& tls_;
    IoStatus status_ = IoStatus::kReset;
};

ConnectFailure failureOf(int error) {
    if (error == ETIMEDOUT) return {ConnectFailure::Kind::kTimeout, "connect: no answer in time"};
    return {ConnectFailure::Kind::kRefused, "connect: " + std::generic_category().message(error)};
}

/// Both sides of the handshake; the context knows which one it is.
tenants::Task<std::variant<Stream, ConnectFailure>> shakeHands(std::unique_ptr<Stream::Connection> connection,
                                                               std::shared_ptr<const TlsContext> tls,
                                                               tenants::SteadyTime deadline) {
    connection->tls = std::make_unique<TlsSession>(std::move(tls), connection->watch);
    const IoStatus status = co_await Handshake{*connection, deadline};
    const std::string reason = "tls: " + connection->tls->failure();
    switch (status) {
        case IoStatus::kOk: co_return Stream{std::move(connection)};
        case IoStatus::kTimeout:
            co_return ConnectFailure{ConnectFailure::Kind::kTimeout, "tls: handshake not done in time"};
        case IoStatus::kTlsRefused: co_return ConnectFailure{ConnectFailure::Kind::kTlsRefused, reason};
        default: co_return ConnectFailure{ConnectFailure::Kind::kRefused, reason};
    }
}

}  // namespace

tenants::Task<AcceptResult> acceptTls(Descriptor socket, std::shared_ptr<const TlsContext> tls,
                                      tenants::SteadyTime deadline) {
    prepareSocket(socket);
    auto connection = std::make_unique<Stream::Connection>(EventLoop::current(), std::move(socket));
    co_return co_await shakeHands(std::move(connection), std::move(tls), deadline);
}

tenants::Task<ConnectResult> connect(SocketAddress address, std::shared_ptr<const TlsContext> tls,
                                     tenants::SteadyTime deadline) {
    Descriptor socket{::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) co_return failureOf(errno);
    prepareSocket(socket);
    auto connection = std::make_unique<Stream::Connection>(EventLoop::current(), std::move(socket));
    const int error = co_await Connecting{connection->watch, address, deadline};
    if (error != 0) co_return failureOf(error);
    if (!tls) co_return Stream{std::move(connection)};
    co_return co_await shakeHands(std::move(connection), std::move(tls), deadline);
}

}  // namespace gateway::net
