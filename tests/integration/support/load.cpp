#include "tests/integration/support/load.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tests/integration/support/http_client.h"

namespace integration {
namespace {

using Time = std::chrono::steady_clock::time_point;

sockaddr_in addressOf(const std::string& url) {
    const std::size_t colon = url.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1))));
    const std::string host = url.substr(7, colon - 7);  // behind http://
    if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) throw std::invalid_argument("load: " + url);
    return address;
}

std::string_view headerOf(std::string_view head, std::string_view name) {
    const std::size_t at = head.find("\r\n" + std::string{name} + ": ");
    if (at == std::string_view::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

}  // namespace

struct Load::Client {
    int socket = -1;
    bool asking = false;
    std::size_t sent = 0;
    std::string received = {};
    Time began = {};
    Time next = {};
};

class Load::Driver {
public:
    explicit Driver(Load& load)
        : load_(load),
          address_(addressOf(load.plan_.url)),
          epoll_(::epoll_create1(EPOLL_CLOEXEC)),
          clients_(static_cast<std::size_t>(load.plan_.clients)) {
        if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "load");
    }
    ~Driver() {
        for (Client& client : clients_) close(client);
        ::close(epoll_);
    }
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    void run() {
        const Time began = std::chrono::steady_clock::now();
        // Spread over a pace, so that they do not all come in one moment for ever.
        for (std::size_t i = 0; i < clients_.size(); ++i)
            clients_[i].next = began + load_.plan_.pace * static_cast<int>(i) / load_.plan_.clients;
        while (!load_.ending_) {
            const Time now = std::chrono::steady_clock::now();
            for (Client& client : clients_) {
                if (!client.asking && client.next <= now) ask(client, now);
            }
            std::array<epoll_event, 256> events{};
            const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1);
            for (int i = 0; i < count; ++i) {
                const epoll_event& event = events[static_cast<std::size_t>(i)];
                goOn(clients_[event.data.u64]);
            }
        }
        load_.result_.lasted = std::chrono::steady_clock::now() - began;
    }

private:
    void ask(Client& client, Time now) {
        client.asking = true;
        client.began = now;
        client.next = now + load_.plan_.pace;
        client.sent = 0;
        client.received.clear();
        if (client.socket < 0) connect(client);
        goOn(client);
    }

    void connect(Client& client) {
        client.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        const int on = 1;
        ::setsockopt(client.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        event.data.u64 = static_cast<std::uint64_t>(&client - clients_.data());
        if (client.socket < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.socket, &event) != 0 ||
            (::connect(client.socket, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) != 0 &&
             errno != EINPROGRESS)) {
            throw std::system_error(errno, std::generic_category(), "load: connect");
        }
    }

    void goOn(Client& client) {
        if (client.socket < 0 || !client.asking) return;
        const std::string& request = load_.plan_.request;
        while (client.sent < request.size()) {
            const ssize_t sent =
                ::send(client.socket, request.data() + client.sent, request.size() - client.sent, MSG_NOSIGNAL);
            if (sent < 0) break;  // not connected yet, no room, or gone: reading tells
            client.sent += static_cast<std::size_t>(sent);
        }
        std::array<char, 16'384> buffer{};
        while (client.asking) {
            const ssize_t got = ::recv(client.socket, buffer.data(), buffer.size(), 0);
            if (got < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
            if (got <= 0) return breakOff(client);
            client.received.append(buffer.data(), static_cast<std::size_t>(got));
            takeAnswer(client);
        }
    }

    void takeAnswer(Client& client) {
        const std::string_view received{client.received};
        const std::size_t end = received.find("\r\n\r\n");
        if (end == std::string_view::npos) return;
        const std::string_view head = received.substr(0, end + 2);
        const std::string length{headerOf(head, "Content-Length")};
        if (length.empty() || received.size() < end + 4 + std::stoul(length)) return;
        const auto took =
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - client.began);
        const std::string code{headerOf(head, "Tollgate-Error")};
        (code.empty() ? load_.result_.served : load_.result_.refused).push_back(took);
        if (!code.empty()) ++load_.result_.codes[code];
        ++load_.answers_;
        client.asking = false;
        if (headerOf(head, "Connection") == "close") close(client);
    }

    void breakOff(Client& client) {
        ++load_.result_.broken;
        client.asking = false;
        close(client);
    }

    static void close(Client& client) {
        if (client.socket >= 0) ::close(client.socket);
        client.socket = -1;
    }

    Load& load_;
    const sockaddr_in address_;
    const int epoll_;
    std::vector<Client> clients_;
};

Load::Load(Plan plan) : plan_(std::move(plan)), thread_([this] { Driver{*this}.run(); }) {}

Load::~Load() {
    if (thread_.joinable()) finish();
}

Load::Result Load::finish() {
    ending_ = true;
    thread_.join();
    std::ranges::sort(result_.served);
    std::ranges::sort(result_.refused);
    return std::move(result_);
}

std::chrono::microseconds quantile(const std::vector<std::chrono::microseconds>& sorted, double share) {
    if (sorted.empty()) throw std::logic_error("no times to tell of");
    const auto at = static_cast<std::size_t>(static_cast<double>(sorted.size()) * share);
    return sorted[std::min(at, sorted.size() - 1)];
}

std::string scanRequest(std::string_view key, std::string_view picture) {
    const std::string body = multipartBody({{"img", std::string{picture}, "licence.jpg", "image/jpeg"}});
    return "POST /cv/ocr/driving?access_token=" + std::string{key} + " HTTP/1.1\r\nHost: gateway\r\n" +
           multipartHeader() + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace integration
