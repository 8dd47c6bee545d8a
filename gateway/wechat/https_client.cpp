#include "gateway/wechat/https_client.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <span>
#include <stdexcept>
#include <utility>

#include "gateway/net/http1_text.h"
#include "gateway/net/tls_context.h"
#include "tenants/base/backoff.h"

namespace gateway::wechat {

namespace {

/// The head of a request holds a token: it is wiped when the call ends.
class WipedText {
public:
    explicit WipedText(std::string text) : text_(std::move(text)) {}
    ~WipedText() { OPENSSL_cleanse(text_.data(), text_.size()); }
    WipedText(const WipedText&) = delete;
    WipedText& operator=(const WipedText&) = delete;
    std::string_view view() const noexcept { return text_; }

private:
    std::string text_;
};

bool isVisibleAscii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

void check(const HttpsRequest& request) {
    // The texts must not name the target: it holds a token.
    if (!net::isToken(request.method)) throw std::invalid_argument("https: method is not a token");
    if (!request.target.starts_with('/') || !isVisibleAscii(request.target)) {
        throw std::invalid_argument("https: target is not in its wire form");
    }
    if (std::any_of(request.content_type.begin(), request.content_type.end(), net::isControl)) {
        throw std::invalid_argument("https: control character in the content type");
    }
}

}  // namespace

/// Idle connections of one loop, on its thread. The one used last is taken first, so that the others may age and close.
class HttpsClient::Pool final : private net::Timer {
public:
    Pool(net::EventLoop& loop, std::size_t count_max, std::chrono::milliseconds age_max)
        : loop_(loop), count_max_(count_max), age_max_(age_max) {}

    net::EventLoop& loop() const noexcept { return loop_; }

    /// A connection that is fit for a request right now; those that are not are closed on the way.
    std::optional<net::Stream> take() {
        std::optional<net::Stream> taken;
        const auto now = net::EventLoop::now();
        while (!taken && !idle_.empty()) {
            Idle last = std::move(idle_.back());
            idle_.pop_back();
            if (now < last.ends && last.stream.idleAndAlive()) taken.emplace(std::move(last.stream));
        }
        watchOldest();
        return taken;
    }

    void put(net::Stream stream) {
        if (closed_ || count_max_ == 0) return;
        if (idle_.size() >= count_max_) idle_.pop_front();
        idle_.push_back({std::move(stream), net::EventLoop::now() + age_max_});
        watchOldest();
    }

    void close() {
        closed_ = true;
        idle_.clear();
        disarm();
    }

private:
    struct Idle {
        net::Stream stream;
        tenants::SteadyTime ends;
    };

    void expired() override {
        const auto now = net::EventLoop::now();
        while (!idle_.empty() && idle_.front().ends <= now) idle_.pop_front();
        watchOldest();
    }

    void watchOldest() {
        if (idle_.empty()) {
            disarm();
        } else {
            loop_.timers().arm(*this, idle_.front().ends);
        }
    }

    net::EventLoop& loop_;
    const std::size_t count_max_;
    const std::chrono::milliseconds age_max_;
    std::deque<Idle> idle_;  // the oldest first
    bool closed_ = false;
};

/// A place among the calls that may run at once, given back at the end.
class HttpsClient::InFlight {
public:
    explicit InFlight(HttpsClient& client) noexcept
        : client_(client),
          granted_(client.in_flight_.fetch_add(1, std::memory_order_relaxed) < client.options_.in_flight_max) {}
    ~InFlight() { client_.in_flight_.fetch_sub(1, std::memory_order_relaxed); }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;
    bool granted() const noexcept { return granted_; }

private:
    HttpsClient& client_;
    bool granted_;
};

/// One try of a request.
struct HttpsClient::Attempt {
    enum class Repeat { kNever, kFree, kBudgeted };
    Outcome outcome;
    Repeat repeat = Repeat::kNever;
};

HttpsClient::HttpsClient(Options options, std::shared_ptr<const net::TlsContext> tls, net::Resolver& resolver,
                         std::vector<net::EventLoop*> loops, const tenants::Clock& clock)
    : options_(std::move(options)),
      tls_(std::move(tls)),
      resolver_(resolver),
      clock_(clock),
      retry_budget_(options_.repeats) {
    if (!tls_) throw std::invalid_argument("https: needs a TLS context");  // never in plain, whatever the configuration
    if (options_.host.empty() || !isVisibleAscii(options_.host))
        throw std::invalid_argument("https: malformed host name");
    pools_.reserve(loops.size());
    for (net::EventLoop* loop : loops) {
        pools_.push_back(std::make_shared<Pool>(*loop, options_.idle_connections_max, options_.idle_age_max));
    }
}

HttpsClient::~HttpsClient() = default;

tenants::Task<HttpsClient::Outcome> HttpsClient::call(HttpsRequest request, tenants::SteadyTime deadline) {
    check(request);
    calls_.fetch_add(1, std::memory_order_relaxed);
    const InFlight place{*this};
    if (!place.granted()) co_return HttpsFailure{Sent::kNothing, false, "in_flight_full"};
    Pool& pool = poolOfThisLoop();
    deadline = std::min(deadline, clock_.steady() + options_.call_max);
    retry_budget_.payIn();

    const WipedText head{renderHead(request)};
    std::vector<std::string_view> message;
    message.reserve(request.body_parts.size() + 1);
    message.push_back(head.view());
    message.insert(message.end(), request.body_parts.begin(), request.body_parts.end());

    Attempt first = co_await attempt(pool, message, true, 0, deadline);
    if (first.repeat == Attempt::Repeat::kNever) co_return std::move(first.outcome);
    if (first.repeat == Attempt::Repeat::kBudgeted) {
        const tenants::SteadyTime now = clock_.steady();
        const tenants::SteadyTime again =
            now + tenants::Backoff::fullJitter(options_.repeat_pause_max, calls_.load(std::memory_order_relaxed));
        if (again >= deadline || !retry_budget_.take(now)) co_return std::move(first.outcome);
        co_await pool.loop().sleepUntil(again);
    }
    repeats_.fetch_add(1, std::memory_order_relaxed);
    Attempt second = co_await attempt(pool, message, false, 1, deadline);
    co_return std::move(second.outcome);
}

void HttpsClient::closeIdleConnections() {
    for (const auto& pool : pools_) {
        pool->loop().post([pool] { pool->close(); });
    }
}

HttpsClient::Counts HttpsClient::counts() const {
    return {calls_.load(std::memory_order_relaxed), connections_.load(std::memory_order_relaxed),
            reused_.load(std::memory_order_relaxed), repeats_.load(std::memory_order_relaxed),
            in_flight_.load(std::memory_order_relaxed)};
}

std::string HttpsClient::renderHead(const HttpsRequest& request) const {
    std::size_t length = 0;
    for (const std::string_view part : request.body_parts) length += part.size();
    std::string head;
    // One allocation: growing would leave copies of the token behind.
    head.reserve(request.method.size() + request.target.size() + options_.host.size() + request.content_type.size() +
                 128);
    head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ").append(options_.host);
    if (options_.port != 443) head.append(":").append(std::to_string(options_.port));
    if (!request.content_type.empty()) head.append("\r\nContent-Type: ").append(request.content_type);
    head.append("\r\nContent-Length: ").append(std::to_string(length)).append("\r\n\r\n");
    return head;
}

HttpsClient::Pool& HttpsClient::poolOfThisLoop() const {
    const auto pool = std::find_if(pools_.begin(), pools_.end(),
                                   [](const auto& candidate) { return candidate->loop().runsOnThisThread(); });
    if (pool == pools_.end())
        std::abort();  // called on a thread that runs none of our loops: a fault of the caller's code
    return **pool;
}

tenants::Task<HttpsClient::Attempt> HttpsClient::attempt(Pool& pool, std::span<const std::string_view> message,
                                                         bool may_reuse, std::size_t connects_before,
                                                         tenants::SteadyTime deadline) {
    if (may_reuse) {
        std::optional<net::Stream> pooled = pool.take();
        if (pooled) {
            reused_.fetch_add(1, std::memory_order_relaxed);
            co_return co_await exchange(pool, *std::move(pooled), true, message, deadline);
        }
    }
    Connected connected = co_await connect(connects_before, deadline);
    if (auto* failed = std::get_if<Attempt>(&connected)) co_return std::move(*failed);
    connections_.fetch_add(1, std::memory_order_relaxed);
    co_return co_await exchange(pool, std::get<net::Stream>(std::move(connected)), false, message, deadline);
}

tenants::Task<HttpsClient::Connected> HttpsClient::connect(std::size_t connects_before, tenants::SteadyTime deadline) {
    deadline = std::min(deadline, clock_.steady() + options_.connect_max);
    net::ResolveResult resolved = co_await resolver_.resolve(options_.host, options_.port, deadline);
    if (auto* reason = std::get_if<std::string>(&resolved)) {
        co_return Attempt{HttpsFailure{Sent::kNothing, clock_.steady() >= deadline, std::move(*reason)}};
    }
    const auto& addresses = std::get<std::vector<net::SocketAddress>>(resolved);
    net::ConnectResult result = co_await net::connect(addresses[connects_before % addresses.size()], tls_, deadline);
    if (auto* failure = std::get_if<net::ConnectFailure>(&result)) {
        // What took too long would take too long again, and a peer that is not who it should be stays so.
        const bool worth_it = failure->kind == net::ConnectFailure::Kind::kRefused;
        const bool timed_out = failure->kind == net::ConnectFailure::Kind::kTimeout;
        co_return Attempt{HttpsFailure{Sent::kNothing, timed_out, std::move(failure->reason)},
                          worth_it ? Attempt::Repeat::kBudgeted : Attempt::Repeat::kNever};
    }
    co_return std::get<net::Stream>(std::move(result));
}

tenants::Task<HttpsClient::Attempt> HttpsClient::exchange(Pool& pool, net::Stream stream, bool reused,
                                                          std::span<const std::string_view> message,
                                                          tenants::SteadyTime deadline) {
    const net::IoResult written = co_await stream.write(message, deadline);
    if (written.status != net::IoStatus::kOk) {
        const bool timed_out = written.status == net::IoStatus::kTimeout;
        const Sent sent = written.bytes == 0 ? Sent::kNothing : Sent::kSomething;
        const bool may_repeat = sent == Sent::kNothing && !timed_out;
        const auto repeat = reused ? Attempt::Repeat::kFree : Attempt::Repeat::kBudgeted;
        HttpsFailure failure{sent, timed_out, timed_out ? "request: not sent in time" : "request: connection broken"};
        co_return Attempt{std::move(failure), may_repeat ? repeat : Attempt::Repeat::kNever};
    }
    std::variant<ReadAnswer, AnswerFault> reading = co_await readAnswer(stream, options_.answer, deadline);
    if (auto* fault = std::get_if<AnswerFault>(&reading)) {
        co_return Attempt{HttpsFailure{Sent::kSomething, fault->timed_out, std::move(fault->reason)}};
    }
    auto& read = std::get<ReadAnswer>(reading);
    if (read.reusable) pool.put(std::move(stream));
    co_return Attempt{std::move(read.answer)};
}

}  // namespace gateway::wechat
