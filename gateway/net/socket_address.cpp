#include "gateway/net/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace gateway::net {

namespace {

// The kernel's address types share their first bytes; copying in and out keeps to the rules of the language.
template <class Form>
Form read(const sockaddr_storage& storage) noexcept {
    Form form{};
    std::memcpy(&form, &storage, sizeof form);
    return form;
}

template <class Form>
void write(sockaddr_storage& storage, const Form& form) noexcept {
    static_assert(sizeof form <= sizeof storage);
    std::memcpy(&storage, &form, sizeof form);
}

}  // namespace

std::optional<SocketAddress> SocketAddress::parse(std::string_view host, std::uint16_t port) {
    const std::string text{host};
    SocketAddress address;
    if (text.find('\0') != std::string::npos) return std::nullopt;
    if (sockaddr_in v4{}; ::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        write(address.storage_, v4);
        address.bytes_ = sizeof v4;
        return address;
    }
    if (sockaddr_in6 v6{}; ::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        write(address.storage_, v6);
        address.bytes_ = sizeof v6;
        return address;
    }
    return std::nullopt;
}

std::optional<SocketAddress> SocketAddress::fromKernel(const sockaddr& address, socklen_t bytes) {
    const std::size_t expected = address.sa_family == AF_INET    ? sizeof(sockaddr_in)
                                 : address.sa_family == AF_INET6 ? sizeof(sockaddr_in6)
                                                                 : 0;
    if (expected == 0 || bytes < expected) return std::nullopt;
    SocketAddress result;
    std::memcpy(&result.storage_, &address, expected);
    result.bytes_ = static_cast<socklen_t>(expected);
    return result;
}

std::string SocketAddress::host() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (family() == AF_INET) {
        const auto v4 = read<sockaddr_in>(storage_);
        ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    } else {
        const auto v6 = read<sockaddr_in6>(storage_);
        ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    return text.data();
}

std::uint16_t SocketAddress::port() const noexcept {
    return ntohs(family() == AF_INET ? read<sockaddr_in>(storage_).sin_port : read<sockaddr_in6>(storage_).sin6_port);
}

std::string SocketAddress::text() const {
    std::string name = host();
    if (family() == AF_INET6) {
        name.insert(name.begin(), '[');
        name.push_back(']');
    }
    return name + ":" + std::to_string(port());
}

SocketAddress SocketAddress::withPort(std::uint16_t port) const noexcept {
    SocketAddress changed = *this;
    if (family() == AF_INET) {
        auto v4 = read<sockaddr_in>(storage_);
        v4.sin_port = htons(port);
        write(changed.storage_, v4);
    } else {
        auto v6 = read<sockaddr_in6>(storage_);
        v6.sin6_port = htons(port);
        write(changed.storage_, v6);
    }
    return changed;
}

const sockaddr* SocketAddress::kernelForm() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage_);
}

bool SocketAddress::operator==(const SocketAddress& other) const {
    return bytes_ == other.bytes_ && std::memcmp(&storage_, &other.storage_, bytes_) == 0;
}

}  // namespace gateway::net
