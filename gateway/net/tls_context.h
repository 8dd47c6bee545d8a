#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

struct ssl_ctx_st;
struct ssl_st;

namespace gateway::net {

/// What every TLS connection of one listener, or to one upstream host, has in common: certificate or pinned name, TLS
/// 1.2 and 1.3 with AEAD suites and forward secrecy only, no compression, no renegotiation. Made once at start; reading
/// it is safe from any thread. Both makers throw std::runtime_error with the file or name that is at fault.
class TlsContext {
public:
    /// `certificate_file`: PEM, the server's certificate first, then its chain. Sessions are resumed by tickets whose
    /// keys live and die with the process.
    static std::shared_ptr<const TlsContext> server(const std::filesystem::path& certificate_file,
                                                    const std::filesystem::path& key_file);
    /// Trusts the authorities in `authority_file` and nobody else. The peer's certificate must carry `host` (a DNS
    /// name, or a numeric address) as a subject alternative name; OpenSSL checks it inside the handshake, so that no
    /// byte of ours can reach anybody else. Sessions are kept, bounded, for the next connections of this context.
    static std::shared_ptr<const TlsContext> client(std::string host, const std::filesystem::path& authority_file);

    virtual ~TlsContext() = default;
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    /// For `Stream` only: a new connection's state, ready for its handshake. Throws std::runtime_error.
    virtual ssl_st* newConnection() const = 0;

protected:
    TlsContext() = default;
};

/// A context whose place another one can take: new connections begin with the newest, those that stand keep their own.
/// Any thread.
class RenewableTls final : public TlsContext {
public:
    explicit RenewableTls(std::shared_ptr<const TlsContext> first) : current_(std::move(first)) {}
    void renew(std::shared_ptr<const TlsContext> next);
    ssl_st* newConnection() const override;

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const TlsContext> current_;
};

}  // namespace gateway::net
