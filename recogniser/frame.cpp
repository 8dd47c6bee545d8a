#include "recogniser/frame.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <system_error>

namespace recogniser {
namespace {

constexpr std::size_t kHeaderBytes = 4;

/// Waits until the descriptor can be used or the deadline has passed.
FrameResult waitFor(int descriptor, short events, const Deadline& deadline) {
    while (true) {
        int wait_ms = -1;
        if (deadline) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now()).count();
            if (left <= 0) return FrameResult::kTimedOut;
            wait_ms = static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
        }
        pollfd entry{descriptor, events, 0};
        const int ready = ::poll(&entry, 1, wait_ms);
        if (ready > 0) return FrameResult::kDone;
        if (ready < 0 && errno != EINTR)
            throw std::system_error{errno, std::generic_category(), "poll on a worker's pipe"};
    }
}

/// Whether the last call failed only because the descriptor was not ready.
bool mustWait() {
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

FrameResult readExactly(int descriptor, std::span<char> bytes, const Deadline& deadline) {
    while (!bytes.empty()) {
        const ssize_t got = ::read(descriptor, bytes.data(), bytes.size());
        if (got > 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(got));
        } else if (got == 0 || errno == ECONNRESET) {
            return FrameResult::kClosed;
        } else if (mustWait()) {
            const FrameResult waited = waitFor(descriptor, POLLIN, deadline);
            if (waited != FrameResult::kDone) return waited;
        } else if (errno != EINTR) {
            throw std::system_error{errno, std::generic_category(), "read from a worker's pipe"};
        }
    }
    return FrameResult::kDone;
}

/// One write that raises no SIGPIPE where the descriptor is a socket.
ssize_t writeSome(int descriptor, std::span<const char> bytes) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == ENOTSOCK) return ::write(descriptor, bytes.data(), bytes.size());
    return sent;
}

FrameResult writeExactly(int descriptor, std::span<const char> bytes, const Deadline& deadline) {
    while (!bytes.empty()) {
        const ssize_t sent = writeSome(descriptor, bytes);
        if (sent >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(sent));
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return FrameResult::kClosed;
        } else if (mustWait()) {
            const FrameResult waited = waitFor(descriptor, POLLOUT, deadline);
            if (waited != FrameResult::kDone) return waited;
        } else if (errno != EINTR) {
            throw std::system_error{errno, std::generic_category(), "write to a worker's pipe"};
        }
    }
    return FrameResult::kDone;
}

}  // namespace

FrameResult readFrame(int descriptor, std::string& payload, Deadline deadline) {
    std::array<char, kHeaderBytes> header{};
    const FrameResult announced = readExactly(descriptor, header, deadline);
    if (announced != FrameResult::kDone) return announced;
    std::size_t length = 0;
    for (const char byte : header) length = length << 8U | static_cast<unsigned char>(byte);
    if (length > kFrameBytesMax) return FrameResult::kTooLong;
    payload.resize(length);
    return readExactly(descriptor, payload, deadline);
}

FrameResult writeFrame(int descriptor, std::span<const char> payload, Deadline deadline) {
    if (payload.size() > kFrameBytesMax) throw std::length_error{"a frame for a worker's pipe is too long"};
    std::array<char, kHeaderBytes> header{};
    std::size_t rest = payload.size();
    for (auto byte = header.rbegin(); byte != header.rend(); ++byte) {
        *byte = static_cast<char>(rest & 0xFFU);
        rest >>= 8U;
    }
    const FrameResult announced = writeExactly(descriptor, header, deadline);
    if (announced != FrameResult::kDone) return announced;
    return writeExactly(descriptor, payload, deadline);
}

}  // namespace recogniser
