#include "gateway/net/tls_session.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace gateway::net {

namespace {

constexpr std::size_t kRecordBytesMax = 16 * 1024;  // of plain text

/// The plain text of the next record: as it stands in its part, or where that ends early joined with what follows, since
/// a record costs as much as copying some kilobytes. The copy may hold a token, so it is wiped.
class PlainRecord {
public:
    /// `at`: of all bytes of the parts together, behind which there is at least one.
    PlainRecord(std::span<const std::string_view> parts, std::size_t at) {
        while (at >= parts.front().size()) {
            at -= parts.front().size();
            parts = parts.subspan(1);
        }
        text_ = parts.front().substr(at, kRecordBytesMax);
        if (text_.size() == kRecordBytesMax || parts.size() == 1) return;
        std::array<char, kRecordBytesMax>& joined = joinedBytes();
        for (const std::string_view part : parts) {
            const std::string_view piece = part.substr(at, kRecordBytesMax - joined_);
            joined_ += piece.copy(joined.data() + joined_, piece.size());
            at = 0;
        }
        text_ = {joined.data(), joined_};
    }
    ~PlainRecord() { OPENSSL_cleanse(joinedBytes().data(), joined_); }
    PlainRecord(const PlainRecord&) = delete;
    PlainRecord& operator=(const PlainRecord&) = delete;

    std::string_view text() const { return text_; }

private:
    static std::array<char, kRecordBytesMax>& joinedBytes() {
        thread_local std::array<char, kRecordBytesMax> bytes;
        return bytes;
    }

    std::string_view text_;
    std::size_t joined_ = 0;
};

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
        if (!self.unsent_.empty()) self.flush();
        if (self.socket_error_ != 0) return -1;
        if (!self.unsent_.empty()) {
            BIO_set_retry_write(bio);
            return -1;
        }
        const std::string_view record{from, static_cast<std::size_t>(bytes)};
        const std::size_t sent = self.send(record);
        if (self.socket_error_ != 0) return -1;
        self.unsent_.append(record, sent);
        return bytes;
    }

    static long control(BIO* bio, int command, long, void*) {
        switch (command) {
            case BIO_CTRL_FLUSH: return 1;  // each record was sent as it came
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
        if (ERR_peek_error() != 0) ERR_clear_error();  // clearing writes sixteen entries over, errors or none
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
    std::size_t at = skipped + moved;  // `moved`: what an earlier step took
    std::size_t left = 0;
    for (const std::string_view part : parts) left += part.size();
    left -= at;
    while (left > 0) {
        const PlainRecord record{parts, at};
        more_follows_ = left > record.text().size();
        std::size_t taken = 0;
        const int outcome = SSL_write_ex(ssl_.get(), record.text().data(), record.text().size(), &taken);
        more_follows_ = false;
        const Progress progress = progressOf(outcome);
        if (progress != Progress::kDone) return progress == Progress::kRefused ? Progress::kBroken : progress;
        moved += taken;
        at += taken;
        left -= taken;
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
    if (socket_error_ != 0) return Progress::kBroken;
    return unsent_.empty() ? Progress::kDone : Progress::kNeedsOutput;
}

std::size_t TlsSession::send(std::string_view bytes) {
    const int flags = MSG_NOSIGNAL | (more_follows_ ? MSG_MORE : 0);
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t sent = ::send(watch_.descriptor(), bytes.data() + done, bytes.size() - done, flags);
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
