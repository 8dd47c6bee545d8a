#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/stream.h"
#include "tenants/base/task.h"
#include "tests/unit/gateway/net/loop_fixture.h"
#include "tests/unit/gateway/net/scripted_server.h"

namespace gateway::wechat::testing {

inline std::string answerOf(std::string_view body, std::string_view more_fields = {}) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + std::string{more_fields} +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

/// What one connection does after its handshake: waits for each request, which ends with kEndOfRequest, and answers it
/// with the next text; after the last it closes, or waits for the client to go.
struct Plan {
    std::vector<std::string> answers;
    bool close_at_the_end = false;
    bool with_goodbye = true;
    bool drip = false;  // one byte a turn, 5 ms apart
};
inline constexpr const char* kEndOfRequest = "=end";

/// Everything the upstream saw, connection by connection.
class Seen {
public:
    void add(int connection, std::string request) {
        const std::scoped_lock lock{mutex_};
        requests_.emplace_back(connection, std::move(request));
    }
    std::vector<std::pair<int, std::string>> requests() const {
        const std::scoped_lock lock{mutex_};
        return requests_;
    }

    void noteEnd() {
        const std::scoped_lock lock{mutex_};
        ++ended_;
        changed_.notify_all();
    }
    bool waitForEnds(int connections) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return ended_ >= connections; });
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::pair<int, std::string>> requests_;
    int ended_ = 0;
};

inline tenants::Task<bool> drip(net::Stream& stream, std::string text) {
    for (const char byte : text) {
        const net::IoResult written =
            co_await net::testing::writeText(stream, std::string(1, byte), net::testing::soon());
        if (written.status != net::IoStatus::kOk) co_return false;
        co_await net::EventLoop::current().sleepUntil(net::testing::in(std::chrono::milliseconds{5}));
    }
    co_return true;
}

inline tenants::Task<void> follow(net::AcceptedSocket accepted, std::shared_ptr<const net::TlsContext> tls, Plan plan,
                                  int number, Seen& seen) {
    net::AcceptResult made = co_await net::acceptTls(std::move(accepted.socket), tls, net::testing::soon());
    if (!std::holds_alternative<net::Stream>(made)) co_return;
    net::Stream& stream = std::get<net::Stream>(made);
    for (const std::string& answer : plan.answers) {
        std::string request = co_await net::testing::readUntil(stream, kEndOfRequest, net::testing::soon());
        if (!request.ends_with(kEndOfRequest)) co_return;
        seen.add(number, std::move(request));
        if (plan.drip) {
            co_await drip(stream, answer);
        } else {
            co_await net::testing::writeText(stream, answer, net::testing::soon());
        }
    }
    if (plan.close_at_the_end && plan.with_goodbye) stream.shutdownWrite();
    if (!plan.close_at_the_end) co_await net::testing::drain(stream, net::testing::soon());
}

/// An upstream whose connections each follow the plan of their number; the last plan serves all later ones.
class Upstream {
public:
    explicit Upstream(std::vector<Plan> plans) : plans_(std::move(plans)), tls_(net::testing::serverContext()) {}

    const net::SocketAddress& address() const { return server_.address(); }
    int connections() const { return server_.connections(); }
    std::vector<std::pair<int, std::string>> requests() const { return seen_.requests(); }
    /// Whether so many connections were closed by the upstream, now or soon.
    bool waitForEnds(int connections) { return seen_.waitForEnds(connections); }

private:
    tenants::Task<void> serve(net::AcceptedSocket accepted, int number) {
        const std::size_t plan = std::min(static_cast<std::size_t>(number), plans_.size() - 1);
        co_await follow(std::move(accepted), tls_, plans_[plan], number, seen_);
        seen_.noteEnd();
    }

    std::vector<Plan> plans_;
    std::shared_ptr<const net::TlsContext> tls_;
    Seen seen_;
    net::testing::ScriptedServer server_{
        [this](net::AcceptedSocket accepted, int number) { return serve(std::move(accepted), number); }};
};

}  // namespace gateway::wechat::testing
