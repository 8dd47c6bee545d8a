#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "tests/unit/gateway/http/server_fixture.h"

namespace gateway::http {
namespace {

using namespace std::string_literals;
using namespace testing_support;

/// What hides behind a message that two readers could cut at different places.
const std::string kHidden = get("/hello");

struct Vector {
    const char* name;
    std::string bytes;
    int status;
};
void PrintTo(const Vector& vector, std::ostream* out) {
    *out << vector.name;
}

class HostileBytes : public testing::TestWithParam<Vector> {};

TEST_P(HostileBytes, AreRefusedAndNothingBehindThemIsRead) {
    TestServer server;
    RawClient client = server.connect();

    client.send(GetParam().bytes + kHidden + kHidden);
    const Answer answer = client.readAnswer();
    client.finishSending();

    EXPECT_EQ(answer.status, GetParam().status);
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_EQ(answer.field("Content-Type"), "application/problem+json");
    EXPECT_NE(answer.field("Tollgate-Error"), "");
    EXPECT_TRUE(client.seesEnd());
    EXPECT_EQ(server.handled(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Framing, HostileBytes,
    testing::Values(
        Vector{"LengthAndEncoding", post("/echo", "0\r\n\r\n", "Transfer-Encoding: chunked\r\n"), 400},
        Vector{"EncodingAndLength",
               "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
               400},
        Vector{"LengthTwice", post("/echo", "12345", "Content-Length: 0\r\n"), 400},
        Vector{"LengthList", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1,0\r\n\r\n", 400},
        Vector{"LengthNegative", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", 400},
        Vector{"EncodingUnknown", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n",
               501},
        Vector{"EncodingHiddenByTab", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
               400},
        Vector{"ChunkSizeSigned", postChunked("/echo", "+5\r\nhello\r\n0\r\n\r\n"), 400},
        Vector{"ChunkSizeHexPrefix", postChunked("/echo", "0x5\r\nhello\r\n0\r\n\r\n"), 400},
        Vector{"ChunkSizeNine", postChunked("/echo", "000000000\r\n\r\n"), 400},
        Vector{"ChunkExtension", postChunked("/echo", "5;x=\"\r\n\"\r\nhello\r\n0\r\n\r\n"), 400},
        Vector{"ChunkBareLineFeed", postChunked("/echo", "5\nhello\n0\n\n"), 400},
        Vector{"ChunkLongerThanSaid", postChunked("/echo", "4\r\nhello\r\n0\r\n\r\n"), 400},
        Vector{"Trailer", postChunked("/echo", "0\r\nContent-Length: 5\r\n\r\n"), 400},
        Vector{"ChunkTooLarge", postChunked("/echo", "ffffffff\r\n"), 413}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Head, HostileBytes,
    testing::Values(
        Vector{"BareLineFeed", "GET /hello HTTP/1.1\nHost: a\n\n", 400},
        Vector{"Folding", get("/hello", "X: a\r\n b\r\n"), 400}, Vector{"Nul", get("/hello", "X: a\0b\r\n"s), 400},
        Vector{"NoHost", "GET /hello HTTP/1.1\r\n\r\n", 400}, Vector{"TwoHosts", get("/hello", "Host: b\r\n"), 400},
        Vector{"AbsoluteForm", "GET http://b/hello HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Vector{"Http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        Vector{"TlsOnPlainPort", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1"s, 400},
        Vector{"TargetTooLong", get("/" + std::string(4096, 'a')), 414},
        Vector{"ValueTooLong", get("/hello", "X: " + std::string(4097, 'a') + "\r\n"), 431},
        Vector{"HeadTooLarge",
               get("/hello", "A: " + std::string(4096, 'a') + "\r\nB: " + std::string(4096, 'a') +
                                 "\r\nC: " + std::string(4096, 'a') + "\r\nD: " + std::string(4096, 'a') + "\r\n"),
               431}),
    [](const auto& row) { return row.param.name; });

TEST(HostileRequests, LimitsOfTheListenerAreExact) {
    Limits limits;
    limits.uri_bytes_max = 20;
    limits.head_bytes_max = 100;
    limits.head_fields_max = 3;
    limits.field_value_bytes_max = 30;
    TestServer server{limits};
    const std::string base = get("/hello", "X: \r\n");

    EXPECT_EQ(server.ask(get("/hello?" + std::string(12, 'q'))).status, 200);
    EXPECT_EQ(server.ask(get("/hello?" + std::string(13, 'q'))).status, 200);
    EXPECT_EQ(server.ask(get("/hello?" + std::string(14, 'q'))).status, 414);
    EXPECT_EQ(server.ask(get("/hello", "A: 1\r\n")).status, 200);
    EXPECT_EQ(server.ask(get("/hello", "A: 1\r\nB: 2\r\n")).status, 200);
    EXPECT_EQ(server.ask(get("/hello", "A: 1\r\nB: 2\r\nC: 3\r\n")).status, 431);
    EXPECT_EQ(server.ask(get("/hello", "X: " + std::string(29, 'v') + "\r\n")).status, 200);
    EXPECT_EQ(server.ask(get("/hello", "X: " + std::string(30, 'v') + "\r\n")).status, 200);
    EXPECT_EQ(server.ask(get("/hello", "X: " + std::string(31, 'v') + "\r\n")).status, 431);
    EXPECT_EQ(server.ask(get("/hello", std::string(99 - base.size(), 'N') + "X: \r\n")).status, 200);
    EXPECT_EQ(server.ask(get("/hello", std::string(100 - base.size(), 'N') + "X: \r\n")).status, 200);
    EXPECT_EQ(server.ask(get("/hello", std::string(101 - base.size(), 'N') + "X: \r\n")).status, 431);
}

}  // namespace
}  // namespace gateway::http
