#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/http/server.h"
#include "gateway/net/descriptor.h"
#include "gateway/net/loop_group.h"
#include "tenants/base/completion.h"

namespace gateway::http::testing_support {

using namespace std::chrono_literals;

/// How long the refusals of /late are held back.
inline constexpr std::chrono::milliseconds kHeldBack{60};

/// How long a test waits for what must happen. Only a failing test ever waits that long.
inline constexpr std::chrono::milliseconds kPatience{10'000};

struct Answer {
    int status = 0;  // 0: the connection ended before a whole answer
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;

    /// The first value of `name`, without case; empty where there is none.
    std::string field(std::string_view name) const;
    bool has(std::string_view name) const;
};

/// A plain client that sends exactly the bytes it is told to.
class RawClient {
public:
    /// `receive_buffer_bytes`: what the kernel may take in for us unread; 0: what it likes. Throws std::system_error.
    explicit RawClient(std::uint16_t port, int receive_buffer_bytes = 0);
    RawClient(RawClient&&) noexcept = default;

    int socket() const { return socket_.number(); }

    /// False if the server took no more.
    bool send(std::string_view bytes);
    /// As much as the server takes without waiting.
    std::size_t sendWhatFits(std::string_view bytes);
    /// The next answer, read by its own length; 1xx answers are answers here. `with_body` false: of a HEAD.
    Answer readAnswer(bool with_body = true);
    /// True if the server ends the connection, in order or not, before it sends another byte.
    bool seesEnd();
    /// True if nothing came within `time`: neither a byte nor the end.
    bool seesNothingFor(std::chrono::milliseconds time);
    void finishSending();
    /// Closes with a reset.
    void reset();
    /// Everything up to the end.
    std::string readAll();

private:
    bool waitReadable(std::chrono::milliseconds time) const;
    bool receive();

    net::Descriptor socket_;
    std::string received_;
};

/// Where handlers wait until the test lets them go on.
class Gate {
public:
    tenants::Task<void> pass();
    /// Waits until `count` handlers are at the gate, all in all.
    void awaitArrivals(std::size_t count);
    void open();

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<tenants::Completion<int>*> waiting_;
    std::size_t arrivals_ = 0;
};

/// A server with a handful of routes on two loops and a free port.
/// GET /hello; POST /echo (at most 1000 bytes); POST /measure (at most 3 MiB; answers the size); POST /guarded (needs
/// X-Key); GET /things/{thing} (throws; own refusals); GET /fail (throws); GET /split, GET /interim (answers that cannot
/// be); POST /short (at most what the listener allows); POST /ticketed (holds a ticket, which lets it start when it was
/// asked X-Turns times, and decides by X-Fate: in, out, fails; at most 1000 bytes); GET /late (refused, held back); GET /overload
/// (QueueFull); GET /gate; GET /page (64 KiB); GET /large (8 MiB); GET /peer (how the client
/// came: "tls 127.0.0.1").
class TestServer {
public:
    explicit TestServer(Limits limits = {}, std::size_t loops = 2);
    ~TestServer();

    std::uint16_t port() const { return port_; }
    std::uint16_t listenTls(std::shared_ptr<const net::TlsContext> tls) {
        return server_->listen("127.0.0.1", 0, std::move(tls));
    }
    Server& server() { return *server_; }
    RawClient connect() const { return RawClient{port_}; }
    /// One request on a connection of its own.
    Answer ask(std::string_view request) const;

    Gate& gate() { return gate_; }
    /// Waits until that many requests were answered.
    std::vector<AccessRecord> awaitAnswered(std::size_t count);
    std::vector<std::string> failures();      // request ids
    std::size_t handled();                    // requests that reached a handler
    int tickets() const { return tickets_; }  // that requests to /ticketed hold

private:
    void addRoutes();
    void addFailingRoutes();
    void add(std::string method, std::string pattern, Handler handler, std::optional<std::size_t> body_bytes_max = {});
    void countHandled();

    std::atomic<int> tickets_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<AccessRecord> answered_;
    std::vector<std::string> failures_;
    std::size_t handled_ = 0;

    Gate gate_;
    net::LoopGroup loops_;
    Router router_;
    std::unique_ptr<Server> server_;
    std::uint16_t port_ = 0;
};

std::string get(std::string_view path, std::string_view fields = {});
std::string post(std::string_view path, std::string_view body, std::string_view fields = {});
std::string postChunked(std::string_view path, std::string_view chunks);

}  // namespace gateway::http::testing_support
