#include "tests/unit/gateway/net/raw_tls_server.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <stdexcept>

#include "tests/unit/gateway/net/scripted_server.h"

namespace gateway::net::testing {

namespace {

Descriptor listenAnywhere() {
    Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const SocketAddress any = SocketAddress::parse("127.0.0.1", 0).value();
    if (::bind(socket.number(), any.kernelForm(), any.kernelBytes()) != 0 || ::listen(socket.number(), 16) != 0) {
        throw std::runtime_error("raw server: cannot listen");
    }
    return socket;
}

SocketAddress addressOf(int socket) {
    sockaddr_storage storage{};
    socklen_t bytes = sizeof storage;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &bytes);
    return SocketAddress::fromKernel(reinterpret_cast<const sockaddr&>(storage), bytes).value();
}

}  // namespace

RawTlsServer::RawTlsServer(int connections, int version_min, int version_max, const std::string& certificate)
    : context_(SSL_CTX_new(TLS_server_method())),
      listening_(listenAnywhere()),
      address_(addressOf(listening_.number())) {
    SSL_CTX_set_security_level(context_, 0);  // old versions need it
    SSL_CTX_set_min_proto_version(context_, version_min);
    SSL_CTX_set_max_proto_version(context_, version_max);
    const std::string path = certificates() / certificate;
    SSL_CTX_use_certificate_chain_file(context_, (path + ".pem").c_str());
    SSL_CTX_use_PrivateKey_file(context_, (path + ".key").c_str(), SSL_FILETYPE_PEM);
    thread_ = std::thread{[this, connections] { serve(connections); }};
}

RawTlsServer::~RawTlsServer() {
    finish();
    SSL_CTX_free(context_);
}

const std::vector<RawTlsServer::Seen>& RawTlsServer::finish() {
    if (thread_.joinable()) {
        ::shutdown(listening_.number(), SHUT_RDWR);  // ends an accept that nobody comes for
        thread_.join();
    }
    return seen_;
}

void RawTlsServer::serve(int connections) {
    for (int number = 0; number < connections; ++number) {
        const Descriptor socket{::accept4(listening_.number(), nullptr, nullptr, SOCK_CLOEXEC)};
        if (!socket) return;
        const timeval limit{5, 0};
        ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        seen_.push_back(serveOne(socket.number()));
    }
}

RawTlsServer::Seen RawTlsServer::serveOne(int socket) {
    Seen seen;
    SSL* const ssl = SSL_new(context_);
    SSL_set_fd(ssl, socket);
    if (SSL_accept(ssl) == 1) {
        seen.handshake_done = true;
        seen.resumed = SSL_session_reused(ssl) == 1;
        seen.version = SSL_get_version(ssl);
        seen.cipher = SSL_get_cipher_name(ssl);
        if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name); name != nullptr) seen.name = name;
        std::array<char, 1024> buffer{};
        int got = 0;
        while ((got = SSL_read(ssl, buffer.data(), buffer.size())) > 0) {
            seen.plain_bytes += static_cast<std::size_t>(got);
            if (SSL_write(ssl, buffer.data(), got) <= 0) break;
        }
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    return seen;
}

}  // namespace gateway::net::testing
