#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace gateway::net {

/// What a head may measure, in bytes and fields. A head of exactly these sizes is read, one more is refused.
struct HeadLimits {
    std::size_t target_bytes_max = 4096;
    std::size_t head_bytes_max = 16 * 1024;  // start line, fields, and the line that ends them
    std::size_t fields_max = 64;
    std::size_t field_value_bytes_max = 4096;
};

enum class HeadProgress { kNeedMore, kComplete, kRefused };

/// Why a head was refused. After a refusal nothing on the connection can be trusted: answer and close.
struct HeadRefusal {
    int status = 400;         // what to answer a client: 400, 414, 417, 431, 501 or 505
    std::string_view reason;  // stable, lower-case snake case; static storage
};

struct HeadField {
    std::string_view name;   // a token, in the sender's spelling
    std::string_view value;  // no blanks around it, no control bytes in it
};

enum class BodyKind {
    kNone,
    kLength,      // exactly `length` bytes follow
    kChunked,     // read with ChunkedDecoder
    kUntilClose,  // answers only: nothing says where the body ends, so a cut one cannot be told from a whole one
};

struct BodyFraming {
    BodyKind kind = BodyKind::kNone;
    std::uint64_t length = 0;  // bytes; with kLength only, where it may be 0
};

/// Everything that decides how a message is read, and its fields. The views point into the buffer that was parsed.
struct RequestHeadView {
    std::string_view method;  // a token
    std::string_view target;  // origin form: '/' and visible ASCII; raw, with the query
    int minor_version = 1;    // HTTP/1.0 or 1.1
    std::vector<HeadField> fields;
    BodyFraming framing;
    bool keep_alive = true;         // what version and Connection ask for
    bool expects_continue = false;  // Expect: 100-continue on HTTP/1.1
};

struct AnswerHeadView {
    int status = 0;  // 100–599, never 101
    int minor_version = 1;
    std::vector<HeadField> fields;
    BodyFraming framing;
    bool keep_alive = true;
    bool interim() const { return status < 200; }  // the real answer is still to come
};

namespace detail {

/// Finds the end of a head in a growing buffer, looking at each byte once, and refuses what no valid head can hold.
class HeadScanner {
public:
    HeadScanner(const HeadLimits& limits, bool has_target) : limits_(limits), has_target_(has_target) {}
    HeadProgress advance(std::string_view buffer);
    std::size_t length() const { return length_; }
    const HeadRefusal& refusal() const { return refusal_; }

private:
    HeadProgress endLine();
    HeadProgress checkStartLine();
    HeadProgress refuse(int status, std::string_view reason);

    HeadLimits limits_;
    bool has_target_;
    bool after_return_ = false;
    std::size_t scanned_ = 0;
    std::size_t line_start_ = 0;
    std::size_t lines_ = 0;
    std::size_t first_space_ = 0;  // offsets in the start line; 0: not seen, since neither can be its first byte
    std::size_t second_space_ = 0;
    std::size_t length_ = 0;
    HeadProgress progress_ = HeadProgress::kNeedMore;
    HeadRefusal refusal_;
};

}  // namespace detail

/// Strict reader of one HTTP/1 request head. Give `advance` everything received so far, from the head's first byte on;
/// the buffer may move or grow between calls. Each byte is scanned once, so a client that drips costs no more than one
/// that does not. One object per head; one thread.
/// Refused: line ends other than CRLF, control bytes, folded fields, names that are not tokens, blanks around names,
/// any target but origin form, versions but 1.0 and 1.1, Host missing (1.1), double or malformed, Content-Length double or
/// not digits, Transfer-Encoding other than one `chunked`, on 1.0, or beside a Content-Length. Source: RFC 9112 §2–7.
class RequestHeadParser {
public:
    explicit RequestHeadParser(const HeadLimits& limits) : limits_(limits), scanner_(limits, true) {}
    HeadProgress advance(std::string_view buffer);

    std::size_t length() const { return scanner_.length(); }  // after kComplete: the head's bytes in the buffer
    const RequestHeadView& head() const { return head_; }     // after kComplete, while that buffer stands still
    const HeadRefusal& refusal() const { return refusal_; }   // after kRefused

private:
    HeadLimits limits_;
    detail::HeadScanner scanner_;
    HeadProgress progress_ = HeadProgress::kNeedMore;
    RequestHeadView head_;
    HeadRefusal refusal_;
};

/// The same for the head of an answer, interim ones (1xx) included: each of those is a head of its own, read with a new object.
/// `target_bytes_max` plays no part. The request must not have been HEAD or CONNECT. The refusal's status is always 502.
class AnswerHeadParser {
public:
    explicit AnswerHeadParser(const HeadLimits& limits) : limits_(limits), scanner_(limits, false) {}
    HeadProgress advance(std::string_view buffer);

    std::size_t length() const { return scanner_.length(); }
    const AnswerHeadView& head() const { return head_; }
    const HeadRefusal& refusal() const { return refusal_; }

private:
    HeadLimits limits_;
    detail::HeadScanner scanner_;
    HeadProgress progress_ = HeadProgress::kNeedMore;
    AnswerHeadView head_;
    HeadRefusal refusal_;
};

}  // namespace gateway::net
