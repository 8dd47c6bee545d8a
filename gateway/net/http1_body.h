#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gateway::net {

enum class ChunkProgress {
    kNeedMore,
    kComplete,   // the last chunk and the empty line behind it were seen
    kMalformed,  // not the exact grammar: close the connection
    kTooLarge,   // the payload passes the limit; known from the chunk's size, before its bytes
};

/// Decodes a chunked body, in place and in pieces of any size. Exact grammar only: 1–8 hexadecimal digits, CRLF, that many
/// bytes, CRLF; the last chunk of size 0 is followed by an empty line. Extensions and trailers are refused: nobody here
/// reads them, and other readers of the same bytes may. One object per body; one thread. Source: RFC 9112 §7.1.
class ChunkedDecoder {
public:
    /// `payload_bytes_max`: what all chunks together may hold.
    explicit ChunkedDecoder(std::uint64_t payload_bytes_max) : payload_bytes_max_(payload_bytes_max) {}

    struct Step {
        ChunkProgress progress = ChunkProgress::kNeedMore;
        std::size_t consumed = 0;  // bytes of `raw` that belong to the body; what follows belongs to the next message
        std::size_t produced = 0;  // payload, now at the front of `raw`
    };
    /// Takes the next bytes from the wire and moves the payload among them to the front of `raw`.
    /// kNeedMore: all of `raw` was consumed.
    Step decode(std::span<char> raw);

    std::uint64_t payloadBytes() const { return payload_bytes_; }
    std::string_view reason() const { return reason_; }  // after kMalformed: stable, lower-case snake case

private:
    enum class State {
        kSize,
        kSizeLineFeed,
        kPayload,
        kPayloadReturn,
        kPayloadLineFeed,
        kEndReturn,
        kEndLineFeed,
        kDone
    };

    ChunkProgress takeFramingByte(char byte);
    ChunkProgress takeSizeByte(char byte);
    ChunkProgress expect(char byte, char wanted, State next);
    ChunkProgress malformed(std::string_view reason);

    std::uint64_t payload_bytes_max_;
    std::uint64_t payload_bytes_ = 0;  // announced so far
    std::uint64_t chunk_left_ = 0;
    int size_digits_ = 0;
    State state_ = State::kSize;
    ChunkProgress ended_ = ChunkProgress::kNeedMore;
    std::string_view reason_;
};

}  // namespace gateway::net
