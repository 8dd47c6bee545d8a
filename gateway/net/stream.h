#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/net/descriptor.h"
#include "gateway/net/socket_address.h"
#include "gateway/net/watch.h"
#include "tenants/base/clock.h"
#include "tenants/base/task.h"

namespace gateway::net {

class TlsContext;

enum class IoStatus {
    kOk,         // at least one byte moved; of a write: every byte
    kEnd,        // the peer closed in order (TLS: close_notify, or plain FIN)
    kTimeout,    // the deadline passed
    kReset,      // the connection broke: reset, FIN inside TLS without close_notify, any socket error, or `abort`
    kTlsRefused  // handshake failed: protocol, certificate or host name
};

struct IoResult {
    IoStatus status;
    /// Moved by this call, also where it ended badly: a write may have sent a part. Bytes of a TLS write count as soon
    /// as they were encrypted and anything of this call reached the kernel; 0 means that nothing did.
    std::size_t bytes = 0;
};

/// One connected socket, plain or TLS, on the loop that runs the caller. Reads and writes wait with an absolute
/// deadline. One reader and one writer at a time may wait, on the loop's thread. Destruction closes at once and without
/// goodbye; nobody may be waiting then.
class Stream {
public:
    class Read;
    class Readable;
    class Write;

    Stream(Stream&&) noexcept;
    Stream& operator=(Stream&&) noexcept;
    ~Stream();

    /// `IoResult got = co_await stream.read(buffer, deadline)`: what is there, at most `into.size()` bytes (at least
    /// one is asked for), waiting for the first one. What can be read is read even if the deadline has passed.
    Read read(std::span<char> into, tenants::SteadyTime deadline);
    /// Waits until a read would not have to wait, or would tell the end; holds no buffer meanwhile. kOk without bytes.
    Readable readable(tenants::SteadyTime deadline);
    /// Writes all parts in order without joining them; kOk only if every byte was handed to the kernel. The array and
    /// what it names are borrowed until the wait ends.
    Write write(std::span<const std::string_view> parts, tenants::SteadyTime deadline);
    /// Says goodbye (TLS close_notify, then FIN) without waiting; reading goes on. After this, no more writes.
    void shutdownWrite();
    /// Ends any wait, and every later one, with kReset; the descriptor closes with the object. From the loop's thread.
    void abort();
    /// True while an idle connection is fit for another request: nothing to read, no end, no error. Does not wait.
    bool idleAndAlive();
    std::string peerAddress() const;  // "127.0.0.1", for logs
    bool isTls() const;

    class Connection;  // what it is made of; for this module's own files
    explicit Stream(std::unique_ptr<Connection> connection) noexcept;

private:
    std::unique_ptr<Connection> connection_;
};

/// Awaited for an IoResult; see `Stream::read`.
class [[nodiscard]] Stream::Read final : public Operation {
public:
    Read(Connection& connection, std::span<char> into, tenants::SteadyTime deadline) noexcept;
    IoResult await_resume() const noexcept { return result_; }

private:
    Attempt attempt() override;
    void endWith(Ending ending) override;

    Connection& connection_;
    std::span<char> into_;
    IoResult result_{IoStatus::kReset};
};

/// Awaited for an IoResult; see `Stream::readable`.
class [[nodiscard]] Stream::Readable final : public Operation {
public:
    Readable(Connection& connection, tenants::SteadyTime deadline) noexcept;
    IoResult await_resume() const noexcept { return result_; }

private:
    Attempt attempt() override;
    void endWith(Ending ending) override;

    Connection& connection_;
    bool waited_ = false;
    IoResult result_{IoStatus::kReset};
};

/// Awaited for an IoResult; see `Stream::write`.
class [[nodiscard]] Stream::Write final : public Operation {
public:
    Write(Connection& connection, std::span<const std::string_view> parts, tenants::SteadyTime deadline) noexcept;
    IoResult await_resume() const noexcept { return result_; }

private:
    Attempt attempt() override;
    Attempt attemptPlain();
    Attempt attemptTls();
    Attempt end(IoStatus status) noexcept;
    void endWith(Ending ending) override;
    void advance(std::size_t bytes) noexcept;

    Connection& connection_;
    std::span<const std::string_view> parts_;  // what is left, beginning inside the first
    std::size_t first_done_ = 0;               // bytes of the first part that are gone
    std::size_t written_ = 0;
    std::uint64_t kernel_bytes_before_;
    IoResult result_{IoStatus::kReset};
};

/// Takes over a connected socket, makes it non-blocking and sends without delay (TCP_NODELAY). On the loop's thread;
/// throws std::system_error where the kernel refuses.
Stream adoptPlain(Descriptor socket);

/// Why a connection did not come to be; `reason` is a stable text for the log.
struct ConnectFailure {
    enum class Kind {
        kRefused,    // nobody listens, no route, no descriptor left, or the peer broke off
        kTimeout,    // the deadline passed before all was done
        kTlsRefused  // connected, but the handshake failed: protocol, certificate or host name
    };
    Kind kind;
    std::string reason;
};
using ConnectResult = std::variant<Stream, ConnectFailure>;
using AcceptResult = std::variant<Stream, ConnectFailure>;

/// Does the server's side of the TLS handshake on a just accepted connection. On the loop's thread.
tenants::Task<AcceptResult> acceptTls(Descriptor socket, std::shared_ptr<const TlsContext> tls,
                                      tenants::SteadyTime deadline);

/// Connects, plain where `tls` is null, else with the whole handshake, server name indication and the pinned name of
/// the context; all of it by `deadline`. On the loop's thread. Expected failures are values;
/// throws std::system_error where the kernel has no room for one more watched socket.
tenants::Task<ConnectResult> connect(SocketAddress address, std::shared_ptr<const TlsContext> tls,
                                     tenants::SteadyTime deadline);

}  // namespace gateway::net
