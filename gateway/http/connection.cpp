#include "gateway/http/connection.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <utility>
#include <vector>

#include "gateway/net/http1_text.h"
#include "gateway/net/worker_pool.h"
#include "tenants/base/ids.h"

namespace gateway::http {
namespace {

using net::IoResult;
using net::IoStatus;

constexpr std::size_t kRequestsInTurnMax = 32;
constexpr std::chrono::seconds kTurnTimeMax{1};
constexpr std::chrono::milliseconds kTurnStep{5};
constexpr std::chrono::seconds kDrainTime{2};
constexpr std::size_t kDrainBytesMax = 4 * 1024 * 1024;
constexpr std::size_t kDrainStepBytes = 16 * 1024;
constexpr std::size_t kRequestIdBytesMax = 64;

bool isRequestId(std::string_view text) {
    const auto fits = [](char c) { return net::isLetter(c) || net::isDigit(c) || c == '.' || c == '_' || c == '-'; };
    return !text.empty() && text.size() <= kRequestIdBytesMax && std::all_of(text.begin(), text.end(), fits);
}

/// The caller's own id if it sent exactly one that is well-formed, else a new one.
std::string requestIdOf(const std::vector<net::HeadField>& fields, tenants::UtcTime now) {
    std::optional<std::string_view> found;
    for (const net::HeadField& field : fields) {
        if (!net::equalsIgnoringCase(field.name, "X-Request-Id")) continue;
        if (found) return tenants::timedIdText("req_", now);
        found = field.value;
    }
    return found && isRequestId(*found) ? std::string{*found} : tenants::timedIdText("req_", now);
}

bool hasBody(const net::BodyFraming& framing) {
    return framing.kind == net::BodyKind::kChunked || (framing.kind == net::BodyKind::kLength && framing.length > 0);
}

Refusal refusalOf(RequestReader::BodyEnd end) {
    switch (end) {
        case RequestReader::BodyEnd::kTooLarge: return Refusal::kBodyTooLarge;
        case RequestReader::BodyEnd::kLate: return Refusal::kBodyTimeout;
        default: return Refusal::kBodyMalformed;
    }
}

/// What a parser's reason says, in words.
std::string unreadable(std::string_view reason) {
    std::string words{reason};
    std::replace(words.begin(), words.end(), '_', ' ');
    return "The request's head could not be read: " + words + ".";
}

Response noRoute(const Router::Match& match, const RequestHead& head) {
    if (match.allowed_methods.empty()) {
        return problemResponse(404, "not_found", head.request_id, "There is nothing at this path.");
    }
    std::string allow;
    for (const std::string& method : match.allowed_methods) allow.append(allow.empty() ? "" : ", ").append(method);
    Response response =
        problemResponse(405, "method_not_allowed", head.request_id, "This path takes " + allow + " only.");
    response.headers.add("Allow", std::move(allow));
    return response;
}

}  // namespace

Connection::Connection(const ServingContext& context, net::EventLoop& loop, HttpDate& date, net::Stream stream)
    : context_(context),
      loop_(loop),
      date_(date),
      stream_(std::move(stream)),
      reader_(stream_, context.limits, context.clock),
      peer_address_(stream_.peerAddress()) {}

void Connection::abortIfIdle() {
    if (idle_) stream_.abort();
}

tenants::Task<void> Connection::serve() {
    Next next = Next::kRequest;
    while (next == Next::kRequest) {
        next = co_await waitForRequest();
        if (next != Next::kRequest) break;
        next = co_await exchangeOne();
        working_ = false;
    }
    if (next == Next::kDrain) co_await drain();
}

/// Holds no buffer while it waits.
tenants::Task<Connection::Next> Connection::waitForRequest() {
    if (++requests_in_turn_ >= kRequestsInTurnMax) co_await letOthersRun();
    if (context_.stopping) co_return Next::kDrain;
    if (reader_.hasBytes()) co_return Next::kRequest;
    reader_.release();
    idle_ = true;
    const IoResult ready = co_await stream_.readable(context_.clock.steady() + context_.limits.idle_deadline);
    idle_ = false;
    if (ready.status == IoStatus::kOk) co_return Next::kRequest;
    stream_.shutdownWrite();
    co_return Next::kDrop;
}

/// A client that sends requests as fast as they are answered would never let the loop's others have a turn.
tenants::Task<void> Connection::letOthersRun() {
    requests_in_turn_ = 0;
    co_await loop_.sleepUntil(context_.clock.steady());
}

/// Reads one request and answers it.
tenants::Task<Connection::Next> Connection::exchangeOne() {
    Exchange exchange;
    exchange.began = context_.clock.steady();
    net::RequestHeadParser parser{headLimits(context_.limits)};
    const RequestReader::HeadEnd end = co_await reader_.readHead(parser, exchange.began);
    if (end == RequestReader::HeadEnd::kGone) co_return Next::kDrop;
    if (end == RequestReader::HeadEnd::kWhole) {
        const net::RequestHeadView& view = parser.head();
        exchange.head = makeHead(view, requestIdOf(view.fields, context_.clock.now()));
        exchange.framing = view.framing;
        exchange.keep_alive = view.keep_alive;
        exchange.head_only = view.method == "HEAD";
        exchange.minor_version = view.minor_version;
        exchange.record.method = exchange.head.method;
        exchange.record.request_id = exchange.head.request_id;
        const Next next = co_await serveRequest(exchange, view.expects_continue);
        co_return next;
    }
    exchange.record.request_id = tenants::timedIdText("req_", context_.clock.now());
    const bool late = end == RequestReader::HeadEnd::kLate;
    const int status = late ? 408 : parser.refusal().status;
    const std::string_view code = late ? "head_timeout" : parser.refusal().reason;
    Response refused = problemResponse(status, code, exchange.record.request_id,
                                       late ? "The request's head did not arrive in time." : unreadable(code));
    const Next next = co_await answer(exchange, std::move(refused));
    co_return next;
}

tenants::Task<Connection::Next> Connection::serveRequest(Exchange& exchange, bool expects_continue) {
    const Router::Match match = context_.router.match(exchange.head);
    std::optional<Response> refused;
    if (match.route == nullptr) {
        refused = noRoute(match, exchange.head);
    } else {
        exchange.record.route_pattern = match.route->pattern;
        refused = refuseByHead(*match.route, exchange);
        if (!refused && exchange.head.ticket && exchange.head.ticket->isUndecided()) {
            refused = co_await decide(exchange, *match.route);
        }
    }
    if (refused) {
        // Making a refused client connect again costs both sides more than the refusal.
        if (reader_.skipBody(exchange.framing)) exchange.framing = {};
        const Next next = co_await refuseEarly(exchange, *std::move(refused));
        co_return next;
    }
    const Route& route = *match.route;
    if (exchange.head.ticket && !exchange.head.ticket->mayStart()) co_await waitForTurn(*exchange.head.ticket);
    if (expects_continue && hasBody(exchange.framing) && !reader_.bodyHasBegun()) {
        const bool sent = co_await sendContinue();
        if (!sent) co_return Next::kDrop;
    }
    RequestReader::Body body = co_await reader_.readBody(exchange.framing, bodyBytesMax(route));
    if (body.end == RequestReader::BodyEnd::kGone) co_return Next::kDrop;
    if (body.end != RequestReader::BodyEnd::kWhole) {
        Response response = renderRefusal(route, exchange.head, refusalOf(body.end));
        const Next next = co_await refuseEarly(exchange, std::move(response));
        co_return next;
    }
    exchange.record.body_bytes_in = body.bytes.size();
    working_ = true;
    Response response = co_await handle(exchange, route, std::move(body.bytes));
    const Next next = co_await answer(exchange, std::move(response));
    co_return next;
}

tenants::Task<std::optional<Response>> Connection::decide(const Exchange& exchange, const Route& route) {
    std::exception_ptr failure;
    try {
        std::optional<Response> refused = co_await exchange.head.ticket->decide();
        co_return refused;
    } catch (...) {
        failure = std::current_exception();
    }
    co_return afterFailure(exchange, route, failure);
}

tenants::Task<void> Connection::waitForTurn(RequestTicket& ticket) {
    const tenants::SteadyTime end = context_.clock.steady() + kTurnTimeMax;
    tenants::SteadyTime now = context_.clock.steady();
    do {
        co_await loop_.sleepUntil(now + kTurnStep);
        now = context_.clock.steady();
    } while (!ticket.mayStart() && now < end && !context_.stopping);
}

/// The handler's answer, or the route's words for what went wrong. Gives `exchange.head` away.
tenants::Task<Response> Connection::handle(Exchange& exchange, const Route& route, BodyBytes body) {
    std::exception_ptr failure;
    try {
        Request request{std::move(exchange.head), std::move(body)};
        Response response = co_await route.handler(std::move(request));
        co_return response;
    } catch (...) {
        failure = std::current_exception();
    }
    // The head went with the request; it still stands in the buffer.
    exchange.head = makeHead(reader_.readHeadAgain(), exchange.record.request_id);
    context_.router.match(exchange.head);
    co_return afterFailure(exchange, route, failure);
}

/// Writes the answer and tells the access log.
tenants::Task<Connection::Next> Connection::answer(Exchange& exchange, Response response) {
    const bool keep_alive = exchange.keep_alive && !response.close && !context_.stopping;
    const std::string head = renderHead(exchange, response, keep_alive);
    const bool with_body = !exchange.head_only && !isBodiless(response.status) && !response.body.empty();
    const std::array<std::string_view, 2> parts{head, response.body};
    const std::span<const std::string_view> sent_parts{parts.data(), with_body ? 2U : 1U};
    const IoResult sent = co_await stream_.write(sent_parts, context_.clock.steady() + context_.limits.send_deadline);

    AccessRecord& record = exchange.record;
    record.status = response.status;
    record.peer_address = peer_address_;
    record.body_bytes_out = sent.bytes > head.size() ? sent.bytes - head.size() : 0;
    if (const std::string* code = response.headers.find("Tollgate-Error")) record.error_code = *code;
    record.duration = std::chrono::duration_cast<std::chrono::microseconds>(context_.clock.steady() - exchange.began);
    if (context_.callbacks.on_answered) context_.callbacks.on_answered(record);
    reader_.finish();
    if (sent.status != IoStatus::kOk) co_return Next::kDrop;
    co_return keep_alive ? Next::kRequest : Next::kDrain;
}

/// Answers before the body was read. Where there is one, what follows cannot be told from it, so the connection ends.
tenants::Task<Connection::Next> Connection::refuseEarly(Exchange& exchange, Response response) {
    if (hasBody(exchange.framing)) response.close = true;
    exchange.head.ticket.reset();
    if (response.held_back.count() > 0) co_await loop_.sleepUntil(context_.clock.steady() + response.held_back);
    const Next next = co_await answer(exchange, std::move(response));
    co_return next;
}

tenants::Task<bool> Connection::sendContinue() {
    const std::array<std::string_view, 1> parts{"HTTP/1.1 100 Continue\r\n\r\n"};
    const IoResult sent = co_await stream_.write(parts, context_.clock.steady() + context_.limits.send_deadline);
    co_return sent.status == IoStatus::kOk;
}

/// Ends our side and reads what the client still sends, within bounds: closing at once would make the kernel answer that
/// with a reset, which can destroy the last answer before the client has read it.
tenants::Task<void> Connection::drain() {
    reader_.discard();
    stream_.shutdownWrite();
    const tenants::SteadyTime deadline = context_.clock.steady() + kDrainTime;
    std::vector<char> dropped;
    std::size_t dropped_bytes = 0;
    while (dropped_bytes < kDrainBytesMax) {
        const IoResult ready = co_await stream_.readable(deadline);
        if (ready.status != IoStatus::kOk) co_return;
        dropped.resize(kDrainStepBytes);
        const IoResult got = co_await stream_.read(dropped, deadline);
        if (got.status != IoStatus::kOk) co_return;
        dropped_bytes += got.bytes;
    }
}

RequestHead Connection::makeHead(const net::RequestHeadView& view, std::string request_id) const {
    RequestHead head;
    const std::size_t question_mark = view.target.find('?');
    head.method = view.method;
    head.path = view.target.substr(0, question_mark);
    if (question_mark != std::string_view::npos) head.query = view.target.substr(question_mark + 1);
    head.headers.reserve(view.fields.size());
    for (const net::HeadField& field : view.fields) head.headers.add(std::string{field.name}, std::string{field.value});
    head.request_id = std::move(request_id);
    head.peer_address = peer_address_;
    head.tls = stream_.isTls();
    return head;
}

std::size_t Connection::bodyBytesMax(const Route& route) const {
    return route.body_bytes_max.value_or(context_.limits.body_bytes_max);
}

/// What is answered instead of reading the body: first what the route has against the caller, then against the length.
std::optional<Response> Connection::refuseByHead(const Route& route, Exchange& exchange) {
    if (route.admit) {
        try {
            if (std::optional<Response> refused = route.admit(exchange.head)) return refused;
        } catch (...) {
            return afterFailure(exchange, route, std::current_exception());
        }
    }
    const bool too_large =
        exchange.framing.kind == net::BodyKind::kLength && exchange.framing.length > bodyBytesMax(route);
    if (too_large) return renderRefusal(route, exchange.head, Refusal::kBodyTooLarge);
    return std::nullopt;
}

Response Connection::renderRefusal(const Route& route, const RequestHead& head, Refusal refusal) {
    if (!route.refuse) return plainRefusal(head, refusal);
    try {
        return route.refuse(head, refusal);
    } catch (...) {
        report(head.request_id, std::current_exception());
        return plainRefusal(head, refusal);
    }
}

Response Connection::afterFailure(const Exchange& exchange, const Route& route, std::exception_ptr failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const net::QueueFull&) {  // an expected outcome under load, not a failure
        return renderRefusal(route, exchange.head, Refusal::kOverloaded);
    } catch (...) {
        report(exchange.head.request_id, failure);
        return renderRefusal(route, exchange.head, Refusal::kHandlerFailed);
    }
}

void Connection::report(const std::string& request_id, std::exception_ptr failure) const {
    if (context_.callbacks.on_failure) context_.callbacks.on_failure(request_id, std::move(failure));
}

/// The answer's head. An answer that cannot be rendered becomes a plain 500 in its place.
std::string Connection::renderHead(const Exchange& exchange, Response& response, bool keep_alive) {
    const ResponseFraming framing{date_.at(context_.clock.now()), exchange.record.request_id, keep_alive,
                                  exchange.minor_version};
    try {
        return renderResponseHead(response, framing);
    } catch (const std::logic_error&) {
        report(exchange.record.request_id, std::current_exception());
        response = problemResponse(500, "internal_error", exchange.record.request_id, "Internal error.");
        return renderResponseHead(response, framing);
    }
}

}  // namespace gateway::http
