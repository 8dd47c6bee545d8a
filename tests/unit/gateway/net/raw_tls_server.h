#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "gateway/net/descriptor.h"
#include "gateway/net/socket_address.h"

namespace gateway::net::testing {

/// A TLS server by OpenSSL alone, nothing of ours, with sockets that block: it takes `connections` one after the other,
/// shakes hands, answers each line with itself, and notes what it saw. For old protocol versions, and to see what our
/// client negotiates. Joined, and its notes complete, after `finish`.
class RawTlsServer {
public:
    struct Seen {
        bool handshake_done = false;
        bool resumed = false;
        std::string version;  // "TLSv1.3"
        std::string cipher;
        std::string name;             // server name indication, empty where none was sent
        std::size_t plain_bytes = 0;  // application bytes that arrived
    };

    RawTlsServer(int connections, int version_min, int version_max, const std::string& certificate = "server");
    ~RawTlsServer();
    RawTlsServer(const RawTlsServer&) = delete;
    RawTlsServer& operator=(const RawTlsServer&) = delete;

    const SocketAddress& address() const { return address_; }
    const std::vector<Seen>& finish();

private:
    void serve(int connections);
    Seen serveOne(int socket);

    SSL_CTX* context_;
    Descriptor listening_;
    SocketAddress address_;
    std::vector<Seen> seen_;
    std::thread thread_;
};

}  // namespace gateway::net::testing
