#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "gateway/net/tls_context.h"
#include "gateway/net/watch.h"

struct bio_st;
struct bio_method_st;

namespace gateway::net {

/// One connection's TLS state over a non-blocking socket. Part of `Stream`; nothing here waits. Each record goes to the
/// kernel as it is encrypted, while it is in the cache; of a long message the kernel is told that more follows, so that
/// it does not send each record by itself. What it did not take, at most one record, is kept with the connection. On
/// the loop's thread.
class TlsSession {
public:
    enum class Progress { kDone, kNeedsInput, kNeedsOutput, kEnd, kBroken, kRefused };

    TlsSession(std::shared_ptr<const TlsContext> context, Watch& watch);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    /// kRefused: the other side, or its certificate, is not acceptable, or ours was not to it; `failure` says which.
    Progress handshake();
    /// At least one byte into `into` on kDone; `moved` says how many.
    Progress read(std::span<char> into, std::size_t& moved);
    /// kDone if a read would bring a byte.
    Progress peek();
    /// Encrypts `parts` beginning at byte `skipped` of the first, and sends. kDone: all of it is with the kernel.
    /// `moved`: plain bytes that were taken, on every outcome.
    Progress write(std::span<const std::string_view> parts, std::size_t skipped, std::size_t& moved);
    /// Sends close_notify as far as the kernel takes it at once.
    void sayGoodbye();

    /// Bytes of any kind that the kernel took so far.
    std::uint64_t kernelBytes() const noexcept { return kernel_bytes_; }
    /// Why the handshake ended badly; a stable text without anything secret.
    const std::string& failure() const noexcept { return failure_; }

private:
    struct BioCallbacks;
    struct FreeSsl {
        void operator()(ssl_st* ssl) const noexcept;
    };

    template <class Step>
    Progress drive(Step step);
    Progress progressOf(int outcome);
    Progress writeRecords(std::span<const std::string_view> parts, std::size_t skipped, std::size_t& moved);
    Progress flush();
    std::size_t send(std::string_view bytes);
    void describeFailure();

    std::shared_ptr<const TlsContext> context_;
    Watch& watch_;
    bool more_follows_ = false;  // of the record that is being written
    std::string unsent_;         // ciphertext that the kernel had no room for
    std::size_t unsent_done_ = 0;
    std::uint64_t kernel_bytes_ = 0;
    bool peer_ended_ = false;
    bool established_ = false;
    int socket_error_ = 0;  // errno of the call that found the connection broken
    std::string failure_;
    std::unique_ptr<ssl_st, FreeSsl> ssl_;  // last: its BIO calls back into the members above
};

}  // namespace gateway::net
