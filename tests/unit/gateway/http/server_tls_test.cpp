#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/net/tls_context.h"
#include "tests/unit/gateway/http/server_fixture.h"

namespace gateway::http {
namespace {

using namespace testing_support;

/// A blocking TLS client that trusts anybody: who the server is, other tests check.
class TlsClient {
public:
    explicit TlsClient(std::uint16_t port)
        : plain_(port), context_(SSL_CTX_new(TLS_client_method())), tls_(SSL_new(context_.get())) {
        SSL_set_fd(tls_.get(), plain_.socket());
    }
    bool shakeHands() { return SSL_connect(tls_.get()) == 1; }
    bool send(std::string_view bytes) {
        return SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
    }
    /// Everything up to the end, which must be an orderly one.
    std::string readAll() {
        std::string all;
        std::string piece(16 * 1024, '\0');
        int got = 0;
        while ((got = SSL_read(tls_.get(), piece.data(), static_cast<int>(piece.size()))) > 0) {
            all.append(piece, 0, static_cast<std::size_t>(got));
        }
        ended_well_ = SSL_get_error(tls_.get(), got) == SSL_ERROR_ZERO_RETURN;
        return all;
    }
    bool endedWell() const { return ended_well_; }

private:
    RawClient plain_;
    std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* context) { SSL_CTX_free(context); })> context_;
    std::unique_ptr<SSL, decltype([](SSL* tls) { SSL_free(tls); })> tls_;
    bool ended_well_ = false;
};

std::shared_ptr<const net::TlsContext> context() {
    const std::filesystem::path folder{TOLLGATE_TEST_CERTIFICATES};
    return net::TlsContext::server(folder / "server.pem", folder / "server.key");
}

std::size_t countOf(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

TEST(ServerTls, RequestsAreAnsweredAndTheEndIsOrderly) {
    TestServer server;
    TlsClient client{server.listenTls(context())};

    ASSERT_TRUE(client.shakeHands());
    client.send(get("/peer") + post("/echo", "one") + get("/hello", "Connection: close\r\n"));
    const std::string answers = client.readAll();

    EXPECT_EQ(countOf(answers, "HTTP/1.1 200 OK\r\n"), 3U);
    EXPECT_NE(answers.find("tls 127.0.0.1"), std::string::npos);
    EXPECT_TRUE(answers.ends_with("hello"));
    EXPECT_TRUE(client.endedWell());
}

TEST(ServerTls, LargeBodiesGoBothWays) {
    TestServer server;
    TlsClient client{server.listenTls(context())};
    ASSERT_TRUE(client.shakeHands());

    client.send(post("/measure", std::string(2'097'151, 'p')));
    client.send(get("/large", "Connection: close\r\n"));
    const std::string answers = client.readAll();

    EXPECT_NE(answers.find("\r\n\r\n2097151"), std::string::npos);
    EXPECT_GT(answers.size(), 8U * 1024 * 1024);
}

TEST(ServerTls, EarlyRefusalIsSeenByAClientThatStillSends) {
    TestServer server;
    TlsClient client{server.listenTls(context())};
    ASSERT_TRUE(client.shakeHands());

    EXPECT_TRUE(client.send(post("/guarded", std::string(2 * 1024 * 1024, 'x'))));

    EXPECT_TRUE(client.readAll().starts_with("HTTP/1.1 401 "));
    EXPECT_EQ(server.handled(), 0U);
}

TEST(ServerTls, PlainRequestOnTheTlsPortIsNotServed) {
    TestServer server;
    RawClient client{server.listenTls(context())};

    client.send(get("/hello"));

    EXPECT_EQ(client.readAll().find("HTTP/"), std::string::npos);
    EXPECT_EQ(server.handled(), 0U);
}

TEST(ServerTls, HandshakeThatIsNotFinishedInTimeIsClosed) {
    Limits limits;
    limits.handshake_deadline = 200ms;
    TestServer server{limits};
    const std::uint16_t port = server.listenTls(context());
    const auto began = std::chrono::steady_clock::now();
    RawClient silent{port};
    RawClient begun{port};

    begun.send(std::string_view{"\x16\x03\x01\x02", 4});

    EXPECT_TRUE(silent.seesEnd());
    EXPECT_GE(std::chrono::steady_clock::now() - began, 200ms);
    EXPECT_TRUE(begun.seesEnd());
}

TEST(ServerTls, ShutdownDoesNotWaitForHandshakes) {
    TestServer server;
    const std::uint16_t port = server.listenTls(context());
    RawClient silent{port};
    TlsClient known{port};
    ASSERT_TRUE(known.shakeHands());  // so the server has taken both

    EXPECT_TRUE(server.server().shutdown(kPatience));

    EXPECT_TRUE(silent.seesEnd());
}

}  // namespace
}  // namespace gateway::http
