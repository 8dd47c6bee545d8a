#include "gateway/net/listening_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <future>
#include <system_error>

#include "gateway/net/loop_group.h"
#include "gateway/net/stream.h"
#include "tests/unit/gateway/net/loop_fixture.h"

namespace gateway::net {
namespace {

using namespace std::chrono_literals;
using tenants::Task;
using testing::runOn;

const SocketAddress kAnyPort = SocketAddress::parse("127.0.0.1", 0).value();

/// A blocking client's socket, connected.
Descriptor connected(const SocketAddress& address) {
    Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    EXPECT_EQ(::connect(socket.number(), address.kernelForm(), address.kernelBytes()), 0);
    return socket;
}

class ListeningSocketTest : public ::testing::Test {
protected:
    ListeningSocketTest() { loops_.start(); }
    EventLoop& loop() { return loops_.at(0); }
    void startAccepting(ListeningSocket& listening, std::promise<std::optional<AcceptedSocket>>& result) {
        testing::callOn(loop(), [&] {
            tenants::spawn(testing::deliver<std::optional<AcceptedSocket>>(listening.accept(), result));
        });
    }

    LoopGroup loops_{1};
};

TEST_F(ListeningSocketTest, PortZeroBecomesAFreeOneAndConnectionsCome) {
    ListeningSocket listening{kAnyPort};
    const Descriptor client = connected(listening.address());

    const auto accepted = runOn(loop(), [&] { return listening.accept(); });

    EXPECT_NE(listening.port(), 0);
    ASSERT_TRUE(accepted);
    EXPECT_EQ(accepted->peer.host(), "127.0.0.1");
    EXPECT_NE(::fcntl(accepted->socket.number(), F_GETFL) & O_NONBLOCK, 0);
    testing::callOn(loop(), [&] { const ListeningSocket gone = std::move(listening); });
}

TEST_F(ListeningSocketTest, SeveralShareOneAddress) {
    const ListeningSocket first{kAnyPort};

    EXPECT_NO_THROW(ListeningSocket{first.address()});
}

TEST_F(ListeningSocketTest, AddressThatIsNotOursIsRefusedByName) {
    try {
        ListeningSocket listening{SocketAddress::parse("192.0.2.1", 80).value()};
        FAIL() << "listens on somebody else's address";
    } catch (const std::system_error& failure) {
        EXPECT_NE(std::string{failure.what()}.find("192.0.2.1:80"), std::string::npos) << failure.what();
    }
}

TEST_F(ListeningSocketTest, CloseEndsTheWait) {
    ListeningSocket listening{kAnyPort};
    std::promise<std::optional<AcceptedSocket>> result;
    startAccepting(listening, result);

    testing::callOn(loop(), [&] { listening.close(); });

    EXPECT_FALSE(result.get_future().get());
    EXPECT_FALSE(runOn(loop(), [&] { return listening.accept(); }));
    testing::callOn(loop(), [&] { const ListeningSocket gone = std::move(listening); });
}

TEST_F(ListeningSocketTest, ConnectionThatIsResetBeforeItIsTakenDoesNotEndAccepting) {
    ListeningSocket listening{kAnyPort};
    {
        const Descriptor client = connected(listening.address());
        const linger reset{1, 0};
        ASSERT_EQ(::setsockopt(client.number(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    }
    const Descriptor second = connected(listening.address());

    const auto first_accepted = runOn(loop(), [&] { return listening.accept(); });

    EXPECT_TRUE(first_accepted);  // the kernel may hand out the dead one first, as any other
    testing::callOn(loop(), [&] { const ListeningSocket gone = std::move(listening); });
}

/// Lowers the number of descriptors to those that are open, for its life.
class DescriptorDrought {
public:
    DescriptorDrought() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int next = ::dup(0);
        ::close(next);
        const rlimit now{static_cast<rlim_t>(next), before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &now);
    }
    ~DescriptorDrought() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    DescriptorDrought(const DescriptorDrought&) = delete;
    DescriptorDrought& operator=(const DescriptorDrought&) = delete;

private:
    rlimit before_{};
};

Task<void> pause(EventLoop& loop) {
    co_await loop.sleepUntil(std::chrono::steady_clock::now());
}

TEST_F(ListeningSocketTest, RunningOutOfDescriptorsOnlyDelaysAccepting) {
    ListeningSocket listening{kAnyPort};
    // Everything once before the drought: the undefined-behaviour sanitizer needs a descriptor to check a type it has
    // not met, and takes its own failure for ours.
    const Descriptor first = connected(listening.address());
    std::promise<std::optional<AcceptedSocket>> first_result;
    startAccepting(listening, first_result);
    const auto first_accepted = first_result.get_future().get();
    runOn(loop(), [&] { return pause(loop()); });
    const Descriptor second = connected(listening.address());
    std::promise<std::optional<AcceptedSocket>> result;
    auto future = result.get_future();
    {
        const DescriptorDrought drought;
        startAccepting(listening, result);
        // Two turns of the loop: accept4 has been refused by then.
        testing::callOn(loop(), [] {});
        testing::callOn(loop(), [] {});
        EXPECT_NE(future.wait_for(0s), std::future_status::ready);
    }

    EXPECT_TRUE(first_accepted);
    EXPECT_TRUE(future.get());
    testing::callOn(loop(), [&] { const ListeningSocket gone = std::move(listening); });
}

}  // namespace
}  // namespace gateway::net
