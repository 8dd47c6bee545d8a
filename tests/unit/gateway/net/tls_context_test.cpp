#include "gateway/net/tls_context.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>

#include "gateway/net/loop_group.h"
#include "gateway/net/stream.h"
#include "tests/unit/gateway/net/loop_fixture.h"
#include "tests/unit/gateway/net/raw_tls_server.h"
#include "tests/unit/gateway/net/scripted_server.h"

namespace gateway::net {
namespace {

using namespace std::chrono_literals;
using tenants::Task;
using testing::certificates;
using testing::clientContext;
using testing::in;
using testing::RawTlsServer;
using testing::runOn;
using testing::ScriptedServer;
using testing::serverContext;
using testing::soon;

std::string refusalOf(const std::function<void()>& make) {
    try {
        make();
    } catch (const std::runtime_error& refusal) {
        return refusal.what();
    }
    return {};
}

TEST(TlsContext, MissingFilesAreNamed) {
    const auto missing = certificates() / "missing.pem";
    const auto good = certificates() / "server.pem";

    EXPECT_NE(refusalOf([&] { TlsContext::server(missing, missing); }).find("missing.pem"), std::string::npos);
    EXPECT_NE(refusalOf([&] { TlsContext::server(good, missing); }).find("missing.pem"), std::string::npos);
    EXPECT_NE(refusalOf([&] { TlsContext::client("localhost", missing); }).find("missing.pem"), std::string::npos);
}

TEST(TlsContext, KeyOfAnotherCertificateIsRefused) {
    const auto refusal =
        refusalOf([] { TlsContext::server(certificates() / "server.pem", certificates() / "wrong-name.key"); });

    EXPECT_NE(refusal.find("wrong-name.key"), std::string::npos) << refusal;
}

TEST(TlsContext, EmptyNameCannotBePinned) {
    EXPECT_NE(refusalOf([] { TlsContext::client("", certificates() / "ca.pem"); }), "");
}

/// Connects, sends a line, waits for it to come back, says goodbye. The text that came, or the failure's reason.
Task<std::variant<std::string, ConnectFailure>> echo(SocketAddress address, std::shared_ptr<const TlsContext> tls,
                                                     tenants::SteadyTime deadline) {
    ConnectResult made = co_await connect(address, tls, deadline);
    if (auto* failure = std::get_if<ConnectFailure>(&made)) co_return std::move(*failure);
    Stream& stream = std::get<Stream>(made);
    co_await testing::writeText(stream, "hello\n", deadline);
    std::string text = co_await testing::readUntil(stream, "\n", deadline);
    stream.shutdownWrite();
    co_return text;
}

Task<std::string> sayHello(Stream& stream) {
    co_await testing::writeText(stream, "hello\n", soon());
    co_return co_await testing::readUntil(stream, "\n", soon());
}

class TlsConnection : public ::testing::Test {
protected:
    TlsConnection() { loops_.start(); }
    auto echoFrom(const SocketAddress& address, std::shared_ptr<const TlsContext> tls,
                  tenants::SteadyTime deadline = soon()) {
        return runOn(loops_.at(0), [&] { return echo(address, tls, deadline); });
    }
    /// The reason of a failure of that kind; empty where it was another, or none.
    std::string failureOf(const SocketAddress& address, std::shared_ptr<const TlsContext> tls,
                          ConnectFailure::Kind kind, tenants::SteadyTime deadline = soon()) {
        const auto result = echoFrom(address, std::move(tls), deadline);
        const auto* failure = std::get_if<ConnectFailure>(&result);
        return failure != nullptr && failure->kind == kind ? failure->reason : std::string{};
    }

    LoopGroup loops_{1};
};

TEST_F(TlsConnection, ClientSendsTheNameAndUsesAeadWithForwardSecrecy) {
    RawTlsServer modern{1, TLS1_3_VERSION, TLS1_3_VERSION};
    RawTlsServer older{1, TLS1_2_VERSION, TLS1_2_VERSION};

    EXPECT_EQ(std::get<std::string>(echoFrom(modern.address(), clientContext("api.weixin.qq.com"))), "hello\n");
    EXPECT_EQ(std::get<std::string>(echoFrom(older.address(), clientContext("pay.tollgate.test"))), "hello\n");

    EXPECT_EQ(modern.finish().at(0).version, "TLSv1.3");
    EXPECT_EQ(modern.finish().at(0).name, "api.weixin.qq.com");
    EXPECT_EQ(older.finish().at(0).version, "TLSv1.2");
    EXPECT_EQ(older.finish().at(0).cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
}

TEST_F(TlsConnection, NumericHostIsPinnedAsAnAddressAndNotSent) {
    RawTlsServer server{1, TLS1_2_VERSION, TLS1_3_VERSION};

    EXPECT_EQ(std::get<std::string>(echoFrom(server.address(), clientContext("127.0.0.1"))), "hello\n");

    EXPECT_EQ(server.finish().at(0).name, "");
}

TEST_F(TlsConnection, LaterConnectionsResumeTheSession) {
    RawTlsServer server{3, TLS1_2_VERSION, TLS1_3_VERSION};
    const auto client = clientContext();

    for (int round = 0; round < 3; ++round)
        ASSERT_TRUE(std::holds_alternative<std::string>(echoFrom(server.address(), client)));

    const auto& seen = server.finish();
    EXPECT_FALSE(seen.at(0).resumed);
    EXPECT_TRUE(seen.at(1).resumed);
    EXPECT_TRUE(seen.at(2).resumed);
}

TEST_F(TlsConnection, PeersThatAreNotTheUpstreamAreRefusedBeforeAnyByte) {
    struct Case {
        const char* certificate;
        const char* host;
        const char* reason;
    };
    for (const Case& bad :
         {Case{"wrong-name", "localhost", "tls: certificate: hostname mismatch"},
          Case{"common-name-only", "localhost", "tls: certificate: hostname mismatch"},
          Case{"server", "evil.localhost", "tls: certificate: hostname mismatch"},
          Case{"server", "a.b.tollgate.test", "tls: certificate: hostname mismatch"},
          Case{"server", "127.0.0.2", "tls: certificate: IP address mismatch"},
          Case{"expired", "localhost", "tls: certificate: certificate has expired"},
          Case{"other-ca-server", "localhost", "tls: certificate: unable to get local issuer certificate"}}) {
        RawTlsServer server{1, TLS1_2_VERSION, TLS1_3_VERSION, bad.certificate};

        const auto reason = failureOf(server.address(), clientContext(bad.host), ConnectFailure::Kind::kTlsRefused);

        EXPECT_EQ(reason, bad.reason) << bad.certificate;
        EXPECT_EQ(server.finish().at(0).plain_bytes, 0U) << bad.certificate;
    }
}

TEST_F(TlsConnection, RenewedContextCountsForNewConnectionsAndOldOnesEndInPeace) {
    const auto tls = std::make_shared<RenewableTls>(clientContext("localhost", "ca"));
    RawTlsServer known{3, TLS1_2_VERSION, TLS1_3_VERSION};
    RawTlsServer stranger{2, TLS1_2_VERSION, TLS1_3_VERSION, "other-ca-server"};
    ASSERT_TRUE(std::holds_alternative<std::string>(echoFrom(known.address(), tls)));
    ASSERT_NE(failureOf(stranger.address(), tls, ConnectFailure::Kind::kTlsRefused), "");
    std::optional<ConnectResult> standing = runOn(loops_.at(0), [&] { return connect(known.address(), tls, soon()); });
    ASSERT_TRUE(std::holds_alternative<Stream>(*standing));

    tls->renew(clientContext("localhost", "other-ca"));

    // Its tickets come now, for a context that is gone but for its connections.
    const std::string echoed =
        runOn(loops_.at(0), [&]() -> Task<std::string> { return sayHello(std::get<Stream>(*standing)); });
    EXPECT_EQ(echoed, "hello\n");
    testing::callOn(loops_.at(0), [&] { standing.reset(); });
    EXPECT_TRUE(std::holds_alternative<std::string>(echoFrom(stranger.address(), tls)));
    EXPECT_NE(failureOf(known.address(), tls, ConnectFailure::Kind::kTlsRefused), "");
    EXPECT_FALSE(known.finish().at(2).handshake_done) << "trusted by a session from before";
}

TEST_F(TlsConnection, OldProtocolIsRefused) {
    RawTlsServer server{1, TLS1_VERSION, TLS1_1_VERSION};

    EXPECT_NE(failureOf(server.address(), clientContext(), ConnectFailure::Kind::kTlsRefused), "");

    EXPECT_FALSE(server.finish().at(0).handshake_done);
}

/// Takes the connection, reads what comes and never says a word.
Task<void> staySilent(AcceptedSocket accepted) {
    Stream stream = adoptPlain(std::move(accepted.socket));
    co_await testing::drain(stream, soon());
}

Task<void> answerInPlain(AcceptedSocket accepted) {
    Stream stream = adoptPlain(std::move(accepted.socket));
    co_await testing::writeText(stream, "HTTP/1.1 400 Bad Request\r\n\r\n", soon());
    co_await testing::drain(stream, soon());
}

/// Reads the ClientHello, then closes.
Task<void> closeAfterHello(AcceptedSocket accepted) {
    Stream stream = adoptPlain(std::move(accepted.socket));
    std::array<char, 4096> hello{};
    co_await stream.read(hello, soon());
}

Task<void> shakeHandsLate(AcceptedSocket accepted, std::chrono::milliseconds pause) {
    co_await EventLoop::current().sleepUntil(in(pause));
    const AcceptResult made = co_await acceptTls(std::move(accepted.socket), serverContext(), soon());
    EXPECT_FALSE(std::holds_alternative<Stream>(made)) << "the client went on with a late ServerHello";
}

TEST_F(TlsConnection, HandshakeThatNeverComesEndsAtTheDeadline) {
    ScriptedServer server{[](AcceptedSocket accepted, int) { return staySilent(std::move(accepted)); }};
    const auto deadline = in(100ms);

    EXPECT_NE(failureOf(server.address(), clientContext(), ConnectFailure::Kind::kTimeout, deadline), "");

    EXPECT_LE(std::chrono::steady_clock::now(), deadline + testing::kLateness);
}

TEST_F(TlsConnection, ServerHelloAfterTheDeadlineIsTooLate) {
    ScriptedServer server{[](AcceptedSocket accepted, int) { return shakeHandsLate(std::move(accepted), 250ms); }};
    const auto deadline = in(100ms);

    EXPECT_NE(failureOf(server.address(), clientContext(), ConnectFailure::Kind::kTimeout, deadline), "");

    EXPECT_LE(std::chrono::steady_clock::now(), deadline + testing::kLateness);
}

TEST_F(TlsConnection, PeerWithoutTlsIsRefused) {
    ScriptedServer server{[](AcceptedSocket accepted, int) { return answerInPlain(std::move(accepted)); }};

    EXPECT_NE(failureOf(server.address(), clientContext(), ConnectFailure::Kind::kTlsRefused), "");
}

TEST_F(TlsConnection, PeerThatClosesInTheHandshakeBrokeOff) {
    ScriptedServer server{[](AcceptedSocket accepted, int) { return closeAfterHello(std::move(accepted)); }};

    const auto reason = failureOf(server.address(), clientContext(), ConnectFailure::Kind::kRefused);

    EXPECT_EQ(reason, "tls: closed during the handshake");
}

TEST_F(TlsConnection, NobodyListeningIsRefused) {
    // Bound and not listening: nobody else gets the port meanwhile.
    const Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    SocketAddress address = SocketAddress::parse("127.0.0.1", 0).value();
    ASSERT_EQ(::bind(socket.number(), address.kernelForm(), address.kernelBytes()), 0);
    sockaddr_storage storage{};
    socklen_t bytes = sizeof storage;
    ASSERT_EQ(::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&storage), &bytes), 0);
    address = SocketAddress::fromKernel(reinterpret_cast<const sockaddr&>(storage), bytes).value();

    EXPECT_EQ(failureOf(address, clientContext(), ConnectFailure::Kind::kRefused), "connect: Connection refused");
}

TEST_F(TlsConnection, ManyConnectionsThatComeAndGoAtOnceAllWork) {
    ScriptedServer server{[tls = serverContext()](AcceptedSocket accepted, int) {
        return [](AcceptedSocket socket, std::shared_ptr<const TlsContext> context) -> Task<void> {
            AcceptResult made = co_await acceptTls(std::move(socket.socket), context, soon());
            if (!std::holds_alternative<Stream>(made)) co_return;
            Stream& stream = std::get<Stream>(made);
            const std::string line = co_await testing::readUntil(stream, "\n", soon());
            co_await testing::writeText(stream, line, soon());
            co_await testing::drain(stream, soon());
        }(std::move(accepted), tls);
    }};
    const auto client = clientContext();
    using Result = std::variant<std::string, ConnectFailure>;
    std::vector<std::promise<Result>> results(200);

    testing::callOn(loops_.at(0), [&] {
        for (auto& result : results) {
            tenants::spawn(testing::deliver<Result>(echo(server.address(), client, soon()), result));
        }
    });

    for (auto& result : results) {
        const Result echoed = result.get_future().get();
        ASSERT_TRUE(std::holds_alternative<std::string>(echoed)) << std::get<ConnectFailure>(echoed).reason;
        EXPECT_EQ(std::get<std::string>(echoed), "hello\n");
    }
}

}  // namespace
}  // namespace gateway::net
