#include "gateway/net/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace gateway::net {

namespace {

constexpr std::size_t kGatheredMax = 64 * 1024;  // then it is sent; one more record may be on top

/// What the running call has written so far. One a thread and not one a connection: a call never waits, and leaves it
/// empty, so that an idle connection holds no buffer.
std::string& gathered() {
    thread_local std::string buffer;
    return buffer;
}

}  // namespace

/// The socket as OpenSSL sees it.
struct TlsSession::BioCallbacks {
    static TlsSession& session(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* into, int bytes) {
        TlsSession& self = session(bio);
        BIO_clear_retry_flags(bio);
        if (self.watch_.drained()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const ssize_t got = ::recv(self.watch_.descriptor(), into, static_cast<std::size_t>(bytes), 0);
        if (got > 0) {
            if (got < bytes) self.watch_.markDrained();
            return static_cast<int>(got);
        }
        if (got == 0) {
            self.peer_ended_ = true;
            return 0;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
            BIO_set_retry_read(bio);
        } else {
            self.socket_error_ = errno;
        }
        return -1;
    }

    static int write(BIO* bio, const char* from, int bytes) {
        TlsSession& self = session(bio);
        BIO_clear_retry_flags(bio);
        std::string& buffer = gathered();
        if (buffer.size() >= kGatheredMax || !self.unsent_.empty()) self.flush();
        if (self.socket_error_ != 0) return -1;
        if (!self.unsent_.empty()) {
            BIO_set_retry_write(bio);
            return -1;
        }
        buffer.append(from, static_cast<std::size_t>(bytes));
        return bytes;
    }

    static long control(BIO* bio, int command, long, void*) {
        switch (command) {
            case BIO_CTRL_FLUSH: return 1;  // sent when the call ends
            case BIO_CTRL_EOF: return session(bio).peer_ended_ ? 1 : 0;
            default: return 0;
        }
    }

    static BIO_METHOD* method() {
        // Lives as long as the process: connections on every thread use it until the last moment.
        static BIO_METHOD* const made = [] {
            BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "watched socket");
            if (fresh == nullptr || BIO_meth_set_read(fresh, &read) != 1 || BIO_meth_set_write(fresh, &write) != 1 ||
                BIO_meth_set_ctrl(fresh, &control) != 1) {
                throw std::runtime_error("TLS: cannot set up the socket layer");
            }
            return fresh;
        }();
        return made;
    }
};

void TlsSession::FreeSsl::operator()(ssl_st* ssl) const noexcept {
    SSL_free(ssl);
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, Watch& watch)
    : context_(std::move(context)), watch_(watch), ssl_(context_->newConnection()) {
    BIO* const bio = BIO_new(BioCallbacks::method());
    if (bio == nullptr) throw std::runtime_error("TLS: out of memory");
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
}

TlsSession::~TlsSession() {
    // Freeing a connection that never said goodbye would spoil its session for resumption, which TLS 1.2 and 1.3 allow.
    if (established_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

template <class Step>
TlsSession::Progress TlsSession::drive(Step step) {
    while (true) {
        ERR_clear_error();
        const Progress progress = step();
        const Progress sent = flush();
        // OpenSSL wanted to write and the kernel has room again: no event would come for that.
        if (progress == Progress::kNeedsOutput && sent == Progress::kDone) continue;
        return progress;
    }
}

TlsSession::Progress TlsSession::handshake() {
    const Progress progress = drive([this] {
        const Progress reached = progressOf(SSL_do_handshake(ssl_.get()));
        if (reached == Progress::kRefused || reached == Progress::kBroken) describeFailure();
        return reached;
    });
    const bool goes_on = progress == Progress::kNeedsInput || progress == Progress::kDone;
    if (goes_on && socket_error_ != 0) {
        failure_ = std::generic_category().message(socket_error_);
        return Progress::kBroken;
    }
    if (goes_on && !unsent_.empty()) return Progress::kNeedsOutput;  // the peer waits for the rest of this flight
    if (progress == Progress::kDone) established_ = true;
    return progress == Progress::kEnd ? Progress::kBroken : progress;
}

TlsSession::Progress TlsSession::read(std::span<char> into, std::size_t& moved) {
    moved = 0;
    return drive([this, into, &moved] {
        int outcome = 0;
        do {
            std::size_t got = 0;
            outcome = SSL_read_ex(ssl_.get(), into.data() + moved, into.size() - moved, &got);
            moved += got;
            // Going on costs no system call as long as another record is already here.
        } while (outcome == 1 && moved < into.size() && SSL_has_pending(ssl_.get()) == 1);
        // Trouble behind good bytes comes up again at the next read.
        return moved > 0 ? Progress::kDone : progressOf(outcome);
    });
}

TlsSession::Progress TlsSession::peek() {
    return drive([this] {
        char byte = 0;
        std::size_t got = 0;
        return progressOf(SSL_peek_ex(ssl_.get(), &byte, 1, &got));
    });
}

TlsSession::Progress TlsSession::write(std::span<const std::string_view> parts, std::size_t skipped,
                                       std::size_t& moved) {
    moved = 0;
    const Progress progress = drive([this, parts, skipped, &moved] { return writeRecords(parts, skipped, moved); });
    if (socket_error_ != 0) return Progress::kBroken;
    return progress == Progress::kDone && !unsent_.empty() ? Progress::kNeedsOutput : progress;
}

TlsSession::Progress TlsSession::writeRecords(std::span<const std::string_view> parts, std::size_t skipped,
                                              std::size_t& moved) {
    skipped += moved;  // what an earlier step took
    for (std::string_view part : parts) {
        const std::size_t gone = std::min(skipped, part.size());
        part.remove_prefix(gone);
        skipped -= gone;
        while (!part.empty()) {
            std::size_t taken = 0;
            const Progress progress = progressOf(SSL_write_ex(ssl_.get(), part.data(), part.size(), &taken));
            if (progress != Progress::kDone) return progress == Progress::kRefused ? Progress::kBroken : progress;
            moved += taken;
            part.remove_prefix(taken);
        }
    }
    return Progress::kDone;
}

void TlsSession::sayGoodbye() {
    if (!established_ || socket_error_ != 0) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
    flush();
}

TlsSession::Progress TlsSession::progressOf(int outcome) {
    if (outcome == 1) return Progress::kDone;
    switch (SSL_get_error(ssl_.get(), outcome)) {
        case SSL_ERROR_WANT_READ: return Progress::kNeedsInput;
        case SSL_ERROR_WANT_WRITE: return Progress::kNeedsOutput;
        case SSL_ERROR_ZERO_RETURN: return Progress::kEnd;
        default: break;
    }
    if (socket_error_ != 0 || peer_ended_ || established_) return Progress::kBroken;
    return Progress::kRefused;
}

TlsSession::Progress TlsSession::flush() {
    if (socket_error_ == 0 && !unsent_.empty()) {
        unsent_done_ += send(std::string_view{unsent_}.substr(unsent_done_));
        if (unsent_done_ == unsent_.size()) {
            std::string().swap(unsent_);  // gives the memory back
            unsent_done_ = 0;
        }
    }
    std::string& buffer = gathered();
    if (!buffer.empty()) {
        const std::size_t sent = unsent_.empty() && socket_error_ == 0 ? send(buffer) : 0;
        if (socket_error_ == 0) unsent_.append(buffer, sent, std::string::npos);
        buffer.clear();
    }
    if (socket_error_ != 0) return Progress::kBroken;
    return unsent_.empty() ? Progress::kDone : Progress::kNeedsOutput;
}

std::size_t TlsSession::send(std::string_view bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t sent = ::send(watch_.descriptor(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN && errno != EWOULDBLOCK) socket_error_ = errno;
            break;
        }
        done += static_cast<std::size_t>(sent);
    }
    kernel_bytes_ += done;
    return done;
}

void TlsSession::describeFailure() {
    const long verified = SSL_get_verify_result(ssl_.get());
    if (verified != X509_V_OK) {
        failure_ = std::string{"certificate: "} + X509_verify_cert_error_string(verified);
    } else if (socket_error_ != 0) {
        failure_ = std::generic_category().message(socket_error_);
    } else if (peer_ended_) {
        failure_ = "closed during the handshake";
    } else if (const char* reason = ERR_reason_error_string(ERR_peek_last_error()); reason != nullptr) {
        failure_ = reason;
    } else {
        failure_ = "handshake failed";
    }
}

}  // namespace gateway::net
