#include "gateway/net/http1_head.h"

#include <algorithm>
#include <optional>

#include "gateway/net/http1_text.h"

namespace gateway::net {
namespace {

constexpr std::size_t kMethodBytesMax = 32;
constexpr std::size_t kLengthDigitsMax = 18;  // fits 64 bits with room to add to

using Refusal = std::optional<HeadRefusal>;

HeadRefusal refused(int status, std::string_view reason) {
    return {status, reason};
}

/// Cuts the next line off `rest`, whose every line is known to end in CRLF.
std::string_view takeLine(std::string_view& rest) {
    const std::size_t end = rest.find('\r');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

Refusal readFields(std::string_view rest, const HeadLimits& limits, std::vector<HeadField>& fields) {
    fields.reserve(16);
    for (std::string_view line = takeLine(rest); !line.empty(); line = takeLine(rest)) {
        if (line.front() == ' ' || line.front() == '\t') return refused(400, "folded_field");
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return refused(400, "field_without_colon");
        const std::string_view name = line.substr(0, colon);
        if (!isToken(name)) return refused(400, "field_name_invalid");
        const std::string_view value = trimBlanks(line.substr(colon + 1));
        if (value.size() > limits.field_value_bytes_max) return refused(431, "field_value_too_long");
        fields.push_back({name, value});
    }
    return std::nullopt;
}

/// What the fields say about framing and the connection, before anyone decides what that means for the message.
struct FieldSummary {
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
    bool asks_close = false;
    bool asks_keep_alive = false;
    std::optional<std::string_view> host;
    std::optional<std::string_view> expect;
};

std::optional<std::uint64_t> readContentLength(std::string_view value) {
    if (value.empty() || value.size() > kLengthDigitsMax || !std::all_of(value.begin(), value.end(), isDigit))
        return std::nullopt;
    std::uint64_t length = 0;
    for (const char digit : value) length = length * 10 + static_cast<std::uint64_t>(digit - '0');
    return length;
}

bool readConnectionOptions(std::string_view value, FieldSummary& summary) {
    while (true) {
        const std::size_t comma = value.find(',');
        const std::string_view option = trimBlanks(value.substr(0, comma));
        if (equalsIgnoringCase(option, "close")) summary.asks_close = true;
        if (equalsIgnoringCase(option, "keep-alive")) summary.asks_keep_alive = true;
        if (!option.empty() && !isToken(option)) return false;
        if (comma == std::string_view::npos) return true;
        value.remove_prefix(comma + 1);
    }
}

Refusal readTransferEncoding(std::string_view value, FieldSummary& summary) {
    if (summary.chunked) return refused(400, "transfer_encoding_repeated");
    if (!equalsIgnoringCase(value, "chunked")) return refused(501, "transfer_encoding_unknown");
    summary.chunked = true;
    return std::nullopt;
}

Refusal summarize(const std::vector<HeadField>& fields, FieldSummary& summary) {
    for (const HeadField& field : fields) {
        if (equalsIgnoringCase(field.name, "Content-Length")) {
            if (summary.content_length) return refused(400, "content_length_repeated");
            summary.content_length = readContentLength(field.value);
            if (!summary.content_length) return refused(400, "content_length_invalid");
        } else if (equalsIgnoringCase(field.name, "Transfer-Encoding")) {
            if (const Refusal refusal = readTransferEncoding(field.value, summary)) return refusal;
        } else if (equalsIgnoringCase(field.name, "Connection")) {
            if (!readConnectionOptions(field.value, summary)) return refused(400, "connection_invalid");
        } else if (equalsIgnoringCase(field.name, "Host")) {
            if (summary.host) return refused(400, "host_repeated");
            summary.host = field.value;
        } else if (equalsIgnoringCase(field.name, "Expect")) {
            if (summary.expect) return refused(417, "expectation_unknown");
            summary.expect = field.value;
        }
    }
    if (summary.chunked && summary.content_length) return refused(400, "length_and_transfer_encoding");
    return std::nullopt;
}

bool keepsAlive(const FieldSummary& summary, int minor_version) {
    if (summary.asks_close) return false;
    return minor_version == 1 || summary.asks_keep_alive;
}

bool isPort(std::string_view text) {
    if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), isDigit)) return false;
    int port = 0;
    for (const char digit : text) port = port * 10 + (digit - '0');
    return port <= 65'535;
}

/// A DNS name, an IPv4 address or a bracketed IPv6 address, with a port or without.
bool isHost(std::string_view text) {
    std::size_t name_end = 0;
    if (text.starts_with('[')) {
        name_end = text.find(']');
        if (name_end == std::string_view::npos || name_end < 3) return false;
        const std::string_view address = text.substr(1, name_end - 1);
        if (!std::all_of(address.begin(), address.end(),
                         [](char c) { return hexValue(c) >= 0 || c == ':' || c == '.'; }))
            return false;
        if (address.find(':') == std::string_view::npos) return false;
        ++name_end;
    } else {
        name_end = std::min(text.find(':'), text.size());
        const std::string_view name = text.substr(0, name_end);
        const auto fits_name = [](char c) { return isLetter(c) || isDigit(c) || c == '-' || c == '.' || c == '_'; };
        if (name.empty() || name.size() > 255 || !std::all_of(name.begin(), name.end(), fits_name)) return false;
    }
    if (name_end == text.size()) return true;
    return text[name_end] == ':' && isPort(text.substr(name_end + 1));
}

/// `HTTP/1.0` or `HTTP/1.1` into `minor_version`; 505 for another well-formed version, 400 for anything else.
Refusal readVersion(std::string_view text, int& minor_version) {
    if (text == "HTTP/1.1" || text == "HTTP/1.0") {
        minor_version = text.back() - '0';
        return std::nullopt;
    }
    const bool well_formed =
        text.size() == 8 && text.starts_with("HTTP/") && isDigit(text[5]) && text[6] == '.' && isDigit(text[7]);
    if (well_formed) return refused(505, "version_not_supported");
    return refused(400, "version_invalid");
}

bool isTargetCharacter(char c) {
    return c > 0x20 && c < 0x7F && c != '#' && c != '\\';
}

Refusal readRequestLine(std::string_view line, const HeadLimits& limits, RequestHeadView& head) {
    const std::size_t first = line.find(' ');
    if (first == std::string_view::npos) return refused(400, "request_line_invalid");
    const std::size_t second = line.find(' ', first + 1);
    if (second == std::string_view::npos) return refused(400, "request_line_invalid");
    head.method = line.substr(0, first);
    head.target = line.substr(first + 1, second - first - 1);
    if (!isToken(head.method) || head.method.size() > kMethodBytesMax) return refused(400, "method_invalid");
    if (head.target.size() > limits.target_bytes_max) return refused(414, "target_too_long");
    if (const Refusal refusal = readVersion(line.substr(second + 1), head.minor_version)) return refusal;
    if (!head.target.starts_with('/')) return refused(400, "target_form_not_supported");
    if (!std::all_of(head.target.begin(), head.target.end(), isTargetCharacter)) return refused(400, "target_invalid");
    return std::nullopt;
}

Refusal readRequest(std::string_view text, const HeadLimits& limits, RequestHeadView& head) {
    const std::string_view line = takeLine(text);
    if (const Refusal refusal = readRequestLine(line, limits, head)) return refusal;
    if (const Refusal refusal = readFields(text, limits, head.fields)) return refusal;
    FieldSummary summary;
    if (const Refusal refusal = summarize(head.fields, summary)) return refusal;
    if (!summary.host && head.minor_version == 1) return refused(400, "host_missing");
    if (summary.host && !isHost(*summary.host)) return refused(400, "host_invalid");
    if (summary.chunked && head.minor_version == 0) return refused(400, "transfer_encoding_on_http_1_0");
    if (summary.expect && head.minor_version == 1) {  // HTTP/1.0 has no expectations: RFC 9110 §10.1.1
        if (!equalsIgnoringCase(*summary.expect, "100-continue")) return refused(417, "expectation_unknown");
        head.expects_continue = true;
    }
    if (summary.chunked) head.framing = {BodyKind::kChunked, 0};
    if (summary.content_length) head.framing = {BodyKind::kLength, *summary.content_length};
    head.keep_alive = keepsAlive(summary, head.minor_version);
    return std::nullopt;
}

Refusal readStatusLine(std::string_view line, AnswerHeadView& head) {
    constexpr std::size_t kReasonAt = 13;  // "HTTP/1.1 200 "
    if (line.size() < kReasonAt || line[8] != ' ' || line[12] != ' ') return refused(502, "status_line_invalid");
    if (readVersion(line.substr(0, 8), head.minor_version)) return refused(502, "version_invalid");
    const std::string_view digits = line.substr(9, 3);
    if (!std::all_of(digits.begin(), digits.end(), isDigit)) return refused(502, "status_invalid");
    head.status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    if (head.status < 100 || head.status > 599) return refused(502, "status_invalid");
    if (head.status == 101) return refused(502, "upgrade_not_asked_for");
    return std::nullopt;
}

Refusal frameAnswer(const FieldSummary& summary, AnswerHeadView& head) {
    if (summary.chunked && head.minor_version == 0) return refused(502, "transfer_encoding_on_http_1_0");
    const bool never_has_body = head.interim() || head.status == 204;
    if (never_has_body && (summary.chunked || summary.content_length.value_or(0) != 0))
        return refused(502, "body_not_allowed");
    if (never_has_body || head.status == 304) {
        head.framing = {BodyKind::kNone, 0};
    } else if (summary.chunked) {
        head.framing = {BodyKind::kChunked, 0};
    } else if (summary.content_length) {
        head.framing = {BodyKind::kLength, *summary.content_length};
    } else {
        head.framing = {BodyKind::kUntilClose, 0};
    }
    head.keep_alive = keepsAlive(summary, head.minor_version) && head.framing.kind != BodyKind::kUntilClose;
    return std::nullopt;
}

Refusal readAnswer(std::string_view text, const HeadLimits& limits, AnswerHeadView& head) {
    const std::string_view line = takeLine(text);
    if (const Refusal refusal = readStatusLine(line, head)) return refusal;
    if (const Refusal refusal = readFields(text, limits, head.fields)) return refusal;
    FieldSummary summary;
    if (const Refusal refusal = summarize(head.fields, summary)) return refusal;
    return frameAnswer(summary, head);
}

}  // namespace

namespace detail {

HeadProgress HeadScanner::advance(std::string_view buffer) {
    const std::size_t end = std::min(buffer.size(), limits_.head_bytes_max);
    for (; scanned_ < end && progress_ == HeadProgress::kNeedMore; ++scanned_) {
        const char byte = buffer[scanned_];
        if (after_return_) {
            if (byte != '\n') return refuse(400, "bare_carriage_return");
            after_return_ = false;
            endLine();
        } else if (byte == '\r') {
            after_return_ = true;
        } else if (byte == '\n') {
            return refuse(400, "bare_line_feed");
        } else if (isControl(byte)) {
            return refuse(400, "control_byte");
        } else if (byte == ' ' && lines_ == 0) {
            if (first_space_ == 0) {
                first_space_ = scanned_;
            } else if (second_space_ == 0) {
                second_space_ = scanned_;
            }
        }
    }
    if (progress_ == HeadProgress::kNeedMore && lines_ == 0) checkStartLine();
    if (progress_ == HeadProgress::kNeedMore && scanned_ == limits_.head_bytes_max)
        return refuse(431, "head_too_large");
    return progress_;
}

HeadProgress HeadScanner::endLine() {
    const bool empty = line_start_ + 1 == scanned_;  // nothing before the CR
    if (empty && lines_ == 0) return refuse(400, "start_line_empty");
    if (empty) {
        length_ = scanned_ + 1;
        return progress_ = HeadProgress::kComplete;
    }
    if (lines_ == 0 && checkStartLine() == HeadProgress::kRefused) return progress_;
    ++lines_;
    if (lines_ > limits_.fields_max + 1) return refuse(431, "too_many_fields");
    line_start_ = scanned_ + 1;
    return progress_;
}

/// Ends an endless start line as soon as it is known to be one, not when the head's own limit is reached.
HeadProgress HeadScanner::checkStartLine() {
    if (!has_target_) return progress_;
    const std::size_t method_end = first_space_ != 0 ? first_space_ : scanned_;
    if (method_end > kMethodBytesMax) return refuse(400, "method_invalid");
    if (first_space_ == 0) return progress_;
    const std::size_t target_end = second_space_ != 0 ? second_space_ : scanned_;
    const bool too_long = target_end - first_space_ - 1 > limits_.target_bytes_max;
    return too_long ? refuse(414, "target_too_long") : progress_;
}

HeadProgress HeadScanner::refuse(int status, std::string_view reason) {
    refusal_ = {status, reason};
    return progress_ = HeadProgress::kRefused;
}

}  // namespace detail

HeadProgress RequestHeadParser::advance(std::string_view buffer) {
    if (progress_ != HeadProgress::kNeedMore) return progress_;
    progress_ = scanner_.advance(buffer);
    if (progress_ == HeadProgress::kRefused) refusal_ = scanner_.refusal();
    if (progress_ != HeadProgress::kComplete) return progress_;
    if (const Refusal refusal = readRequest(buffer.substr(0, length()), limits_, head_)) {
        refusal_ = *refusal;
        progress_ = HeadProgress::kRefused;
    }
    return progress_;
}

HeadProgress AnswerHeadParser::advance(std::string_view buffer) {
    if (progress_ != HeadProgress::kNeedMore) return progress_;
    progress_ = scanner_.advance(buffer);
    if (progress_ == HeadProgress::kRefused) refusal_ = {502, scanner_.refusal().reason};
    if (progress_ != HeadProgress::kComplete) return progress_;
    if (const Refusal refusal = readAnswer(buffer.substr(0, length()), limits_, head_)) {
        refusal_ = {502, refusal->reason};
        progress_ = HeadProgress::kRefused;
    }
    return progress_;
}

}  // namespace gateway::net
