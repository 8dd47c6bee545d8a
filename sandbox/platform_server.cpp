#include "sandbox/platform_server.h"

#include <sys/socket.h>
#include <exception>
#include <stdexcept>
#include <utility>
#include <variant>

namespace sandbox {
namespace {

constexpr std::chrono::milliseconds kHandshakeDeadline{5000};

}  // namespace

PlatformServer::~PlatformServer() {
    shutdown();
}

std::uint16_t PlatformServer::listen(const std::string& address, std::uint16_t port,
                                     std::shared_ptr<const gateway::net::TlsContext> tls) {
    const auto parsed = gateway::net::SocketAddress::parse(address, port);
    if (!parsed) throw std::invalid_argument("not a numeric address to listen on: " + address);
    tls_ = std::move(tls);
    socket_.emplace(*parsed);
    const std::uint16_t bound_port = socket_->port();  // before the loop's thread has it
    listening_ = true;
    enter();
    loop_.post([this] { tenants::spawn(acceptAll()); });
    return bound_port;
}

void PlatformServer::shutdown() {
    if (!std::exchange(listening_, false)) return;
    loop_.post([this] { closeAll(); });
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return running_ == 0; });
}

tenants::Task<void> PlatformServer::acceptAll() {
    while (true) {
        std::optional<gateway::net::AcceptedSocket> accepted = co_await socket_->accept();
        if (!accepted) break;
        enter();
        tenants::spawn(serve(std::move(*accepted)));
    }
    socket_.reset();  // here, since it belongs to this loop's thread
    leave();
}

tenants::Task<void> PlatformServer::serve(gateway::net::AcceptedSocket accepted) {
    const int descriptor = accepted.socket.number();
    std::string peer_address = accepted.peer.host();
    open_sockets_.insert(descriptor);
    if (closing_) ::shutdown(descriptor, SHUT_RDWR);
    try {
        co_await serveStream(std::move(accepted.socket), std::move(peer_address));
    } catch (const std::exception& failure) {
        services_.log.error("connection_failed", {{"reason", std::string{failure.what()}}});
    }
    // The descriptor was closed a moment ago, and nothing else ran on this thread since: nobody has its number yet.
    open_sockets_.erase(descriptor);
    leave();
}

tenants::Task<void> PlatformServer::serveStream(gateway::net::Descriptor socket, std::string peer_address) {
    const int descriptor = socket.number();
    gateway::net::AcceptResult handshake =
        co_await gateway::net::acceptTls(std::move(socket), tls_, services_.clock.steady() + kHandshakeDeadline);
    if (const auto* const failure = std::get_if<gateway::net::ConnectFailure>(&handshake)) {
        services_.log.info("handshake_failed", {{"reason", failure->reason}});
        co_return;
    }
    PlatformConnection connection{std::move(std::get<gateway::net::Stream>(handshake)), descriptor,
                                  std::move(peer_address), services_};
    co_await connection.run();
}

/// A socket that is shut down both ways ends whatever waits for it, handshakes and scripted silences included.
void PlatformServer::closeAll() {
    closing_ = true;
    if (socket_) socket_->close();
    for (const int descriptor : open_sockets_) ::shutdown(descriptor, SHUT_RDWR);
}

void PlatformServer::enter() {
    const std::scoped_lock lock{mutex_};
    ++running_;
}

void PlatformServer::leave() {
    const std::scoped_lock lock{mutex_};
    --running_;
    changed_.notify_all();
}

}  // namespace sandbox
