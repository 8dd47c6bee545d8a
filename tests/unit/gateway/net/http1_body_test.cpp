#include "gateway/net/http1_body.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace gateway::net {
namespace {

struct Decoded {
    ChunkProgress progress = ChunkProgress::kNeedMore;
    std::string payload;
    std::string left_over;
    std::string reason;
};

/// Feeds `wire` in pieces of `step` bytes, as they would come from a socket.
Decoded decode(const std::string& wire, std::size_t step, std::uint64_t bytes_max = 1000) {
    ChunkedDecoder decoder{bytes_max};
    Decoded decoded;
    for (std::size_t at = 0; at < wire.size(); at += step) {
        std::string piece = wire.substr(at, step);
        const ChunkedDecoder::Step result = decoder.decode(piece);
        decoded.payload += piece.substr(0, result.produced);
        decoded.progress = result.progress;
        if (result.progress != ChunkProgress::kNeedMore) {
            decoded.left_over = piece.substr(result.consumed) + wire.substr(std::min(wire.size(), at + step));
            break;
        }
        EXPECT_EQ(result.consumed, piece.size());
    }
    decoded.reason = decoder.reason();
    return decoded;
}

TEST(ChunkedDecoder, PayloadIsTheSameInPiecesOfAnySize) {
    const std::string wire = "5\r\nhello\r\n1\r\n \r\n0A\r\n0123456789\r\n000\r\n\r\nGET /next";

    for (std::size_t step = 1; step <= wire.size(); ++step) {
        const Decoded decoded = decode(wire, step);

        EXPECT_EQ(decoded.progress, ChunkProgress::kComplete) << step;
        EXPECT_EQ(decoded.payload, "hello 0123456789") << step;
        EXPECT_EQ(decoded.left_over, "GET /next") << step;
    }
}

TEST(ChunkedDecoder, EmptyBodyIsComplete) {
    EXPECT_EQ(decode("0\r\n\r\n", 1).progress, ChunkProgress::kComplete);
}

TEST(ChunkedDecoder, CutBodyIsNotComplete) {
    const std::string wire = "5\r\nhello\r\n0\r\n\r\n";

    for (std::size_t size = 0; size < wire.size(); ++size) {
        EXPECT_EQ(decode(wire.substr(0, size), 1).progress, ChunkProgress::kNeedMore) << size;
    }
}

TEST(ChunkedDecoder, AnythingButTheExactGrammarIsRefused) {
    struct Row {
        const char* wire;
        const char* reason;
    };
    for (const Row& row : {Row{"\r\n", "chunk_size_missing"},
                           Row{"g\r\n", "chunk_size_missing"},
                           Row{"-1\r\n", "chunk_size_missing"},
                           Row{"+5\r\nhello\r\n", "chunk_size_missing"},
                           Row{" 5\r\nhello\r\n", "chunk_size_missing"},
                           Row{"0x5\r\nhello\r\n", "chunk_size_invalid"},
                           Row{"5g\r\n", "chunk_size_invalid"},
                           Row{"5_0\r\n", "chunk_size_invalid"},
                           Row{"5 \r\nhello\r\n", "chunk_extension_not_allowed"},
                           Row{"5;a=b\r\nhello\r\n", "chunk_extension_not_allowed"},
                           Row{"5\t\r\nhello\r\n", "chunk_extension_not_allowed"},
                           Row{"000000005\r\nhello\r\n", "chunk_size_too_long"},
                           Row{"100000000\r\n", "chunk_size_too_long"},
                           Row{"5\nhello\r\n", "chunk_size_invalid"},
                           Row{"5\rhello\r\n", "chunk_line_end_invalid"},
                           Row{"5\r\nhello\n0\r\n\r\n", "chunk_line_end_invalid"},
                           Row{"5\r\nhello!\r\n", "chunk_line_end_invalid"},
                           Row{"5\r\nhell\r\n0\r\n\r\n", "chunk_line_end_invalid"},
                           Row{"0\r\nTrailer: x\r\n\r\n", "trailer_not_allowed"},
                           Row{"0\r\n\n", "chunk_line_end_invalid"},
                           Row{"0\r\n\rX", "chunk_line_end_invalid"}}) {
        for (const std::size_t step : {std::size_t{1}, std::size_t{100}}) {
            const Decoded decoded = decode(row.wire, step);

            EXPECT_EQ(decoded.progress, ChunkProgress::kMalformed) << row.wire;
            EXPECT_EQ(decoded.reason, row.reason) << row.wire;
        }
    }
}

TEST(ChunkedDecoder, PayloadOfTheLimitIsTakenOneMoreIsNot) {
    EXPECT_EQ(decode("9\r\n123456789\r\n0\r\n\r\n", 3, 10).progress, ChunkProgress::kComplete);
    EXPECT_EQ(decode("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", 3, 10).progress, ChunkProgress::kComplete);
    EXPECT_EQ(decode("5\r\nhello\r\n6\r\nworld!\r\n0\r\n\r\n", 3, 10).progress, ChunkProgress::kTooLarge);
}

TEST(ChunkedDecoder, TooLargeIsKnownFromTheSizeAlone) {
    ChunkedDecoder decoder{10};
    std::string wire = "ffffffff\r";

    EXPECT_EQ(decoder.decode(wire).progress, ChunkProgress::kTooLarge);
}

TEST(ChunkedDecoder, NothingIsTakenBehindTheEnd) {
    ChunkedDecoder decoder{10};
    std::string wire = "0\r\n\r\n";
    ASSERT_EQ(decoder.decode(wire).progress, ChunkProgress::kComplete);

    std::string next = "5\r\nhello\r\n";
    const ChunkedDecoder::Step step = decoder.decode(next);

    EXPECT_EQ(step.progress, ChunkProgress::kComplete);
    EXPECT_EQ(step.consumed, 0U);
}

}  // namespace
}  // namespace gateway::net
