#include "gateway/net/http1_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

namespace gateway::net {
namespace {

using namespace std::string_literals;

std::string requestWith(const std::string& fields) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string answerWith(const std::string& status, const std::string& fields) {
    return "HTTP/1.1 " + status + "\r\n" + fields + "\r\n";
}

struct Outcome {
    HeadProgress progress;
    int status = 0;
    std::string reason;
};

Outcome readWhole(const std::string& text, const HeadLimits& limits = {}) {
    RequestHeadParser parser{limits};
    const HeadProgress progress = parser.advance(text);
    if (progress != HeadProgress::kRefused) return {progress, 0, {}};
    return {progress, parser.refusal().status, std::string{parser.refusal().reason}};
}

/// Byte by byte, each time in memory of its own, as a growing buffer that moves.
Outcome readDripping(const std::string& text, const HeadLimits& limits = {}) {
    RequestHeadParser parser{limits};
    for (std::size_t size = 1; size <= text.size(); ++size) {
        const std::string received = text.substr(0, size);
        const HeadProgress progress = parser.advance(received);
        if (progress == HeadProgress::kComplete) return {progress, 0, {}};
        if (progress == HeadProgress::kRefused)
            return {progress, parser.refusal().status, std::string{parser.refusal().reason}};
    }
    return {HeadProgress::kNeedMore, 0, {}};
}

TEST(RequestHeadParser, WholeHeadGivesItsParts) {
    const std::string text =
        "POST /cv/ocr/driving?access_token=k HTTP/1.1\r\nHost: api.example:8080\r\nX-Thing:  two words "
        "\t\r\nContent-Length: 5\r\n\r\nhello";
    RequestHeadParser parser{HeadLimits{}};

    ASSERT_EQ(parser.advance(text), HeadProgress::kComplete);

    const RequestHeadView& head = parser.head();
    EXPECT_EQ(parser.length(), text.size() - 5);
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.target, "/cv/ocr/driving?access_token=k");
    EXPECT_EQ(head.minor_version, 1);
    ASSERT_EQ(head.fields.size(), 3U);
    EXPECT_EQ(head.fields[1].name, "X-Thing");
    EXPECT_EQ(head.fields[1].value, "two words");
    EXPECT_EQ(head.framing.kind, BodyKind::kLength);
    EXPECT_EQ(head.framing.length, 5U);
    EXPECT_TRUE(head.keep_alive);
    EXPECT_FALSE(head.expects_continue);
}

TEST(RequestHeadParser, HeadInSingleBytesReadsTheSame) {
    const std::string text = "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n";
    RequestHeadParser parser{HeadLimits{}};
    std::string received;
    for (const char byte : text.substr(0, text.size() - 1)) {
        received.push_back(byte);
        ASSERT_EQ(parser.advance(received), HeadProgress::kNeedMore) << received.size();
    }
    received.push_back('\n');

    ASSERT_EQ(parser.advance(received), HeadProgress::kComplete);

    EXPECT_EQ(parser.length(), text.size());
    EXPECT_EQ(parser.head().method, "PUT");
    EXPECT_EQ(parser.head().framing.kind, BodyKind::kChunked);
    EXPECT_TRUE(parser.head().expects_continue);
}

struct RefusedHead {
    const char* name;
    std::string text;
    int status;
    const char* reason;
};
void PrintTo(const RefusedHead& head, std::ostream* out) {
    *out << head.name;
}

class RequestHeadRefusals : public testing::TestWithParam<RefusedHead> {};

TEST_P(RequestHeadRefusals, WholeOrDrippingTheyAreRefused) {
    const RefusedHead& head = GetParam();

    for (const Outcome& outcome : {readWhole(head.text), readDripping(head.text)}) {
        EXPECT_EQ(outcome.progress, HeadProgress::kRefused);
        EXPECT_EQ(outcome.status, head.status);
        EXPECT_EQ(outcome.reason, head.reason);
    }
}

INSTANTIATE_TEST_SUITE_P(
    StartLine, RequestHeadRefusals,
    testing::Values(
        RefusedHead{"LeadingEmptyLine", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "start_line_empty"},
        RefusedHead{"BareLineFeed", "GET / HTTP/1.1\nHost: a\n\n", 400, "bare_line_feed"},
        RefusedHead{"BareLineFeedInField", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400, "bare_line_feed"},
        RefusedHead{"BareCarriageReturn", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400, "bare_carriage_return"},
        RefusedHead{"CarriageReturnTwice", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400, "bare_carriage_return"},
        RefusedHead{"NulByte", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, 400, "control_byte"},
        RefusedHead{"NulInField", requestWith("X: a\0b\r\n"s), 400, "control_byte"},
        RefusedHead{"EscapeInField", requestWith("X: \x1b[2J\r\n"), 400, "control_byte"},
        RefusedHead{"Delete", requestWith("X: \x7f\r\n"), 400, "control_byte"},
        RefusedHead{"TlsHello", "\x16\x03\x01\x02"s, 400, "control_byte"},
        RefusedHead{"NoVersion", "GET /\r\nHost: a\r\n\r\n", 400, "request_line_invalid"},
        RefusedHead{"TwoSpacesBeforeTarget", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "version_invalid"},
        RefusedHead{"TwoSpacesBeforeVersion", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "version_invalid"},
        RefusedHead{"SpaceBehindVersion", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "version_invalid"},
        RefusedHead{"TabForSpace", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400, "request_line_invalid"},
        RefusedHead{"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "version_invalid"},
        RefusedHead{"LeadingSpace", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "method_invalid"},
        RefusedHead{"MethodNotToken", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "method_invalid"},
        RefusedHead{"MethodTooLong", std::string(33, 'G') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "method_invalid"},
        RefusedHead{"Http09", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505, "version_not_supported"},
        RefusedHead{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version_not_supported"},
        RefusedHead{"Http12", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, "version_not_supported"},
        RefusedHead{"LowerCaseVersion", "GET / http/1.1\r\nHost: a\r\n\r\n", 400, "version_invalid"},
        RefusedHead{"LongVersion", "GET / HTTP/1.11\r\nHost: a\r\n\r\n", 400, "version_invalid"},
        RefusedHead{"AbsoluteForm", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target_form_not_supported"},
        RefusedHead{"AsteriskForm", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target_form_not_supported"},
        RefusedHead{"AuthorityForm", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target_form_not_supported"},
        RefusedHead{"Fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target_invalid"},
        RefusedHead{"Backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target_invalid"},
        RefusedHead{"NotAscii", "GET /\xe8\xa1\x8c HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target_invalid"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Fields, RequestHeadRefusals,
    testing::Values(RefusedHead{"NoColon", requestWith("X-Thing\r\n"), 400, "field_without_colon"},
                    RefusedHead{"Folded", requestWith("X: a\r\n b\r\n"), 400, "folded_field"},
                    RefusedHead{"FoldedByTab", requestWith("X: a\r\n\tb\r\n"), 400, "folded_field"},
                    RefusedHead{"FoldedFirst", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "folded_field"},
                    RefusedHead{"SpaceBeforeColon", requestWith("X : a\r\n"), 400, "field_name_invalid"},
                    RefusedHead{"EmptyName", requestWith(": a\r\n"), 400, "field_name_invalid"},
                    RefusedHead{"NameNotAscii", requestWith("X\xc3\xa9: a\r\n"), 400, "field_name_invalid"},
                    RefusedHead{"HostMissing", "GET / HTTP/1.1\r\n\r\n", 400, "host_missing"},
                    RefusedHead{"HostTwice", requestWith("Host: a\r\n"), 400, "host_repeated"},
                    RefusedHead{"HostTwiceOtherCase", requestWith("hOST: b\r\n"), 400, "host_repeated"},
                    RefusedHead{"HostEmpty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "host_invalid"},
                    RefusedHead{"HostWithUser", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "host_invalid"},
                    RefusedHead{"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "host_invalid"},
                    RefusedHead{"HostList", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "host_invalid"},
                    RefusedHead{"HostEmptyPort", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", 400, "host_invalid"},
                    RefusedHead{"HostPortTooLarge", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400, "host_invalid"},
                    RefusedHead{"HostPortSigned", "GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n", 400, "host_invalid"},
                    RefusedHead{"HostBracketOpen", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, "host_invalid"},
                    RefusedHead{"HostBracketName", "GET / HTTP/1.1\r\nHost: [abc]\r\n\r\n", 400, "host_invalid"},
                    RefusedHead{"HostMalformedOn10", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400, "host_invalid"},
                    RefusedHead{"ConnectionMalformed", requestWith("Connection: cl(ose\r\n"), 400,
                                "connection_invalid"},
                    RefusedHead{"OtherExpectation", requestWith("Expect: 200-ok\r\n"), 417, "expectation_unknown"},
                    RefusedHead{"ExpectTwice", requestWith("Expect: 100-continue\r\nExpect: 100-continue\r\n"), 417,
                                "expectation_unknown"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Smuggling, RequestHeadRefusals,
    testing::Values(
        RefusedHead{"LengthThenEncoding", requestWith("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"), 400,
                    "length_and_transfer_encoding"},
        RefusedHead{"EncodingThenLength", requestWith("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"), 400,
                    "length_and_transfer_encoding"},
        RefusedHead{"LengthTwiceEqual", requestWith("Content-Length: 4\r\nContent-Length: 4\r\n"), 400,
                    "content_length_repeated"},
        RefusedHead{"LengthTwiceDifferent", requestWith("Content-Length: 4\r\ncontent-length: 0\r\n"), 400,
                    "content_length_repeated"},
        RefusedHead{"LengthList", requestWith("Content-Length: 1,0\r\n"), 400, "content_length_invalid"},
        RefusedHead{"LengthListEqual", requestWith("Content-Length: 4, 4\r\n"), 400, "content_length_invalid"},
        RefusedHead{"LengthEmpty", requestWith("Content-Length:\r\n"), 400, "content_length_invalid"},
        RefusedHead{"LengthPlus", requestWith("Content-Length: +4\r\n"), 400, "content_length_invalid"},
        RefusedHead{"LengthMinus", requestWith("Content-Length: -1\r\n"), 400, "content_length_invalid"},
        RefusedHead{"LengthHex", requestWith("Content-Length: 0x10\r\n"), 400, "content_length_invalid"},
        RefusedHead{"LengthInnerSpace", requestWith("Content-Length: 1 0\r\n"), 400, "content_length_invalid"},
        RefusedHead{"LengthTooLong", requestWith("Content-Length: 1234567890123456789\r\n"), 400,
                    "content_length_invalid"},
        RefusedHead{"LengthPastSixtyFourBits", requestWith("Content-Length: 18446744073709551620\r\n"), 400,
                    "content_length_invalid"},
        RefusedHead{"EncodingTwice", requestWith("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400,
                    "transfer_encoding_repeated"},
        RefusedHead{"EncodingGzip", requestWith("Transfer-Encoding: gzip\r\n"), 501, "transfer_encoding_unknown"},
        RefusedHead{"EncodingList", requestWith("Transfer-Encoding: gzip, chunked\r\n"), 501,
                    "transfer_encoding_unknown"},
        RefusedHead{"EncodingChunkedTwiceInList", requestWith("Transfer-Encoding: chunked, chunked\r\n"), 501,
                    "transfer_encoding_unknown"},
        RefusedHead{"EncodingIdentity", requestWith("Transfer-Encoding: identity\r\n"), 501,
                    "transfer_encoding_unknown"},
        RefusedHead{"EncodingMisspelt", requestWith("Transfer-Encoding: xchunked\r\n"), 501,
                    "transfer_encoding_unknown"},
        RefusedHead{"EncodingWithParameter", requestWith("Transfer-Encoding: chunked;a=b\r\n"), 501,
                    "transfer_encoding_unknown"},
        RefusedHead{"EncodingQuoted", requestWith("Transfer-Encoding: \"chunked\"\r\n"), 501,
                    "transfer_encoding_unknown"},
        RefusedHead{"EncodingSpaceBeforeColon", requestWith("Transfer-Encoding : chunked\r\n"), 400,
                    "field_name_invalid"},
        RefusedHead{"EncodingVerticalTab",
                    requestWith("Transfer-Encoding: \x0b"
                                "chunked\r\n"),
                    400, "control_byte"},
        RefusedHead{"EncodingFolded", requestWith("Transfer-Encoding:\r\n chunked\r\n"), 400, "folded_field"},
        RefusedHead{"EncodingOn10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
                    "transfer_encoding_on_http_1_0"}),
    [](const auto& row) { return row.param.name; });

TEST(RequestHeadParser, WellFormedHostsAreTaken) {
    for (const std::string host : {"a", "api.weixin.qq.com", "localhost:8080", "127.0.0.1:1", "[::1]:8443",
                                   "[2001:db8::1]", "my_host", "a:65535"}) {
        EXPECT_EQ(readWhole("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").progress, HeadProgress::kComplete) << host;
    }
}

TEST(RequestHeadParser, VersionAndConnectionDecideKeepAlive) {
    struct Row {
        const char* version;
        const char* fields;
        bool keep_alive;
    };
    for (const Row& row :
         {Row{"1.1", "", true}, Row{"1.1", "Connection: close\r\n", false},
          Row{"1.1", "Connection: Keep-Alive, CLOSE\r\n", false},
          Row{"1.1", "Connection: upgrade\r\nConnection: close\r\n", false}, Row{"1.0", "", false},
          Row{"1.0", "Connection: keep-alive\r\n", true}, Row{"1.0", "Connection: keep-alive, close\r\n", false}}) {
        RequestHeadParser parser{HeadLimits{}};
        const std::string text = "GET / HTTP/"s + row.version + "\r\nHost: a\r\n" + row.fields + "\r\n";

        ASSERT_EQ(parser.advance(text), HeadProgress::kComplete);

        EXPECT_EQ(parser.head().keep_alive, row.keep_alive) << text;
    }
}

TEST(RequestHeadParser, Version10NeedsNoHostAndHasNoExpectation) {
    RequestHeadParser parser{HeadLimits{}};

    ASSERT_EQ(parser.advance("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"),
              HeadProgress::kComplete);

    EXPECT_FALSE(parser.head().expects_continue);
}

TEST(RequestHeadParser, MessageWithoutFramingFieldsHasNoBody) {
    for (const std::string method : {"GET", "POST", "DELETE", "PATCH"}) {
        RequestHeadParser parser{HeadLimits{}};
        const std::string text = method + " / HTTP/1.1\r\nHost: a\r\n\r\n";

        ASSERT_EQ(parser.advance(text), HeadProgress::kComplete);

        EXPECT_EQ(parser.head().framing.kind, BodyKind::kNone) << method;
    }
}

TEST(RequestHeadParser, BodyIsFramedTheSameForEveryMethod) {
    for (const std::string method : {"GET", "HEAD", "DELETE", "TRACE", "BREW"}) {
        RequestHeadParser parser{HeadLimits{}};
        const std::string text = method + " / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n";

        ASSERT_EQ(parser.advance(text), HeadProgress::kComplete);

        EXPECT_EQ(parser.head().framing.kind, BodyKind::kLength) << method;
        EXPECT_EQ(parser.head().framing.length, 7U) << method;
    }
}

TEST(RequestHeadParser, TargetOfTheLimitIsTakenOneMoreIsNot) {
    const auto withTarget = [](std::size_t bytes) {
        return "GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
    };

    EXPECT_EQ(readDripping(withTarget(4095)).progress, HeadProgress::kComplete);
    EXPECT_EQ(readDripping(withTarget(4096)).progress, HeadProgress::kComplete);
    EXPECT_EQ(readWhole(withTarget(4096)).progress, HeadProgress::kComplete);
    EXPECT_EQ(readWhole(withTarget(4097)).status, 414);
    EXPECT_EQ(readDripping(withTarget(4097)).status, 414);
}

TEST(RequestHeadParser, EndlessTargetIsRefusedBeforeItsEnd) {
    RequestHeadParser parser{HeadLimits{}};

    EXPECT_EQ(parser.advance("GET /" + std::string(4096, 'a')), HeadProgress::kRefused);
    EXPECT_EQ(parser.refusal().status, 414);
}

TEST(RequestHeadParser, EndlessMethodIsRefusedBeforeItsEnd) {
    const std::string endless(33, 'G');

    EXPECT_EQ(readWhole(endless).reason, "method_invalid");
    EXPECT_EQ(readWhole(endless + " /").reason, "method_invalid");
    EXPECT_EQ(readDripping(endless + " /").reason, "method_invalid");
    EXPECT_EQ(readWhole(endless.substr(1) + " /").progress, HeadProgress::kNeedMore);
}

TEST(RequestHeadParser, HeadOfTheLimitIsTakenOneMoreIsNot) {
    HeadLimits limits;
    limits.head_bytes_max = 128;
    const auto ofBytes = [](std::size_t bytes) {
        const std::string without = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n";
        return "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(bytes - without.size(), 'x') + "\r\n\r\n";
    };

    EXPECT_EQ(readWhole(ofBytes(127), limits).progress, HeadProgress::kComplete);
    EXPECT_EQ(readWhole(ofBytes(128), limits).progress, HeadProgress::kComplete);
    EXPECT_EQ(readDripping(ofBytes(128), limits).progress, HeadProgress::kComplete);
    EXPECT_EQ(readWhole(ofBytes(129), limits).status, 431);
    EXPECT_EQ(readDripping(ofBytes(129), limits).reason, "head_too_large");
}

TEST(RequestHeadParser, FieldsOfTheLimitAreTakenOneMoreIsNot) {
    const auto withFields = [](int count) {
        std::string fields;
        for (int i = 1; i < count; ++i) fields += "X" + std::to_string(i) + ": y\r\n";  // Host is one
        return requestWith(fields);
    };

    EXPECT_EQ(readWhole(withFields(63)).progress, HeadProgress::kComplete);
    EXPECT_EQ(readWhole(withFields(64)).progress, HeadProgress::kComplete);
    EXPECT_EQ(readWhole(withFields(65)).status, 431);
    EXPECT_EQ(readDripping(withFields(65)).reason, "too_many_fields");
}

TEST(RequestHeadParser, ValueOfTheLimitIsTakenOneMoreIsNot) {
    EXPECT_EQ(readWhole(requestWith("X: " + std::string(4095, 'y') + "\r\n")).progress, HeadProgress::kComplete);
    EXPECT_EQ(readWhole(requestWith("X: " + std::string(4096, 'y') + "\r\n")).progress, HeadProgress::kComplete);
    EXPECT_EQ(readWhole(requestWith("X: " + std::string(4097, 'y') + "\r\n")).reason, "field_value_too_long");
}

TEST(RequestHeadParser, RefusalStaysWhateverComesNext) {
    RequestHeadParser parser{HeadLimits{}};
    ASSERT_EQ(parser.advance("\n"), HeadProgress::kRefused);

    EXPECT_EQ(parser.advance("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), HeadProgress::kRefused);
}

TEST(RequestHeadParser, ValueMayHoldTabulatorsAndOtherAlphabets) {
    RequestHeadParser parser{HeadLimits{}};
    const std::string text = requestWith("User-Agent: \xe5\xb0\x8f\tx\r\n");

    ASSERT_EQ(parser.advance(text), HeadProgress::kComplete);

    EXPECT_EQ(parser.head().fields.back().value, "\xe5\xb0\x8f\tx");
}

TEST(AnswerHeadParser, WholeAnswerGivesItsParts) {
    AnswerHeadParser parser{HeadLimits{}};

    ASSERT_EQ(parser.advance("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"),
              HeadProgress::kComplete);

    EXPECT_EQ(parser.head().status, 200);
    EXPECT_EQ(parser.head().fields.size(), 2U);
    EXPECT_EQ(parser.head().framing.kind, BodyKind::kLength);
    EXPECT_EQ(parser.head().framing.length, 2U);
    EXPECT_TRUE(parser.head().keep_alive);
}

TEST(AnswerHeadParser, StatusAndFieldsDecideTheBody) {
    struct Row {
        const char* status;
        const char* fields;
        BodyKind kind;
        bool keep_alive;
    };
    for (const Row& row :
         {Row{"100 Continue", "", BodyKind::kNone, true}, Row{"204 No Content", "", BodyKind::kNone, true},
          Row{"204 No Content", "Content-Length: 0\r\n", BodyKind::kNone, true},
          Row{"304 Not Modified", "Content-Length: 9\r\n", BodyKind::kNone, true},
          Row{"200 OK", "Transfer-Encoding: Chunked\r\n", BodyKind::kChunked, true},
          Row{"200 OK", "Content-Length: 0\r\nConnection: close\r\n", BodyKind::kLength, false},
          Row{"200 ", "", BodyKind::kUntilClose, false}}) {
        AnswerHeadParser parser{HeadLimits{}};

        ASSERT_EQ(parser.advance(answerWith(row.status, row.fields)), HeadProgress::kComplete) << row.status;

        EXPECT_EQ(parser.head().framing.kind, row.kind) << row.status;
        EXPECT_EQ(parser.head().keep_alive, row.keep_alive) << row.status;
    }
}

TEST(AnswerHeadParser, MalformedAnswersAreRefused) {
    for (const std::string& text :
         {"HTTP/1.1 200\r\n\r\n"s, "HTTP/1.1  200 OK\r\n\r\n"s, "HTTP/1.1 2x0 OK\r\n\r\n"s, "HTTP/1.1 099 X\r\n\r\n"s,
          "HTTP/1.1 600 X\r\n\r\n"s, "HTTP/2.0 200 OK\r\n\r\n"s, "ICY 200 OK\r\n\r\n"s,
          "HTTP/1.1 200 OK\nContent-Length: 0\n\n"s, answerWith("101 Switching Protocols", ""),
          answerWith("200 OK", "Content-Length: 1\r\nContent-Length: 1\r\n"),
          answerWith("200 OK", "Content-Length: 1, 1\r\n"),
          answerWith("200 OK", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
          answerWith("200 OK", "Transfer-Encoding: gzip, chunked\r\n"),
          answerWith("204 No Content", "Content-Length: 1\r\n"),
          answerWith("100 Continue", "Transfer-Encoding: chunked\r\n"),
          "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"s, answerWith("200 OK", "X: a\r\n b\r\n"),
          answerWith("200 OK", "X: a\0b\r\n"s)}) {
        AnswerHeadParser parser{HeadLimits{}};

        EXPECT_EQ(parser.advance(text), HeadProgress::kRefused) << text;
        EXPECT_EQ(parser.refusal().status, 502) << text;
    }
}

TEST(AnswerHeadParser, HeadPastTheLimitIsRefused) {
    AnswerHeadParser parser{HeadLimits{}};

    EXPECT_EQ(parser.advance("HTTP/1.1 200 OK\r\nX: " + std::string(16 * 1024, 'x')), HeadProgress::kRefused);
    EXPECT_EQ(parser.refusal().reason, "head_too_large");
}

TEST(AnswerHeadParser, InterimAnswerIsAHeadOfItsOwn) {
    const std::string text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    AnswerHeadParser first{HeadLimits{}};
    AnswerHeadParser second{HeadLimits{}};

    ASSERT_EQ(first.advance(text), HeadProgress::kComplete);
    ASSERT_EQ(second.advance(std::string_view{text}.substr(first.length())), HeadProgress::kComplete);

    EXPECT_TRUE(first.head().interim());
    EXPECT_EQ(second.head().status, 200);
}

}  // namespace
}  // namespace gateway::net
