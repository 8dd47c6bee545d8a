// Chunked bodies: pieces of any size give the same payload and end at the same byte. The first byte chooses the size.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzz_require.h"
#include "gateway/net/http1_body.h"

using gateway::net::ChunkedDecoder;
using gateway::net::ChunkProgress;

namespace {

constexpr std::uint64_t kPayloadMax = 256;

struct Decoded {
    ChunkProgress progress = ChunkProgress::kNeedMore;
    std::string payload;
    std::size_t consumed = 0;
};

Decoded decode(const std::string& wire, std::size_t piece_bytes) {
    ChunkedDecoder decoder{kPayloadMax};
    Decoded decoded;
    while (decoded.progress == ChunkProgress::kNeedMore && decoded.consumed < wire.size()) {
        std::string piece = wire.substr(decoded.consumed, piece_bytes);
        const ChunkedDecoder::Step step = decoder.decode(piece);
        fuzz::require(step.produced <= step.consumed && step.consumed <= piece.size());
        fuzz::require(step.progress != ChunkProgress::kNeedMore || step.consumed == piece.size());
        decoded.payload.append(piece, 0, step.produced);
        decoded.consumed += step.consumed;
        decoded.progress = step.progress;
    }
    fuzz::require(decoded.payload.size() <= decoder.payloadBytes() && decoder.payloadBytes() <= kPayloadMax);
    return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string wire(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Decoded whole = decode(wire, std::max<std::size_t>(wire.size(), 1));
    const Decoded pieces = decode(wire, data[0] % 16U + 1U);

    fuzz::require(whole.progress == pieces.progress && whole.consumed == pieces.consumed &&
                  whole.payload == pieces.payload);
    return 0;
}
