#include "tests/integration/support/slow_crowd.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace integration {
namespace {

constexpr std::chrono::milliseconds kTurn{
    500};  // from one byte of a drip to the next, and until who was closed comes back

std::string openingOf(SlowCrowd::Kind kind, const std::string& key) {
    switch (kind) {
        case SlowCrowd::Kind::kHead:
            return "POST /cv/ocr/driving?access_token=" + key + " HTTP/1.1\r\nHost: gateway\r\nX-";
        case SlowCrowd::Kind::kBody:
            return "POST /cv/ocr/driving?access_token=" + key +
                   " HTTP/1.1\r\nHost: gateway\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                   "Content-Length: 2000000\r\n\r\n--b\r\n";
        case SlowCrowd::Kind::kRead: {
            std::string pages;
            for (int count = 0; count < 200; ++count) pages += "GET /wechat/launch HTTP/1.1\r\nHost: gateway\r\n\r\n";
            return pages;
        }
        case SlowCrowd::Kind::kIdle: return {};
        case SlowCrowd::Kind::kHandshake: return {"\x16\x03\x01\x02\x00\x01\x00", 7};
    }
    return {};
}

}  // namespace

SlowCrowd::SlowCrowd(Kind kind, const std::string& url, const std::string& key, int clients, Closed closed)
    : kind_(kind),
      closed_(closed),
      opening_(openingOf(kind, key)),
      port_(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)))) {
    for (int count = 0; count < clients; ++count) sockets_.push_back(open());
    thread_ = std::thread{[this] { drive(); }};
}

SlowCrowd::~SlowCrowd() {
    ending_ = true;
    thread_.join();
    for (const int socket : sockets_) {
        if (socket >= 0) ::close(socket);
    }
}

int SlowCrowd::open() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int small_window = 4096;
    if (kind_ == Kind::kRead) ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &small_window, sizeof small_window);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (socket < 0 || ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::system_error(errno, std::generic_category(), "slow client");
    }
    ::send(socket, opening_.data(), opening_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return socket;
}

void SlowCrowd::drive() {
    const bool drips = kind_ == Kind::kHead || kind_ == Kind::kBody;
    while (!ending_) {
        std::vector<pollfd> polled;
        // A reader that never reads is told nothing but the end.
        const short wanted = kind_ == Kind::kRead ? POLLRDHUP : POLLIN;
        for (const int socket : sockets_) polled.push_back({socket, wanted, 0});
        ::poll(nullptr, 0, static_cast<int>(kTurn.count()));
        ::poll(polled.data(), polled.size(), 0);
        for (std::size_t i = 0; i < sockets_.size() && !ending_; ++i) {
            bool gone = (polled[i].revents & (POLLHUP | POLLERR | POLLRDHUP)) != 0;
            std::array<char, 4096> answer{};
            if ((polled[i].revents & POLLIN) != 0) gone = ::recv(sockets_[i], answer.data(), answer.size(), 0) <= 0;
            if (gone && closed_ == Closed::kStayAway) {
                ::close(sockets_[i]);
                sockets_[i] = -1;  // which poll passes over
            } else if (gone) {
                ::close(sockets_[i]);
                sockets_[i] = open();
                ++returns_;
            } else if (drips) {
                ::send(sockets_[i], "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
            }
        }
    }
}

}  // namespace integration
