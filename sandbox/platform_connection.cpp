#include "sandbox/platform_connection.h"

#include <sys/socket.h>
#include <array>
#include <span>
#include <utility>

#include "sandbox/call_gate.h"
#include "sandbox/component_rules.h"
#include "sandbox/json.h"
#include "sandbox/random_text.h"

namespace sandbox {
namespace {

using gateway::net::IoResult;
using gateway::net::IoStatus;
using std::chrono::milliseconds;

// Twice what a picture may have, and room for the form around it: larger pictures are refused by number and not by force.
constexpr std::size_t kBodyBytesMax = 2 * kPictureBytesLimit + 64 * 1024;
constexpr milliseconds kSilenceMax{60'000};
constexpr milliseconds kDripPause{1000};
// Of a body, for openapi/rid/get: pictures are not kept.
constexpr std::size_t kRecordedBodyBytes = 4096;
constexpr int kPreconditionFailed = 412;

/// What the call log says of a call whose answer never arrived as it should.
bool notedByMode(FaultMode mode) {
    return mode == FaultMode::kCut || mode == FaultMode::kReset || mode == FaultMode::kEarlyReset ||
           mode == FaultMode::kSilent || mode == FaultMode::kDrip || mode == FaultMode::kHttp500 ||
           mode == FaultMode::kNotJson;
}

/// The account that a component's call is about; empty where its body names none.
std::string authorizerIn(std::string_view path, std::string_view body) {
    if (!path.starts_with("/cgi-bin/component/")) return {};
    const auto object = parseObject(body);
    return object.isNull() ? std::string{} : stringField(object, "authorizer_appid").value_or("");
}

PlatformAnswer htmlAnswer(int status) {
    PlatformAnswer answer;
    answer.status = status;
    answer.content_type = "text/html; charset=utf-8";
    answer.body = "<html><head><title>System busy</title></head><body>The system is busy.</body></html>\n";
    return answer;
}

}  // namespace

PlatformConnection::PlatformConnection(gateway::net::Stream stream, int descriptor, std::string peer_address,
                                       const PlatformServices& services)
    : stream_(std::move(stream)),
      descriptor_(descriptor),
      peer_address_(std::move(peer_address)),
      services_(services),
      reader_(stream_, limits_, services.clock) {}

tenants::Task<void> PlatformConnection::run() {
    bool goes_on = true;
    while (goes_on) {
        if (!reader_.hasBytes()) {
            reader_.release();
            const IoResult idle = co_await stream_.readable(services_.clock.steady() + limits_.idle_deadline);
            if (idle.status != IoStatus::kOk) co_return;
        }
        goes_on = co_await serveOne();
    }
}

/// One request and its answer; false where the connection is over.
tenants::Task<bool> PlatformConnection::serveOne() {
    using HeadEnd = gateway::http::RequestReader::HeadEnd;
    using BodyEnd = gateway::http::RequestReader::BodyEnd;
    gateway::net::RequestHeadParser parser{gateway::http::headLimits(limits_)};
    const HeadEnd head_end = co_await reader_.readHead(parser, services_.clock.steady());
    if (head_end == HeadEnd::kRefused) co_await sendBare(parser.refusal().status);
    if (head_end != HeadEnd::kWhole) co_return false;

    Exchange exchange = begin(parser.head());
    if (exchange.fault) {
        const std::int64_t number = services_.calls.arrived(exchange.call);
        services_.calls.answered(number, std::string{faultModeName(FaultMode::kEarlyReset)}, true);
        co_return reset();
    }
    if (exchange.framing.kind == gateway::net::BodyKind::kChunked) {
        const std::int64_t number = services_.calls.arrived(exchange.call);
        services_.calls.answered(number, std::string{"http_412"}, false);
        co_await sendBare(kPreconditionFailed);
        co_return false;
    }
    if (exchange.expects_continue && !reader_.bodyHasBegun()) {
        const bool sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n", {});
        if (!sent) co_return false;
    }
    gateway::http::RequestReader::Body body = co_await reader_.readBody(exchange.framing, kBodyBytesMax);
    if (body.end != BodyEnd::kWhole) {
        services_.log.info("request_not_whole", {{"path", exchange.head.path}});
        if (body.end == BodyEnd::kTooLarge) co_await sendBare(413);
        co_return false;
    }
    reader_.finish();
    const bool goes_on = co_await answer(exchange, std::move(body.bytes));
    co_return goes_on;
}

PlatformConnection::Exchange PlatformConnection::begin(const gateway::net::RequestHeadView& view) {
    Exchange exchange;
    exchange.framing = view.framing;
    exchange.keep_alive = view.keep_alive;
    exchange.expects_continue = view.expects_continue;
    exchange.minor_version = view.minor_version;
    gateway::http::RequestHead& head = exchange.head;
    head.method = view.method;
    const auto question = view.target.find('?');
    head.path = view.target.substr(0, question);
    if (question != std::string_view::npos) head.query = view.target.substr(question + 1);
    for (const auto& field : view.fields) head.headers.add(std::string{field.name}, std::string{field.value});
    head.request_id = newRid();
    head.peer_address = peer_address_;
    head.tls = stream_.isTls();

    const std::string token = CallGate::tokenOf(head);
    exchange.call.time = services_.clock.now();
    exchange.call.path = head.path;
    exchange.call.rid = head.request_id;
    exchange.call.token_fingerprint = fingerprint(token);
    const auto owner = services_.store.read([&](const State& state) { return ownerOfToken(state, token); });
    if (owner) {
        exchange.call.appid = owner->speaksFor();
        exchange.component_appid = owner->component_appid;
    }
    exchange.fault = services_.faults.takeEarlyReset(head.path, exchange.call.appid);
    return exchange;
}

tenants::Task<bool> PlatformConnection::answer(Exchange& exchange, gateway::http::BodyBytes body) {
    exchange.call.body_bytes = body.size();
    exchange.call.authorizer_appid = authorizerIn(exchange.head.path, body);
    exchange.fault = services_.faults.take(exchange.head.path, exchange.call.appid, exchange.call.authorizer_appid);
    const std::int64_t number = services_.calls.arrived(exchange.call);
    const tenants::SteadyTime begin = services_.clock.steady();
    std::string recorded_body{body.view().substr(0, kRecordedBodyBytes)};
    PlatformAnswer produced = co_await produce(exchange, std::move(body), number);
    services_.api.finish(produced, exchange.head.request_id);
    note(number, exchange, produced);
    recordRid(exchange, std::move(recorded_body), produced, services_.clock.steady() - begin);
    if (exchange.fault && exchange.fault->delay.count() > 0) {
        const bool connected = co_await waitWhileConnected(exchange.fault->delay);
        if (!connected) co_return false;
    }
    const std::string head = renderHead(exchange, produced);
    if (exchange.fault && faultDoesTheWork(exchange.fault->mode) && exchange.fault->mode != FaultMode::kDelay) {
        const bool goes_on = co_await misbehave(exchange, head, std::move(produced.body));
        co_return goes_on;
    }
    const bool sent = co_await send(head, produced.body);
    co_return sent&& exchange.keep_alive;
}

tenants::Task<PlatformAnswer> PlatformConnection::produce(const Exchange& exchange, gateway::http::BodyBytes body,
                                                          std::int64_t number) {
    PlatformAnswer produced;
    if (exchange.fault && !faultDoesTheWork(exchange.fault->mode)) {
        switch (exchange.fault->mode) {
            case FaultMode::kHttp500: produced = htmlAnswer(500); break;
            case FaultMode::kNotJson: produced = htmlAnswer(200); break;
            default: produced = refusalAnswer({static_cast<int>(exchange.fault->errcode), "scripted error"});
        }
        produced.scripted = true;
        co_return produced;
    }
    const bool answer_wanted =
        !exchange.fault || (exchange.fault->mode != FaultMode::kSilent && exchange.fault->mode != FaultMode::kReset);
    gateway::http::Request request{.head = exchange.head, .body = std::move(body)};
    const CallContext context{.number = number, .answer_wanted = answer_wanted};
    try {
        produced = co_await services_.api.handle(std::move(request), context);
    } catch (const std::exception& failure) {
        services_.log.error("call_failed",
                            {{"path", exchange.head.path}, {"call", number}, {"reason", std::string{failure.what()}}});
        produced = refusalAnswer(refusals::systemBusy());
    }
    co_return produced;
}

void PlatformConnection::note(std::int64_t number, const Exchange& exchange, const PlatformAnswer& produced) {
    const bool by_mode = exchange.fault && notedByMode(exchange.fault->mode);
    CallAnswer noted = by_mode ? CallAnswer{std::string{faultModeName(exchange.fault->mode)}} : produced.noted;
    const bool scripted = produced.scripted || by_mode;
    std::visit(
        [&](const auto& answered) {
            services_.log.info("call", {{"call", number},
                                        {"path", exchange.head.path},
                                        {"appid", exchange.call.appid},
                                        {"answer", answered},
                                        {"scripted", scripted}});
        },
        noted);
    services_.calls.answered(number, std::move(noted), scripted);
}

void PlatformConnection::recordRid(const Exchange& exchange, std::string body, const PlatformAnswer& produced,
                                   std::chrono::steady_clock::duration took) {
    const gateway::http::RequestHead& head = exchange.head;
    services_.rids.add({.rid = head.request_id,
                        .component_appid = exchange.component_appid,
                        .invoked_at = exchange.call.time,
                        .cost_ms = std::chrono::duration_cast<milliseconds>(took).count(),
                        .url = head.path + (head.query.empty() ? "" : "?" + head.query),
                        .request_body = std::move(body),
                        .answer_body = produced.body,
                        .peer_address = peer_address_});
}

tenants::Task<bool> PlatformConnection::misbehave(const Exchange& exchange, std::string head, std::string body) {
    switch (exchange.fault->mode) {
        case FaultMode::kCut: co_await send(head, std::string_view{body}.substr(0, body.size() / 2)); break;
        case FaultMode::kReset: co_return reset();
        case FaultMode::kSilent: co_await staySilent(); break;
        case FaultMode::kDrip: co_await drip(head + body); break;
        default: break;
    }
    co_return false;
}

tenants::Task<bool> PlatformConnection::send(std::string_view head, std::string_view body) {
    const std::array<std::string_view, 2> parts{head, body};
    const std::size_t count = body.empty() ? 1 : 2;
    const IoResult written =
        co_await stream_.write(std::span{parts}.first(count), services_.clock.steady() + limits_.send_deadline);
    co_return written.status == IoStatus::kOk;
}

tenants::Task<void> PlatformConnection::drip(std::string bytes) {
    for (const char& byte : bytes) {
        const bool sent = co_await send(std::string_view{&byte, 1}, {});
        if (!sent) co_return;
        const bool connected = co_await waitWhileConnected(kDripPause);
        if (!connected) co_return;
    }
}

tenants::Task<void> PlatformConnection::staySilent() {
    const auto until = services_.clock.steady() + kSilenceMax;
    std::array<char, 512> ignored{};
    while (true) {
        const IoResult heard = co_await stream_.read(ignored, until);
        if (heard.status != IoStatus::kOk) co_return;
    }
}

/// False as soon as the client is gone. A client that sends its next request before this one's answer counts as gone too:
/// nothing that calls WeChat does so.
tenants::Task<bool> PlatformConnection::waitWhileConnected(milliseconds delay) {
    const IoResult heard = co_await stream_.readable(services_.clock.steady() + delay);
    co_return heard.status == IoStatus::kTimeout;
}

/// An answer without a body; the connection is over after it.
tenants::Task<bool> PlatformConnection::sendBare(int status) {
    Exchange exchange;
    exchange.head.request_id = newRid();
    exchange.keep_alive = false;
    PlatformAnswer bare;
    bare.status = status;
    bare.content_type = "text/plain";
    const std::string head = renderHead(exchange, bare);
    const bool sent = co_await send(head, {});
    if (!sent) co_return false;
    // What the client still sends is read for a moment: a close with unread bytes would reset the connection and take
    // the answer with it.
    stream_.shutdownWrite();
    std::array<char, 4096> ignored{};
    const auto until = services_.clock.steady() + milliseconds{2000};
    std::size_t drained = 0;
    while (drained <= kBodyBytesMax) {
        const IoResult heard = co_await stream_.read(ignored, until);
        if (heard.status != IoStatus::kOk) break;
        drained += heard.bytes;
    }
    co_return false;
}

std::string PlatformConnection::renderHead(const Exchange& exchange, PlatformAnswer& produced) {
    gateway::http::Response response;
    response.status = produced.status;
    response.headers.set("Content-Type", produced.content_type);
    if (!produced.location.empty()) response.headers.set("Location", produced.location);
    response.body = std::move(produced.body);
    const gateway::http::ResponseFraming framing{.date = date_.at(services_.clock.now()),
                                                 .request_id = exchange.head.request_id,
                                                 .keep_alive = exchange.keep_alive,
                                                 .minor_version = exchange.minor_version};
    std::string head = gateway::http::renderResponseHead(response, framing);
    produced.body = std::move(response.body);
    return head;
}

/// The socket is closed by the stream's end, and then sends a reset instead of a goodbye.
bool PlatformConnection::reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    if (::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0) stream_.abort();
    return false;
}

}  // namespace sandbox
