#include "gateway/net/http1_body.h"

#include <algorithm>
#include <cstring>

#include "gateway/net/http1_text.h"

namespace gateway::net {

namespace {
constexpr int kSizeDigitsMax = 8;
}  // namespace

ChunkedDecoder::Step ChunkedDecoder::decode(std::span<char> raw) {
    Step step;
    while (ended_ == ChunkProgress::kNeedMore && step.consumed < raw.size()) {
        if (state_ == State::kPayload) {
            const auto here =
                static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, raw.size() - step.consumed));
            if (step.produced != step.consumed)
                std::memmove(raw.data() + step.produced, raw.data() + step.consumed, here);
            step.produced += here;
            step.consumed += here;
            chunk_left_ -= here;
            if (chunk_left_ == 0) state_ = State::kPayloadReturn;
        } else {
            ended_ = takeFramingByte(raw[step.consumed]);
            ++step.consumed;
        }
    }
    step.progress = ended_;
    return step;
}

ChunkProgress ChunkedDecoder::takeFramingByte(char byte) {
    switch (state_) {
        case State::kSize: return takeSizeByte(byte);
        case State::kSizeLineFeed:
            size_digits_ = 0;
            return expect(byte, '\n', chunk_left_ == 0 ? State::kEndReturn : State::kPayload);
        case State::kPayloadReturn: return expect(byte, '\r', State::kPayloadLineFeed);
        case State::kPayloadLineFeed: return expect(byte, '\n', State::kSize);
        case State::kEndReturn:
            if (byte != '\r' && byte != '\n') return malformed("trailer_not_allowed");
            return expect(byte, '\r', State::kEndLineFeed);
        case State::kEndLineFeed: {
            const ChunkProgress progress = expect(byte, '\n', State::kDone);
            return progress == ChunkProgress::kNeedMore ? ChunkProgress::kComplete : progress;
        }
        case State::kPayload:
        case State::kDone: break;
    }
    return malformed("byte_after_end");
}

ChunkProgress ChunkedDecoder::takeSizeByte(char byte) {
    if (const int digit = hexValue(byte); digit >= 0) {
        if (++size_digits_ > kSizeDigitsMax) return malformed("chunk_size_too_long");
        chunk_left_ = chunk_left_ * 16 + static_cast<std::uint64_t>(digit);
        return ChunkProgress::kNeedMore;
    }
    if (size_digits_ == 0) return malformed("chunk_size_missing");
    if (byte == ';' || byte == ' ' || byte == '\t') return malformed("chunk_extension_not_allowed");
    if (byte != '\r') return malformed("chunk_size_invalid");
    if (chunk_left_ > payload_bytes_max_ - payload_bytes_) return ChunkProgress::kTooLarge;
    payload_bytes_ += chunk_left_;
    state_ = State::kSizeLineFeed;
    return ChunkProgress::kNeedMore;
}

ChunkProgress ChunkedDecoder::expect(char byte, char wanted, State next) {
    if (byte != wanted) return malformed("chunk_line_end_invalid");
    state_ = next;
    return ChunkProgress::kNeedMore;
}

ChunkProgress ChunkedDecoder::malformed(std::string_view reason) {
    reason_ = reason;
    return ChunkProgress::kMalformed;
}

}  // namespace gateway::net
