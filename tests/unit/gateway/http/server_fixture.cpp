#include "tests/unit/gateway/http/server_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "gateway/net/event_loop.h"
#include "gateway/net/http1_head.h"
#include "gateway/net/http1_text.h"
#include "gateway/net/worker_pool.h"

namespace gateway::http::testing_support {
namespace {

// Handlers as plain coroutine functions: a capturing coroutine lambda would outlive its captures.
tenants::Task<Response> answerText(Request, std::string text) {
    co_return textResponse(200, "text/plain", std::move(text));
}
tenants::Task<Response> echo(Request request) {
    co_return textResponse(200, "text/plain", std::string{request.body.view()});
}
tenants::Task<Response> measure(Request request) {
    co_return textResponse(200, "text/plain", std::to_string(request.body.size()));
}
tenants::Task<Response> tellPeer(Request request) {
    std::string text = request.head.tls ? "tls " : "plain ";
    co_return textResponse(200, "text/plain", text + request.head.peer_address);
}
tenants::Task<Response> fail(Request) {
    throw std::runtime_error("broken");
    co_return Response{};
}
tenants::Task<Response> split(Request) {
    Response response;
    response.headers.add("Location", "/a\r\nSet-Cookie: b");
    co_return response;
}
tenants::Task<Response> interim(Request) {
    Response response;
    response.status = 100;
    co_return response;
}
tenants::Task<Response> overload(Request) {
    throw net::QueueFull("full");
    co_return Response{};
}
tenants::Task<Response> waitAtGate(Request, Gate& gate) {
    co_await gate.pass();
    co_return textResponse(200, "text/plain", "passed");
}

Response refuseThing(const RequestHead& head, Refusal refusal) {
    return textResponse(plainRefusal(head, refusal).status, "text/plain", "no " + head.pathParameter("thing"));
}

std::optional<Response> requireKey(const RequestHead& head) {
    if (head.headers.find("X-Key") != nullptr) return std::nullopt;
    return textResponse(401, "text/plain", "no key");
}

}  // namespace

std::string Answer::field(std::string_view name) const {
    for (const auto& [field_name, value] : fields) {
        if (net::equalsIgnoringCase(field_name, name)) return value;
    }
    return {};
}

bool Answer::has(std::string_view name) const {
    for (const auto& [field_name, value] : fields) {
        if (net::equalsIgnoringCase(field_name, name)) return true;
    }
    return false;
}

RawClient::RawClient(std::uint16_t port, int receive_buffer_bytes)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer_bytes != 0) {
        ::setsockopt(socket_.number(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!socket_ || ::connect(socket_.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        throw std::system_error(errno, std::generic_category(), "test client cannot connect");
    }
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::size_t RawClient::sendWhatFits(std::string_view bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t sent =
            ::send(socket_.number(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0) break;
        done += static_cast<std::size_t>(sent);
    }
    return done;
}

bool RawClient::waitReadable(std::chrono::milliseconds time) const {
    pollfd waiting{socket_.number(), POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(time.count())) > 0;
}

/// False at the end, or when patience has.
bool RawClient::receive() {
    std::array<char, 16 * 1024> piece;
    if (!waitReadable(kPatience)) return false;
    const ssize_t got = ::recv(socket_.number(), piece.data(), piece.size(), 0);
    if (got <= 0) return false;
    received_.append(piece.data(), static_cast<std::size_t>(got));
    return true;
}

Answer RawClient::readAnswer(bool with_body) {
    net::AnswerHeadParser parser{net::HeadLimits{}};
    net::HeadProgress progress = parser.advance(received_);
    while (progress == net::HeadProgress::kNeedMore && receive()) progress = parser.advance(received_);
    if (progress != net::HeadProgress::kComplete) return {};
    Answer answer;
    answer.status = parser.head().status;
    for (const net::HeadField& field : parser.head().fields) answer.fields.emplace_back(field.name, field.value);
    const std::size_t length = with_body ? static_cast<std::size_t>(parser.head().framing.length) : 0;
    const std::size_t whole = parser.length() + length;
    while (received_.size() < whole) {
        if (!receive()) return {};
    }
    answer.body = received_.substr(whole - length, length);
    received_.erase(0, whole);
    return answer;
}

bool RawClient::seesEnd() {
    if (!received_.empty() || !waitReadable(kPatience)) return false;
    char byte = 0;
    return ::recv(socket_.number(), &byte, 1, 0) <= 0;
}

bool RawClient::seesNothingFor(std::chrono::milliseconds time) {
    return received_.empty() && !waitReadable(time);
}

void RawClient::finishSending() {
    ::shutdown(socket_.number(), SHUT_WR);
}

void RawClient::reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.close();
}

std::string RawClient::readAll() {
    while (receive()) {
    }
    return std::exchange(received_, {});
}

tenants::Task<void> Gate::pass() {
    tenants::Completion<int> opened;
    {
        const std::scoped_lock lock{mutex_};
        waiting_.push_back(&opened);
        ++arrivals_;
        arrived_.notify_all();
    }
    co_await opened;
}

void Gate::awaitArrivals(std::size_t count) {
    std::unique_lock lock{mutex_};
    if (!arrived_.wait_for(lock, kPatience, [&] { return arrivals_ >= count; }))
        throw std::runtime_error("nobody came to the gate");
}

void Gate::open() {
    std::vector<tenants::Completion<int>*> waiting;
    {
        const std::scoped_lock lock{mutex_};
        waiting.swap(waiting_);
    }
    for (tenants::Completion<int>* opened : waiting) opened->complete(0);
}

namespace {

class CountedTicket final : public RequestTicket {
public:
    CountedTicket(std::atomic<int>& count, int turns, std::string fate)
        : count_(count), turns_(turns), fate_(std::move(fate)) {
        ++count_;
    }
    ~CountedTicket() override { --count_; }
    bool mayStart() override { return turns_-- <= 0; }
    bool isUndecided() const override { return !fate_.empty(); }
    tenants::Task<std::optional<Response>> decide() override {
        co_await net::EventLoop::current().sleepUntil(tenants::SystemClock{}.steady());
        if (fate_ == "fails") throw std::runtime_error("nobody could say");
        if (fate_ == "in") co_return std::nullopt;
        co_return problemResponse(429, "decided", "", "");
    }

private:
    std::atomic<int>& count_;
    int turns_;
    const std::string fate_;
};

/// Turns everybody away, a little later.
std::optional<Response> holdBack(RequestHead& head) {
    Response refused = problemResponse(429, "rate_limited", head.request_id, "");
    refused.held_back = kHeldBack;
    return refused;
}

}  // namespace

TestServer::TestServer(Limits limits, std::size_t loops) : loops_(loops) {
    addRoutes();
    addFailingRoutes();
    Server::Callbacks callbacks;
    callbacks.on_answered = [this](const AccessRecord& record) {
        const std::scoped_lock lock{mutex_};
        answered_.push_back(record);
        changed_.notify_all();
    };
    callbacks.on_failure = [this](const std::string& request_id, std::exception_ptr) {
        const std::scoped_lock lock{mutex_};
        failures_.push_back(request_id);
    };
    server_ = std::make_unique<Server>(loops_.all(), router_, limits, std::move(callbacks));
    loops_.start();
    port_ = server_->listen("127.0.0.1", 0);
}

TestServer::~TestServer() {
    gate_.open();
    server_.reset();
    loops_.stop();
}

void TestServer::add(std::string method, std::string pattern, Handler handler,
                     std::optional<std::size_t> body_bytes_max) {
    Route route;
    route.method = std::move(method);
    route.pattern = std::move(pattern);
    route.body_bytes_max = body_bytes_max;
    route.handler = [this, handler = std::move(handler)](Request request) {
        countHandled();
        return handler(std::move(request));
    };
    if (route.pattern == "/guarded") route.admit = requireKey;
    if (route.pattern == "/ticketed") {
        route.admit = [this](RequestHead& head) -> std::optional<Response> {
            const std::string* turns = head.headers.find("X-Turns");
            const std::string* fate = head.headers.find("X-Fate");
            head.ticket = std::make_shared<CountedTicket>(tickets_, turns == nullptr ? 0 : std::stoi(*turns),
                                                          fate == nullptr ? "" : *fate);
            return std::nullopt;
        };
    }
    if (route.pattern == "/late") route.admit = holdBack;
    if (route.pattern == "/things/{thing}") route.refuse = refuseThing;
    router_.add(std::move(route));
}

void TestServer::addRoutes() {
    add("GET", "/hello", [](Request request) { return answerText(std::move(request), "hello"); });
    add("POST", "/echo", echo, 1000);
    add("POST", "/measure", measure, 3 * 1024 * 1024);
    add("POST", "/short", measure);
    add("GET", "/late", tellPeer);
    add("POST", "/ticketed", echo, 1000);
    add("POST", "/guarded", measure, 3 * 1024 * 1024);
    add("GET", "/gate", [this](Request request) { return waitAtGate(std::move(request), gate_); });
    add("GET", "/peer", tellPeer);
    add("GET", "/page", [](Request request) { return answerText(std::move(request), std::string(64 * 1024, 'x')); });
    add("GET", "/large",
        [](Request request) { return answerText(std::move(request), std::string(8 * 1024 * 1024, 'x')); });
}

void TestServer::addFailingRoutes() {
    add("GET", "/fail", fail);
    add("GET", "/things/{thing}", fail);
    add("GET", "/split", split);
    add("GET", "/interim", interim);
    add("GET", "/overload", overload);
}

void TestServer::countHandled() {
    const std::scoped_lock lock{mutex_};
    ++handled_;
}

Answer TestServer::ask(std::string_view request) const {
    RawClient client = connect();
    client.send(request);
    return client.readAnswer();
}

std::vector<AccessRecord> TestServer::awaitAnswered(std::size_t count) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, kPatience, [&] { return answered_.size() >= count; });
    return answered_;
}

std::vector<std::string> TestServer::failures() {
    const std::scoped_lock lock{mutex_};
    return failures_;
}

std::size_t TestServer::handled() {
    const std::scoped_lock lock{mutex_};
    return handled_;
}

std::string get(std::string_view path, std::string_view fields) {
    std::string request{"GET "};
    return request.append(path).append(" HTTP/1.1\r\nHost: a\r\n").append(fields).append("\r\n");
}

std::string post(std::string_view path, std::string_view body, std::string_view fields) {
    std::string request{"POST "};
    request.append(path)
        .append(" HTTP/1.1\r\nHost: a\r\nContent-Length: ")
        .append(std::to_string(body.size()))
        .append("\r\n");
    return request.append(fields).append("\r\n").append(body);
}

std::string postChunked(std::string_view path, std::string_view chunks) {
    std::string request{"POST "};
    return request.append(path).append(" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").append(chunks);
}

}  // namespace gateway::http::testing_support
