#include "gateway/wechat/answer_reader.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "gateway/net/event_loop.h"
#include "gateway/net/http1_body.h"
#include "gateway/net/http1_head.h"
#include "gateway/net/http1_text.h"

namespace gateway::wechat {

namespace {

constexpr std::size_t kStepBytes = 16 * 1024;

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
        const bool reusable = head_.keep_alive && received_.empty();
        co_return ReadAnswer{{head_.status, std::move(head_.content_type), std::move(body_)}, reusable};
    }

private:
    using Fault = std::optional<AnswerFault>;

    /// The final head; interim ones are read and dropped.
    tenants::Task<Fault> readHead() {
        const net::HeadLimits limits{.head_bytes_max = limits_.head_bytes_max};
        for (std::size_t interim = 0; interim <= limits_.interim_answers_max; ++interim) {
            net::AnswerHeadParser parser{limits};
            net::HeadProgress progress = parser.advance(received_);
            while (progress == net::HeadProgress::kNeedMore) {
                Fault fault = co_await receive(kStepBytes);
                if (fault) co_return fault;
                progress = parser.advance(received_);
            }
            if (progress == net::HeadProgress::kRefused) {
                co_return AnswerFault{false, "answer: " + std::string{parser.refusal().reason}};
            }
            const bool last = !parser.head().interim();
            if (last) head_ = keep(parser.head());
            received_.erase(0, parser.length());
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
        while (received_.size() < wanted) {
            Fault fault = co_await receive(wanted - received_.size());
            if (fault) co_return fault;
        }
        body_ = received_.substr(0, wanted);
        received_.erase(0, wanted);
        co_return std::nullopt;
    }

    tenants::Task<Fault> readChunks() {
        net::ChunkedDecoder decoder{limits_.body_bytes_max};
        while (true) {
            const auto step = decoder.decode(std::span{received_});
            body_.append(received_, 0, step.produced);
            received_.erase(0, step.consumed);
            switch (step.progress) {
                case net::ChunkProgress::kComplete: co_return std::nullopt;
                case net::ChunkProgress::kTooLarge: co_return AnswerFault{false, "answer: body too large"};
                case net::ChunkProgress::kMalformed:
                    co_return AnswerFault{false, "answer: " + std::string{decoder.reason()}};
                case net::ChunkProgress::kNeedMore: break;
            }
            Fault fault = co_await receive(kStepBytes);
            if (fault) co_return fault;
        }
    }

    /// Appends what is there, at most `bytes_max`.
    tenants::Task<Fault> receive(std::size_t bytes_max) {
        if (net::EventLoop::now() >= deadline_) co_return faultOf(net::IoStatus::kTimeout);
        const std::size_t before = received_.size();
        received_.resize(before + bytes_max);
        const net::IoResult got = co_await stream_.read(std::span{received_}.subspan(before), deadline_);
        received_.resize(before + got.bytes);
        if (got.status != net::IoStatus::kOk) co_return faultOf(got.status);
        co_return std::nullopt;
    }

    net::Stream& stream_;
    AnswerLimits limits_;
    tenants::SteadyTime deadline_;
    std::string received_;  // not yet taken apart
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
