#include "gateway/http/request_reader.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <span>
#include <utility>

#include "gateway/net/http1_body.h"

namespace gateway::http {
namespace {

using net::HeadProgress;
using net::IoResult;
using net::IoStatus;

constexpr std::size_t kChunkStepBytes = 16 * 1024;  // also what may have to be put back: the next request's first bytes

RequestReader::BodyEnd bodyEndOf(IoStatus status) {
    switch (status) {
        case IoStatus::kTimeout: return RequestReader::BodyEnd::kLate;
        case IoStatus::kEnd: return RequestReader::BodyEnd::kMalformed;  // cut short; perhaps still listening
        default: return RequestReader::BodyEnd::kGone;
    }
}

}  // namespace

net::HeadLimits headLimits(const Limits& limits) {
    net::HeadLimits head_limits;
    head_limits.target_bytes_max = limits.uri_bytes_max;
    head_limits.head_bytes_max = limits.head_bytes_max;
    head_limits.fields_max = limits.head_fields_max;
    head_limits.field_value_bytes_max = limits.field_value_bytes_max;
    return head_limits;
}

tenants::Task<RequestReader::HeadEnd> RequestReader::readHead(net::RequestHeadParser& parser,
                                                              tenants::SteadyTime began) {
    const tenants::SteadyTime deadline = began + limits_.head_deadline;
    head_bytes_ = 0;
    body_bytes_in_input_ = 0;
    while (true) {
        const HeadProgress progress = parser.advance(input_.bytes());
        if (progress == HeadProgress::kRefused) co_return HeadEnd::kRefused;
        if (progress == HeadProgress::kComplete) {
            head_bytes_ = parser.length();
            co_return HeadEnd::kWhole;
        }
        // There is room: the parser refuses a head that fills the limit without its end.
        const std::span<char> room = input_.room(limits_.head_bytes_max);
        const IoResult got = co_await stream_.read(room, deadline);
        if (got.status == IoStatus::kTimeout && hasBytes()) co_return HeadEnd::kLate;
        if (got.status != IoStatus::kOk) co_return HeadEnd::kGone;
        input_.added(got.bytes);
    }
}

net::RequestHeadView RequestReader::readHeadAgain() const {
    net::RequestHeadParser parser{headLimits(limits_)};
    if (parser.advance(input_.bytes().substr(0, head_bytes_)) != HeadProgress::kComplete)
        std::abort();  // it was whole before
    return parser.head();
}

bool RequestReader::skipBody(net::BodyFraming framing) {
    if (framing.kind != net::BodyKind::kLength || framing.length > behindHead().size()) return false;
    body_bytes_in_input_ = static_cast<std::size_t>(framing.length);
    return true;
}

tenants::Task<RequestReader::Body> RequestReader::readBody(net::BodyFraming framing, std::size_t bytes_max) {
    switch (framing.kind) {
        case net::BodyKind::kLength:
            if (framing.length > bytes_max) co_return Body{BodyEnd::kTooLarge, {}};
            co_return co_await readExactly(static_cast<std::size_t>(framing.length));
        case net::BodyKind::kChunked: co_return co_await readChunks(bytes_max);
        case net::BodyKind::kNone:
        case net::BodyKind::kUntilClose: break;
    }
    co_return Body{};
}

tenants::Task<RequestReader::Body> RequestReader::readExactly(std::size_t length) {
    const tenants::SteadyTime began = clock_.steady();
    body_bytes_in_input_ = std::min(length, behindHead().size());
    Body body;
    body.bytes.reserve(length);
    body.bytes.append(behindHead().substr(0, body_bytes_in_input_));
    while (body.bytes.size() < length) {
        const std::span<char> into = body.bytes.room(length - body.bytes.size());
        const IoResult got = co_await stream_.read(into, bodyDeadline(began, body.bytes.size()));
        if (got.status != IoStatus::kOk) co_return Body{bodyEndOf(got.status), {}};
        body.bytes.added(got.bytes);
    }
    co_return body;
}

tenants::Task<RequestReader::Body> RequestReader::readChunks(std::size_t bytes_max) {
    const tenants::SteadyTime began = clock_.steady();
    net::ChunkedDecoder decoder{bytes_max};
    const std::string_view behind_head = behindHead();
    std::size_t received = behind_head.size();
    Body body;
    std::span<char> raw = body.bytes.room(received);
    behind_head.copy(raw.data(), received);
    net::ChunkedDecoder::Step step = decoder.decode(raw);
    body_bytes_in_input_ = step.consumed;
    bool raw_is_in_input = true;
    while (step.progress == net::ChunkProgress::kNeedMore) {
        body.bytes.added(step.produced);
        const std::span<char> into = body.bytes.room(kChunkStepBytes);
        const IoResult got = co_await stream_.read(into, bodyDeadline(began, received));
        if (got.status != IoStatus::kOk) co_return Body{bodyEndOf(got.status), {}};
        raw = into.first(got.bytes);
        received += raw.size();
        raw_is_in_input = false;
        step = decoder.decode(raw);
    }
    if (step.progress == net::ChunkProgress::kTooLarge) co_return Body{BodyEnd::kTooLarge, {}};
    if (step.progress == net::ChunkProgress::kMalformed) co_return Body{BodyEnd::kMalformed, {}};
    if (!raw_is_in_input) input_.append({raw.data() + step.consumed, raw.size() - step.consumed});
    body.bytes.added(step.produced);
    co_return body;
}

void RequestReader::finish() {
    input_.consume(head_bytes_ + body_bytes_in_input_);
    head_bytes_ = 0;
    body_bytes_in_input_ = 0;
}

void RequestReader::discard() {
    finish();
    input_.consume(input_.bytes().size());
    input_.release();
}

tenants::SteadyTime RequestReader::bodyDeadline(tenants::SteadyTime began, std::size_t received) const {
    const tenants::SteadyTime last = began + limits_.body_deadline;
    if (limits_.body_bytes_per_second_min == 0) return last;
    const std::chrono::milliseconds earned{received * 1000 / limits_.body_bytes_per_second_min};
    return std::min(last, began + limits_.body_grace + earned);
}

}  // namespace gateway::http
