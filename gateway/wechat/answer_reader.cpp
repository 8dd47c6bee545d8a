#include "gateway/wechat/answer_reader.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "gateway/net/event_loop.h"
#include "gateway/net/http1_body.h"
#include "gateway/net/http1_head.h"
#include "gateway/net/http1_text.h"
#include "gateway/net/input_buffer.h"

namespace gateway::wechat {

namespace {

constexpr std::size_t kChunkStepBytes = 16 * 1024;

AnswerFault faultOf(net::IoStatus status) {
    switch (status) {
        case net::IoStatus::kTimeout: return {true, "answer: not whole in time"};
        case net::IoStatus::kEnd: return {false, "answer: cut"};
        default: return {false, "answer: connection broken"};
    }
}

/// The head that decides how the rest is read.
struct Head {
    int status = 0;
    std::string content_type;
    net::BodyFraming framing;
    bool keep_alive = false;
};

Head keep(const net::AnswerHeadView& view) {
    Head head{view.status, {}, view.framing, view.keep_alive};
    for (const net::HeadField& field : view.fields) {
        if (!net::equalsIgnoringCase(field.name, "Content-Type")) continue;
        head.content_type = field.value;
        break;
    }
    return head;
}

class Reader {
public:
    Reader(net::Stream& stream, AnswerLimits limits, tenants::SteadyTime deadline)
        : stream_(stream), limits_(limits), deadline_(deadline) {}

    tenants::Task<std::variant<ReadAnswer, AnswerFault>> run() {
        std::optional<AnswerFault> fault = co_await readHead();
        if (!fault) fault = co_await readBody();
        if (fault) co_return *std::move(fault);
        // Bytes behind the answer were not asked for: the answer stands, but nothing more is believed of this peer.
        const bool reusable = head_.keep_alive && input_.empty();
        co_return ReadAnswer{{head_.status, std::move(head_.content_type), std::move(body_)}, reusable};
    }

private:
    using Fault = std::optional<AnswerFault>;

    /// The final head; interim ones are read and dropped.
    tenants::Task<Fault> readHead() {
        const net::HeadLimits limits{.head_bytes_max = limits_.head_bytes_max};
        for (std::size_t interim = 0; interim <= limits_.interim_answers_max; ++interim) {
            net::AnswerHeadParser parser{limits};
            net::HeadProgress progress = parser.advance(input_.bytes());
            while (progress == net::HeadProgress::kNeedMore) {
                if (late()) co_return faultOf(net::IoStatus::kTimeout);
                // There is room: the parser refuses a head that fills the limit without its end.
                const net::IoResult got = co_await stream_.read(input_.room(limits_.head_bytes_max), deadline_);
                if (got.status != net::IoStatus::kOk) co_return faultOf(got.status);
                input_.added(got.bytes);
                progress = parser.advance(input_.bytes());
            }
            if (progress == net::HeadProgress::kRefused) {
                co_return AnswerFault{false, "answer: " + std::string{parser.refusal().reason}};
            }
            const bool last = !parser.head().interim();
            if (last) head_ = keep(parser.head());
            input_.consume(parser.length());
            if (last) co_return std::nullopt;
        }
        co_return AnswerFault{false, "answer: too many interim answers"};
    }

    tenants::Task<Fault> readBody() {
        switch (head_.framing.kind) {
            case net::BodyKind::kNone: co_return std::nullopt;
            case net::BodyKind::kLength: co_return co_await readExactly(head_.framing.length);
            case net::BodyKind::kChunked: co_return co_await readChunks();
            case net::BodyKind::kUntilClose: break;
        }
        co_return AnswerFault{false, "answer: without a length"};
    }

    tenants::Task<Fault> readExactly(std::uint64_t length) {
        if (length > limits_.body_bytes_max) co_return AnswerFault{false, "answer: body too large"};
        const auto wanted = static_cast<std::size_t>(length);
        body_.reserve(wanted);
        body_ = input_.bytes().substr(0, wanted);
        input_.consume(body_.size());
        std::size_t filled = body_.size();
        body_.resize(wanted);
        while (filled < wanted) {
            if (late()) co_return faultOf(net::IoStatus::kTimeout);
            const net::IoResult got = co_await stream_.read(std::span{body_}.subspan(filled), deadline_);
            if (got.status != net::IoStatus::kOk) co_return faultOf(got.status);
            filled += got.bytes;
        }
        co_return std::nullopt;
    }

    tenants::Task<Fault> readChunks() {
        net::ChunkedDecoder decoder{limits_.body_bytes_max};
        body_ = input_.bytes();
        input_.consume(body_.size());
        std::size_t filled = 0;  // payload; what is behind it is as it came
        std::size_t raw_bytes = body_.size();
        while (true) {
            const auto step = decoder.decode(std::span{body_}.subspan(filled, raw_bytes));
            const std::size_t raw_end = filled + raw_bytes;
            const std::size_t consumed_end = filled + step.consumed;
            filled += step.produced;
            switch (step.progress) {
                case net::ChunkProgress::kComplete:
                    input_.append(std::string_view{body_}.substr(consumed_end, raw_end - consumed_end));
                    body_.resize(filled);
                    co_return std::nullopt;
                case net::ChunkProgress::kTooLarge: co_return AnswerFault{false, "answer: body too large"};
                case net::ChunkProgress::kMalformed:
                    co_return AnswerFault{false, "answer: " + std::string{decoder.reason()}};
                case net::ChunkProgress::kNeedMore: break;
            }
            if (late()) co_return faultOf(net::IoStatus::kTimeout);
            body_.resize(filled + kChunkStepBytes);
            const net::IoResult got = co_await stream_.read(std::span{body_}.subspan(filled), deadline_);
            if (got.status != net::IoStatus::kOk) co_return faultOf(got.status);
            raw_bytes = got.bytes;
        }
    }

    /// Asked before each read, since a read takes what is there whatever the time: a peer that drips would go on for ever.
    bool late() const { return net::EventLoop::now() >= deadline_; }

    net::Stream& stream_;
    AnswerLimits limits_;
    tenants::SteadyTime deadline_;
    net::InputBuffer input_;  // not yet taken apart
    Head head_;
    std::string body_;
};

}  // namespace

tenants::Task<std::variant<ReadAnswer, AnswerFault>> readAnswer(net::Stream& stream, AnswerLimits limits,
                                                                tenants::SteadyTime deadline) {
    Reader reader{stream, limits, deadline};
    co_return co_await reader.run();
}

}  // namespace gateway::wechat
