#pragma once

#include <memory>
#include <utility>

#include "gateway/net/descriptor.h"
#include "gateway/net/stream.h"
#include "gateway/net/tls_session.h"
#include "gateway/net/watch.h"

namespace gateway::net {

/// What a stream is made of. On the heap, because the loop and the operations that wait refer to it while its stream
/// moves.
class Stream::Connection {
public:
    Connection(EventLoop& loop, Descriptor connected) : socket(std::move(connected)), watch(loop, socket.number()) {}

    Descriptor socket;
    Watch watch;
    std::unique_ptr<TlsSession> tls;  // null where plain
};

/// Non-blocking, and small answers leave at once instead of waiting for the peer's acknowledgement.
void prepareSocket(const Descriptor& socket);

}  // namespace gateway::net
