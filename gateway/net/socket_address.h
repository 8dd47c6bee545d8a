#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::net {

/// A numeric IPv4 or IPv6 address with a port.
class SocketAddress {
public:
    /// `host`: "127.0.0.1" or "::1", without brackets; empty where it is anything but a numeric address.
    static std::optional<SocketAddress> parse(std::string_view host, std::uint16_t port);
    /// What the kernel gave; empty where the family is neither IPv4 nor IPv6.
    static std::optional<SocketAddress> fromKernel(const sockaddr& address, socklen_t bytes);

    std::string host() const;  // "127.0.0.1", "::1"
    std::uint16_t port() const noexcept;
    std::string text() const;  // "127.0.0.1:8080", "[::1]:8080"
    SocketAddress withPort(std::uint16_t port) const noexcept;

    int family() const noexcept { return storage_.ss_family; }
    const sockaddr* kernelForm() const noexcept;
    socklen_t kernelBytes() const noexcept { return bytes_; }

    bool operator==(const SocketAddress& other) const;

private:
    SocketAddress() = default;
    sockaddr_storage storage_{};
    socklen_t bytes_ = 0;
};

}  // namespace gateway::net
