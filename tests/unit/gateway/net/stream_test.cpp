#include "gateway/net/stream.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <vector>

#include "gateway/net/loop_group.h"
#include "tests/unit/gateway/net/loop_fixture.h"
#include "tests/unit/gateway/net/scripted_server.h"

namespace gateway::net {
namespace {

using namespace std::chrono_literals;
using tenants::Task;
using testing::clientContext;
using testing::in;
using testing::runOn;
using testing::serverContext;
using testing::soon;

/// Two ends of one connection on one loop, plain or TLS. Null before they are connected and after their end.
struct Ends {
    std::unique_ptr<Stream> client;
    std::unique_ptr<Stream> server;
};

Task<void> acceptInto(ListeningSocket& listening, std::shared_ptr<const TlsContext> tls, std::promise<void>& done,
                      Ends& ends) {
    std::optional<AcceptedSocket> accepted = co_await listening.accept();
    if (tls) {
        AcceptResult made = co_await acceptTls(std::move(accepted->socket), tls, soon());
        ends.server = std::make_unique<Stream>(std::get<Stream>(std::move(made)));
    } else {
        ends.server = std::make_unique<Stream>(adoptPlain(std::move(accepted->socket)));
    }
    done.set_value();
}

Task<void> connectInto(SocketAddress address, std::shared_ptr<const TlsContext> tls, Ends& ends) {
    ConnectResult made = co_await connect(address, std::move(tls), soon());
    ends.client = std::make_unique<Stream>(std::get<Stream>(std::move(made)));
}

class StreamTest : public ::testing::TestWithParam<bool> {
protected:
    StreamTest() {
        loops_.start();
        std::promise<void> accepted;
        testing::callOn(loop(), [&] {
            tenants::spawn(acceptInto(listening_, GetParam() ? serverContext() : nullptr, accepted, ends_));
        });
        runOn(loop(), [&] { return connectInto(listening_.address(), GetParam() ? clientContext() : nullptr, ends_); });
        accepted.get_future().get();
    }
    ~StreamTest() override {
        testing::callOn(loop(), [&] { ends_ = {}; });
        loops_.stop();
    }

    EventLoop& loop() { return loops_.at(0); }
    Stream& client() { return *ends_.client; }
    Stream& server() { return *ends_.server; }
    void dropServer() {
        testing::callOn(loop(), [&] { ends_.server.reset(); });
    }
    IoResult readAtClient(std::size_t bytes, tenants::SteadyTime deadline) {
        std::string buffer(bytes, '\0');
        const IoResult got = runOn(loop(), [&] { return readOnce(client(), buffer, deadline); });
        text_ = buffer.substr(0, got.bytes);
        return got;
    }
    static Task<IoResult> readOnce(Stream& stream, std::string& buffer, tenants::SteadyTime deadline) {
        co_return co_await stream.read(buffer, deadline);
    }

    LoopGroup loops_{1};
    ListeningSocket listening_{*SocketAddress::parse("127.0.0.1", 0)};
    Ends ends_;
    std::string text_;  // what readAtClient got
};

INSTANTIATE_TEST_SUITE_P(Transport, StreamTest, ::testing::Values(false, true),
                         [](const auto& chosen) { return chosen.param ? "Tls" : "Plain"; });

Task<IoResult> writeParts(Stream& stream, std::vector<std::string> texts, tenants::SteadyTime deadline) {
    const std::vector<std::string_view> parts{texts.begin(), texts.end()};
    co_return co_await stream.write(parts, deadline);
}

Task<std::string> readBytes(Stream& stream, std::size_t wanted) {
    std::string text;
    std::array<char, 10'000> buffer{};
    while (text.size() < wanted) {
        const IoResult got = co_await stream.read(buffer, soon());
        if (got.status != IoStatus::kOk) break;
        text.append(buffer.data(), got.bytes);
    }
    co_return text;
}

std::string pattern(std::size_t bytes) {
    std::string text(bytes, '\0');
    for (std::size_t index = 0; index < bytes; ++index)
        text[index] = static_cast<char>('a' + index * 7 % 26 + index / 4096 % 5);
    return text;
}

TEST_P(StreamTest, PartsArriveInOrderAsOneText) {
    const IoResult written = runOn(loop(), [&] { return writeParts(server(), {"head ", "", "body", ""}, soon()); });

    EXPECT_EQ(written.status, IoStatus::kOk);
    EXPECT_EQ(written.bytes, 9U);
    EXPECT_EQ(runOn(loop(), [&] { return readBytes(client(), 9); }), "head body");
    EXPECT_EQ(client().isTls(), GetParam());
    EXPECT_EQ(client().peerAddress(), "127.0.0.1");
}

TEST_P(StreamTest, MoreThanTheKernelHoldsArrivesWholeOnceItIsRead) {
    const std::string sent = pattern(20'000'000);
    std::promise<IoResult> written;
    testing::callOn(loop(), [&] {
        tenants::spawn(testing::deliver<IoResult>(
            writeParts(server(), {sent.substr(0, 100), sent.substr(100, 15'000'000), sent.substr(15'000'100)}, soon()),
            written));
    });

    const std::string got = runOn(loop(), [&] { return readBytes(client(), sent.size()); });

    EXPECT_TRUE(got == sent);
    const IoResult result = written.get_future().get();
    EXPECT_EQ(result.status, IoStatus::kOk);
    EXPECT_EQ(result.bytes, sent.size());
}

TEST_P(StreamTest, BothDirectionsMoveAtOnce) {
    const std::string sent = pattern(5'000'000);
    std::promise<IoResult> from_server;
    std::promise<IoResult> from_client;
    std::promise<std::string> at_server;
    testing::callOn(loop(), [&] {
        tenants::spawn(testing::deliver<IoResult>(writeParts(server(), {sent}, soon()), from_server));
        tenants::spawn(testing::deliver<IoResult>(writeParts(client(), {sent}, soon()), from_client));
        tenants::spawn(testing::deliver<std::string>(readBytes(server(), sent.size()), at_server));
    });

    EXPECT_TRUE(runOn(loop(), [&] { return readBytes(client(), sent.size()); }) == sent);

    EXPECT_TRUE(at_server.get_future().get() == sent);
    EXPECT_EQ(from_server.get_future().get().status, IoStatus::kOk);
    EXPECT_EQ(from_client.get_future().get().status, IoStatus::kOk);
}

TEST_P(StreamTest, SilentPeerEndsAReadAtItsDeadline) {
    const auto deadline = in(50ms);

    const IoResult got = readAtClient(100, deadline);

    EXPECT_EQ(got.status, IoStatus::kTimeout);
    EXPECT_EQ(got.bytes, 0U);
    EXPECT_GE(std::chrono::steady_clock::now(), deadline);
    EXPECT_LE(std::chrono::steady_clock::now(), deadline + testing::kLateness);
}

Task<IoResult> writeBorrowed(Stream& stream, std::string_view text, tenants::SteadyTime deadline) {
    const std::array<std::string_view, 1> parts{text};
    co_return co_await stream.write(parts, deadline);
}

TEST_P(StreamTest, PeerThatNeverReadsEndsAWriteAtItsDeadlineAndThePartSentIsTold) {
    const std::string sent(50'000'000, 'x');
    const auto deadline = in(100ms);

    const IoResult written = runOn(loop(), [&] { return writeBorrowed(server(), sent, deadline); });

    EXPECT_EQ(written.status, IoStatus::kTimeout);
    EXPECT_GT(written.bytes, 0U);
    EXPECT_LT(written.bytes, 50'000'000U);
    EXPECT_LE(std::chrono::steady_clock::now(), deadline + testing::kLateness);
}

TEST_P(StreamTest, GoodbyeIsAnEndAndTheOtherDirectionGoesOn) {
    testing::callOn(loop(), [&] { server().shutdownWrite(); });

    EXPECT_EQ(readAtClient(10, soon()).status, IoStatus::kEnd);
    EXPECT_EQ(readAtClient(10, soon()).status, IoStatus::kEnd);
    EXPECT_EQ(runOn(loop(), [&] { return writeParts(client(), {"still"}, soon()); }).status, IoStatus::kOk);
    EXPECT_EQ(runOn(loop(), [&] { return readBytes(server(), 5); }), "still");
}

Task<void> sayAndLeave(Stream& stream, std::string words) {
    co_await testing::writeText(stream, std::move(words), soon());
    stream.shutdownWrite();
}

TEST_P(StreamTest, BytesBeforeTheEndAreReadBeforeTheEndIsTold) {
    testing::callOn(loop(), [&] { tenants::spawn(sayAndLeave(server(), "last words")); });

    EXPECT_EQ(runOn(loop(), [&] { return readBytes(client(), 100); }), "last words");
    EXPECT_EQ(readAtClient(10, soon()).status, IoStatus::kEnd);
}

TEST_P(StreamTest, ClosingWithoutGoodbyeIsAnEndOnlyWherePlain) {
    dropServer();

    // Inside TLS anybody on the way can send a FIN: without close_notify the end is not the peer's word.
    EXPECT_EQ(readAtClient(10, soon()).status, GetParam() ? IoStatus::kReset : IoStatus::kEnd);
}

TEST_P(StreamTest, PeerThatClosesOnUnreadBytesIsAReset) {
    runOn(loop(), [&] { return writeParts(client(), {"never read"}, soon()); });

    dropServer();

    EXPECT_EQ(readAtClient(10, soon()).status, IoStatus::kReset);
    const IoResult written = runOn(loop(), [&] { return writeParts(client(), {"too late"}, soon()); });
    EXPECT_EQ(written.status, IoStatus::kReset);
    EXPECT_EQ(written.bytes, 0U) << "not a byte of it can have been sent";
}

TEST_P(StreamTest, AbortEndsAWaitAndEveryLaterOne) {
    std::promise<IoResult> waiting;
    std::string buffer(10, '\0');
    testing::callOn(loop(), [&] {
        tenants::spawn(testing::deliver<IoResult>(readOnce(client(), buffer, soon()), waiting));
        client().abort();
    });

    EXPECT_EQ(waiting.get_future().get().status, IoStatus::kReset);
    EXPECT_EQ(readAtClient(10, soon()).status, IoStatus::kReset);
    EXPECT_EQ(runOn(loop(), [&] { return writeParts(client(), {"x"}, soon()); }).status, IoStatus::kReset);
}

Task<IoResult> waitReadable(Stream& stream, tenants::SteadyTime deadline) {
    co_return co_await stream.readable(deadline);
}

TEST_P(StreamTest, ReadableWaitsForTheFirstByteAndTakesNone) {
    EXPECT_EQ(runOn(loop(), [&] { return waitReadable(client(), in(20ms)); }).status, IoStatus::kTimeout);
    std::promise<IoResult> readable;
    testing::callOn(loop(),
                    [&] { tenants::spawn(testing::deliver<IoResult>(waitReadable(client(), soon()), readable)); });

    runOn(loop(), [&] { return writeParts(server(), {"hello"}, soon()); });

    EXPECT_EQ(readable.get_future().get().status, IoStatus::kOk);
    EXPECT_EQ(runOn(loop(), [&] { return waitReadable(client(), soon()); }).status, IoStatus::kOk);
    EXPECT_EQ(runOn(loop(), [&] { return readBytes(client(), 5); }), "hello");
}

TEST_P(StreamTest, ReadableTellsTheEndToo) {
    testing::callOn(loop(), [&] { server().shutdownWrite(); });

    EXPECT_EQ(runOn(loop(), [&] { return waitReadable(client(), soon()); }).status, IoStatus::kOk);
    EXPECT_EQ(readAtClient(10, soon()).status, IoStatus::kEnd);
}

TEST_P(StreamTest, IdleConnectionIsAliveUntilThePeerSaysOrSendsAnything) {
    const auto alive = [&] {
        bool result = false;
        testing::callOn(loop(), [&] { result = client().idleAndAlive(); });
        return result;
    };
    EXPECT_TRUE(alive());
    runOn(loop(), [&] { return writeParts(server(), {"pong"}, soon()); });
    runOn(loop(), [&] { return waitReadable(client(), soon()); });
    EXPECT_FALSE(alive()) << "unasked bytes";
    runOn(loop(), [&] { return readBytes(client(), 4); });
    EXPECT_TRUE(alive());

    dropServer();

    runOn(loop(), [&] { return waitReadable(client(), soon()); });
    EXPECT_FALSE(alive());
}

Task<int> readSingly(Stream& stream, int bytes, const bool& others_ran) {
    std::array<char, 1> byte{};
    for (int done = 0; done < bytes; ++done) {
        if (others_ran) co_return done;
        const IoResult got = co_await stream.read(byte, soon());
        if (got.status != IoStatus::kOk) break;
    }
    co_return bytes;
}

TEST_P(StreamTest, ReaderThatNeverHasToWaitStillGivesOthersTheirTurn) {
    runOn(loop(), [&] { return writeParts(server(), {pattern(100'000)}, soon()); });
    bool others_ran = false;
    std::promise<int> done;

    testing::callOn(loop(), [&] {
        EventLoop::current().post(std::function<void()>{[&] { others_ran = true; }});
        tenants::spawn(testing::deliver<int>(readSingly(client(), 100'000, others_ran), done));
    });

    EXPECT_LE(done.get_future().get(), 1000);
}

TEST_P(StreamTest, MovedStreamGoesOnWhereItWas) {
    runOn(loop(), [&] { return writeParts(server(), {"to the new one"}, soon()); });
    Stream moved = std::move(client());

    EXPECT_EQ(runOn(loop(), [&] { return readBytes(moved, 14); }), "to the new one");

    testing::callOn(loop(), [&] {
        const Stream gone = std::move(moved);
        EXPECT_TRUE(gone.isTls() == GetParam());
    });
}

}  // namespace
}  // namespace gateway::net
