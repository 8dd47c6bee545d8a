#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "gateway/http/router.h"
#include "gateway/http/server.h"
#include "gateway/net/http1_head.h"
#include "gateway/net/input_buffer.h"
#include "gateway/net/stream.h"
#include "tenants/base/clock.h"
#include "tenants/base/task.h"

namespace gateway::http {

/// How far the limits let a head go, in the parser's words.
net::HeadLimits headLimits(const Limits& limits);

/// Reads one request after the other from a connection, within the limits and deadlines of its listener. A head stays in
/// the buffer until `finish`, so that it can be read again. On the loop's thread.
class RequestReader {
public:
    RequestReader(net::Stream& stream, const Limits& limits, const tenants::Clock& clock)
        : stream_(stream), limits_(limits), clock_(clock) {}

    /// True while bytes of the next request are here already.
    bool hasBytes() const { return !input_.empty(); }
    /// Gives the buffer's memory back; only while there are no bytes in it.
    void release() { input_.release(); }

    enum class HeadEnd {
        kWhole,    // `parser` has it
        kRefused,  // `parser` tells why
        kLate,     // the deadline passed after the first byte
        kGone,     // the client ended or broke the connection, or never got a byte through: nobody to answer
    };
    /// Reads until `parser`, new and of `headLimits`, has a head. The deadline counts from `began`.
    tenants::Task<HeadEnd> readHead(net::RequestHeadParser& parser, tenants::SteadyTime began);
    /// The head last read, once more: for whoever has given the first one away. Its views hold until the next read.
    net::RequestHeadView readHeadAgain() const;

    /// True if bytes of the body came with the head, so that the client is not waiting to be told to go on.
    bool bodyHasBegun() const { return input_.bytes().size() > head_bytes_; }

    /// Passes over the body if all of it is here already; else nothing happens, and false.
    bool skipBody(net::BodyFraming framing);

    enum class BodyEnd { kWhole, kTooLarge, kLate, kMalformed, kGone };
    struct Body {
        BodyEnd end = BodyEnd::kWhole;
        BodyBytes bytes;  // whole where `end` is kWhole
    };
    /// Reads the body that `framing` announces, straight into the memory that is handed on.
    tenants::Task<Body> readBody(net::BodyFraming framing, std::size_t bytes_max);

    /// Drops the request that was read; what follows it stays.
    void finish();
    /// Drops everything that was read and gives the memory back.
    void discard();

private:
    tenants::Task<Body> readExactly(std::size_t length);
    tenants::Task<Body> readChunks(std::size_t bytes_max);
    tenants::SteadyTime bodyDeadline(tenants::SteadyTime began, std::size_t received) const;
    std::string_view behindHead() const { return input_.bytes().substr(head_bytes_); }

    net::Stream& stream_;
    const Limits& limits_;
    const tenants::Clock& clock_;
    net::InputBuffer input_;
    std::size_t head_bytes_ = 0;
    std::size_t body_bytes_in_input_ = 0;
};

}  // namespace gateway::http
