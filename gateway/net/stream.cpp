#include "gateway/net/stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "gateway/net/event_loop.h"
#include "gateway/net/stream_connection.h"

namespace gateway::net {

namespace {

constexpr std::size_t kPiecesMax = 16;  // of one sendmsg; a message has three or four parts

bool wouldBlock(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

ssize_t receive(int socket, std::span<char> into, int flags) {
    ssize_t got = 0;
    do {
        got = ::recv(socket, into.data(), into.size(), flags);
    } while (got < 0 && errno == EINTR);
    return got;
}

ssize_t sendPieces(int socket, std::span<iovec> pieces) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

}  // namespace

void prepareSocket(const Descriptor& socket) {
    const int flags = ::fcntl(socket.number(), F_GETFL);
    if (flags < 0 || ::fcntl(socket.number(), F_SETFL, flags | O_NONBLOCK) != 0) {
        throw std::system_error(errno, std::generic_category(), "stream: cannot make the socket non-blocking");
    }
    const int on = 1;
    if (::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        throw std::system_error(errno, std::generic_category(), "stream: TCP_NODELAY");
    }
}

Stream::Stream(std::unique_ptr<Connection> connection) noexcept : connection_(std::move(connection)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

Stream::Read Stream::read(std::span<char> into, tenants::SteadyTime deadline) {
    return {*connection_, into, deadline};
}

Stream::Readable Stream::readable(tenants::SteadyTime deadline) {
    return {*connection_, deadline};
}

Stream::Write Stream::write(std::span<const std::string_view> parts, tenants::SteadyTime deadline) {
    return {*connection_, parts, deadline};
}

void Stream::shutdownWrite() {
    if (connection_->tls) connection_->tls->sayGoodbye();
    // Fails only where the connection is gone already, which the next read tells.
    ::shutdown(connection_->socket.number(), SHUT_WR);
}

void Stream::abort() {
    connection_->watch.abort();
}

bool Stream::idleAndAlive() {
    if (connection_->watch.aborted()) return false;
    connection_->watch.forgetDrained();  // what came since the last event counts here
    if (connection_->tls)
        return connection_->tls->peek() == TlsSession::Progress::kNeedsInput;  // takes in tickets meanwhile
    char byte = 0;
    return receive(connection_->socket.number(), {&byte, 1}, MSG_PEEK) < 0 && wouldBlock(errno);
}

std::string Stream::peerAddress() const {
    sockaddr_storage storage{};
    socklen_t bytes = sizeof storage;
    if (::getpeername(connection_->socket.number(), reinterpret_cast<sockaddr*>(&storage), &bytes) != 0) return {};
    const auto address = SocketAddress::fromKernel(reinterpret_cast<const sockaddr&>(storage), bytes);
    return address ? address->host() : std::string{};
}

bool Stream::isTls() const {
    return connection_->tls != nullptr;
}

Stream::Read::Read(Connection& connection, std::span<char> into, tenants::SteadyTime deadline) noexcept
    : Operation(connection.watch, Side::kReader, deadline), connection_(connection), into_(into) {}

Stream::Read::Attempt Stream::Read::attempt() {
    if (connection_.tls) {
        switch (connection_.tls->read(into_, result_.bytes)) {
            case TlsSession::Progress::kDone: result_.status = IoStatus::kOk; break;
            case TlsSession::Progress::kNeedsInput: return Attempt::kNeedsInput;
            case TlsSession::Progress::kNeedsOutput: return Attempt::kNeedsOutput;
            case TlsSession::Progress::kEnd: result_.status = IoStatus::kEnd; break;
            case TlsSession::Progress::kBroken:
            case TlsSession::Progress::kRefused: result_.status = IoStatus::kReset; break;
        }
        return Attempt::kEnded;
    }
    if (watch().drained()) return Attempt::kNeedsInput;
    const ssize_t got = receive(watch().descriptor(), into_, 0);
    if (got < 0 && wouldBlock(errno)) return Attempt::kNeedsInput;
    if (got > 0) {
        result_ = {IoStatus::kOk, static_cast<std::size_t>(got)};
        if (result_.bytes < into_.size()) watch().markDrained();
    } else {
        result_.status = got == 0 ? IoStatus::kEnd : IoStatus::kReset;
    }
    return Attempt::kEnded;
}

void Stream::Read::endWith(Ending ending) {
    result_.status = ending == Ending::kTimeout ? IoStatus::kTimeout : IoStatus::kReset;
}

Stream::Readable::Readable(Connection& connection, tenants::SteadyTime deadline) noexcept
    : Operation(connection.watch, Side::kReader, deadline), connection_(connection) {}

Stream::Readable::Attempt Stream::Readable::attempt() {
    result_.status = IoStatus::kOk;
    if (connection_.tls) {
        switch (connection_.tls->peek()) {
            case TlsSession::Progress::kNeedsInput: return Attempt::kNeedsInput;
            case TlsSession::Progress::kNeedsOutput: return Attempt::kNeedsOutput;
            default: return Attempt::kEnded;  // an end or a fault, too, is for the read to tell
        }
    }
    if (watch().drained()) {
        waited_ = true;
        return Attempt::kNeedsInput;
    }
    if (waited_) return Attempt::kEnded;  // the event said so, and nobody else reads here
    char byte = 0;
    const ssize_t got = receive(watch().descriptor(), {&byte, 1}, MSG_PEEK);
    waited_ = got < 0 && wouldBlock(errno);
    return waited_ ? Attempt::kNeedsInput : Attempt::kEnded;
}

void Stream::Readable::endWith(Ending ending) {
    result_.status = ending == Ending::kTimeout ? IoStatus::kTimeout : IoStatus::kReset;
}

Stream::Write::Write(Connection& connection, std::span<const std::string_view> parts,
                     tenants::SteadyTime deadline) noexcept
    : Operation(connection.watch, Side::kWriter, deadline),
      connection_(connection),
      parts_(parts),
      kernel_bytes_before_(connection.tls ? connection.tls->kernelBytes() : 0) {}

Stream::Write::Attempt Stream::Write::attempt() {
    return connection_.tls ? attemptTls() : attemptPlain();
}

Stream::Write::Attempt Stream::Write::attemptPlain() {
    while (true) {
        std::array<iovec, kPiecesMax> pieces;
        std::size_t count = 0;
        std::size_t skipped = first_done_;
        for (const std::string_view part : parts_.first(std::min(parts_.size(), kPiecesMax))) {
            // sendmsg reads only, but its interface predates const.
            pieces[count++] = {const_cast<char*>(part.data()) + skipped, part.size() - skipped};
            skipped = 0;
        }
        if (count == 0) return end(IoStatus::kOk);
        const ssize_t sent = sendPieces(watch().descriptor(), std::span{pieces}.first(count));
        if (sent < 0) return wouldBlock(errno) ? Attempt::kNeedsOutput : end(IoStatus::kReset);
        advance(static_cast<std::size_t>(sent));
    }
}

Stream::Write::Attempt Stream::Write::attemptTls() {
    std::size_t moved = 0;
    const TlsSession::Progress progress = connection_.tls->write(parts_, first_done_, moved);
    advance(moved);
    switch (progress) {
        case TlsSession::Progress::kDone: return end(IoStatus::kOk);
        case TlsSession::Progress::kNeedsInput: return Attempt::kNeedsInput;
        case TlsSession::Progress::kNeedsOutput: return Attempt::kNeedsOutput;
        default: return end(IoStatus::kReset);
    }
}

Stream::Write::Attempt Stream::Write::end(IoStatus status) noexcept {
    const bool none_sent = connection_.tls && connection_.tls->kernelBytes() == kernel_bytes_before_;
    result_ = {status, none_sent ? 0 : written_};
    return Attempt::kEnded;
}

void Stream::Write::endWith(Ending ending) {
    end(ending == Ending::kTimeout ? IoStatus::kTimeout : IoStatus::kReset);
}

void Stream::Write::advance(std::size_t bytes) noexcept {
    written_ += bytes;
    first_done_ += bytes;
    while (!parts_.empty() && first_done_ >= parts_.front().size()) {
        first_done_ -= parts_.front().size();
        parts_ = parts_.subspan(1);
    }
}

Stream adoptPlain(Descriptor socket) {
    prepareSocket(socket);
    return Stream{std::make_unique<Stream::Connection>(EventLoop::current(), std::move(socket))};
}

}  // namespace gateway::net
