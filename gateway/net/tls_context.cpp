#include "gateway/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <mutex>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "gateway/net/socket_address.h"

namespace gateway::net {

namespace {

// AES-128 first: as good as AES-256 here, faster, and its SHA-256 keeps 224 bytes a connection less than SHA-384.
constexpr const char* kSuitesTls12 = "ECDHE+AES128+AESGCM:ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kSuitesTls13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr std::size_t kReadAheadBytes = 64 * 1024;  // a client's, released whenever it is empty
constexpr std::size_t kSessionsKeptMax = 16;
constexpr std::string_view kSessionContext = "tollgate";

struct FreeContext {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
struct FreeSession {
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using ContextPointer = std::unique_ptr<SSL_CTX, FreeContext>;
using SessionPointer = std::unique_ptr<SSL_SESSION, FreeSession>;

[[noreturn]] void refuse(const std::string& what) {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    throw std::runtime_error("TLS: " + what + (reason != nullptr ? std::string{": "} + reason : std::string{}));
}

ContextPointer newContext(const SSL_METHOD* method) {
    ERR_clear_error();
    ContextPointer context{SSL_CTX_new(method)};
    if (!context) refuse("no context");
    SSL_CTX_set_options(context.get(),
                        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context.get(), 1);
    if (SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) refuse("TLS 1.2 not available");
    if (SSL_CTX_set_cipher_list(context.get(), kSuitesTls12) != 1) refuse("no usable cipher suite");
    if (SSL_CTX_set_ciphersuites(context.get(), kSuitesTls13) != 1) refuse("no usable cipher suite of TLS 1.3");
    return context;
}

class ServerContext final : public TlsContext {
public:
    ServerContext(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file)
        : context_(newContext(TLS_server_method())) {
        SSL_CTX* const context = context_.get();
        if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
            refuse("cannot use certificate " + certificate_file.string());
        }
        if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
            refuse("cannot use private key " + key_file.string());
        }
        if (SSL_CTX_check_private_key(context) != 1) {
            refuse("private key " + key_file.string() + " is not that of " + certificate_file.string());
        }
        // Uploads come in large pieces; of thousands of idle clients none shall hold a buffer.
        SSL_CTX_set_default_read_buffer_len(context, kReadAheadBytes);
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets hold the state, not our memory
        SSL_CTX_set_num_tickets(context, 1);
        const auto* id = reinterpret_cast<const unsigned char*>(kSessionContext.data());
        if (SSL_CTX_set_session_id_context(context, id, static_cast<unsigned>(kSessionContext.size())) != 1) {
            refuse("no session context");
        }
    }

    ssl_st* newConnection() const override {
        SSL* const ssl = SSL_new(context_.get());
        if (ssl == nullptr) refuse("no connection");
        SSL_set_accept_state(ssl);
        return ssl;
    }

private:
    ContextPointer context_;
};

/// Sessions to resume, the newest last. Belongs to the SSL_CTX, which outlives its context object for as long as connections
/// use it: they go on bringing tickets.
class SessionShelf {
public:
    void keep(SessionPointer session) {
        const std::scoped_lock lock{mutex_};
        if (sessions_.size() >= kSessionsKeptMax) sessions_.erase(sessions_.begin());
        sessions_.push_back(std::move(session));
    }
    SessionPointer take() {
        const std::scoped_lock lock{mutex_};
        if (sessions_.empty()) return nullptr;
        SessionPointer session = std::move(sessions_.back());
        sessions_.pop_back();
        return session;
    }

    /// The place for it in an SSL_CTX, which frees it.
    static int place() {
        static const int kPlace = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &end);
        return kPlace;
    }
    static SessionShelf& of(const SSL_CTX* context) {
        return *static_cast<SessionShelf*>(SSL_CTX_get_ex_data(context, place()));
    }

private:
    static void end(void*, void* shelf, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<SessionShelf*>(shelf); }

    std::mutex mutex_;
    std::vector<SessionPointer> sessions_;
};

class ClientContext final : public TlsContext {
public:
    ClientContext(std::string host, const std::filesystem::path& authority_file)
        : host_(std::move(host)),
          numeric_(SocketAddress::parse(host_, 0).has_value()),
          context_(newContext(TLS_client_method())) {
        SSL_CTX* const context = context_.get();
        if (SSL_CTX_load_verify_file(context, authority_file.c_str()) != 1) {
            refuse("cannot use authorities " + authority_file.string());
        }
        // Kept connections keep their two buffers of 17 KiB: few are idle, and each scan would make and give back both.
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
        pinName(SSL_CTX_get0_param(context));
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        auto shelf = std::make_unique<SessionShelf>();
        if (SSL_CTX_set_ex_data(context, SessionShelf::place(), shelf.get()) != 1) refuse("no place for sessions");
        shelf.release();  // the SSL_CTX has it
        SSL_CTX_sess_set_new_cb(context, &keepSession);
    }

    ssl_st* newConnection() const override {
        std::unique_ptr<SSL, decltype(&SSL_free)> ssl{SSL_new(context_.get()), &SSL_free};
        if (!ssl) refuse("no connection");
        SSL_set_connect_state(ssl.get());
        if (!numeric_ && !sendName(ssl.get())) refuse("no server name indication for " + host_);
        // A ticket is used once, so that nobody who watches can tell two connections to be the same client's. Sessions
        // come from verified handshakes of this very SSL_CTX, so their peer carries the pinned name.
        if (const SessionPointer session = SessionShelf::of(context_.get()).take()) {
            // One that no longer fits is ignored, and a full handshake follows.
            SSL_set_session(ssl.get(), session.get());
        }
        return ssl.release();
    }

private:
    bool sendName(SSL* ssl) const {
        // The function behind OpenSSL's macro, whose cast is of the old style. It copies the name.
        return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                        const_cast<char*>(host_.c_str())) == 1;
    }

    void pinName(X509_VERIFY_PARAM* verify) const {
        // Only subject alternative names count: a name that stands in the subject alone was never checked by anybody.
        X509_VERIFY_PARAM_set_hostflags(verify,
                                        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        const bool pinned = numeric_ ? X509_VERIFY_PARAM_set1_ip_asc(verify, host_.c_str()) == 1
                                     : !host_.empty() && X509_VERIFY_PARAM_set1_host(verify, host_.c_str(), 0) == 1;
        if (!pinned) refuse("cannot pin the name " + host_);
    }

    static int keepSession(SSL* ssl, SSL_SESSION* session) {
        SessionShelf::of(SSL_get_SSL_CTX(ssl)).keep(SessionPointer{session});
        return 1;  // it is ours to free now
    }

    std::string host_;
    bool numeric_;
    ContextPointer context_;
};

}  // namespace

void RenewableTls::renew(std::shared_ptr<const TlsContext> next) {
    const std::scoped_lock lock{mutex_};
    current_.swap(next);
}

ssl_st* RenewableTls::newConnection() const {
    std::shared_ptr<const TlsContext> current;
    {
        const std::scoped_lock lock{mutex_};
        current = current_;
    }
    return current->newConnection();  // which holds what it needs of the context
}

std::shared_ptr<const TlsContext> TlsContext::server(const std::filesystem::path& certificate_file,
                                                     const std::filesystem::path& key_file) {
    return std::make_shared<ServerContext>(certificate_file, key_file);
}

std::shared_ptr<const TlsContext> TlsContext::client(std::string host, const std::filesystem::path& authority_file) {
    return std::make_shared<ClientContext>(std::move(host), authority_file);
}

}  // namespace gateway::net
