#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace recogniser {

/// A picture or an answer travels as its length in four bytes, the highest first, and then its bytes.
inline constexpr std::size_t kFrameBytesMax = 16 * 1024 * 1024;

enum class FrameResult {
    kDone,
    kClosed,   ///< the other end closed, also in the middle of a frame
    kTooLong,  ///< announced more than kFrameBytesMax
    kTimedOut,
};

using Deadline = std::optional<std::chrono::steady_clock::time_point>;

/// Reads one frame from a pipe or stream socket. With a deadline, the descriptor must be non-blocking.
/// Throws std::system_error if the descriptor itself is faulty.
FrameResult readFrame(int descriptor, std::string& payload, Deadline deadline = std::nullopt);

/// Writes one frame. On a socket a closed other end raises no SIGPIPE; on a pipe the process must ignore that signal.
/// Throws std::length_error above kFrameBytesMax, std::system_error as readFrame.
FrameResult writeFrame(int descriptor, std::span<const char> payload, Deadline deadline = std::nullopt);

}  // namespace recogniser
