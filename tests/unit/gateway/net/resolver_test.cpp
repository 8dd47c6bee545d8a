#include "gateway/net/resolver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <utility>

#include "gateway/net/loop_group.h"
#include "tests/unit/gateway/net/loop_fixture.h"
#include "tests/unit/gateway/net/manual_clock.h"

namespace gateway::net {
namespace {

using namespace std::chrono_literals;
using testing::in;
using testing::ManualClock;
using testing::runOn;
using testing::soon;

SocketAddress address(const char* host, std::uint16_t port = 0) {
    return SocketAddress::parse(host, port).value();
}

class ResolverTest : public ::testing::Test {
protected:
    ResolverTest() { loops_.start(); }

    ResolveResult resolve(Resolver& resolver, const std::string& host, tenants::SteadyTime deadline = soon()) {
        return runOn(loops_.at(0), [&] { return resolver.resolve(host, 443, deadline); });
    }
    static std::vector<SocketAddress> found(const ResolveResult& result) {
        const auto* addresses = std::get_if<std::vector<SocketAddress>>(&result);
        return addresses != nullptr ? *addresses : std::vector<SocketAddress>{};
    }

    ManualClock clock_;
    LoopGroup loops_{1};
};

TEST_F(ResolverTest, NumericAddressesLocalhostAndOverridesNeedNoLookUp) {
    Resolver resolver{{.overrides = {{"api.weixin.qq.com", "127.0.0.1"}, {"samples.tollgate.test", "localhost"}}},
                      clock_,
                      [](const std::string&) -> std::vector<SocketAddress> { throw std::logic_error("looked up"); }};

    EXPECT_EQ(found(resolve(resolver, "192.0.2.1")), std::vector{address("192.0.2.1", 443)});
    EXPECT_EQ(found(resolve(resolver, "::1")), std::vector{address("::1", 443)});
    EXPECT_EQ(found(resolve(resolver, "localhost")), std::vector{address("127.0.0.1", 443)});
    EXPECT_EQ(found(resolve(resolver, "api.weixin.qq.com")), std::vector{address("127.0.0.1", 443)});
    EXPECT_EQ(found(resolve(resolver, "samples.tollgate.test")), std::vector{address("127.0.0.1", 443)});
}

TEST_F(ResolverTest, AnswerIsKeptUntilItIsTooOld) {
    std::atomic<int> asked{0};
    Resolver resolver{{.fresh_for = 60s}, clock_, [&](const std::string&) {
                          return std::vector{address(++asked == 1 ? "192.0.2.1" : "192.0.2.2")};
                      }};

    EXPECT_EQ(found(resolve(resolver, "a.example")), std::vector{address("192.0.2.1", 443)});
    clock_.advance(59'999ms);
    EXPECT_EQ(found(resolve(resolver, "a.example")), std::vector{address("192.0.2.1", 443)});
    EXPECT_EQ(asked, 1);
    clock_.advance(1ms);
    EXPECT_EQ(found(resolve(resolver, "a.example")), std::vector{address("192.0.2.2", 443)});
}

TEST_F(ResolverTest, OldAnswerServesWhileTheSystemFails) {
    std::atomic<int> asked{0};
    Resolver resolver{{.fresh_for = 60s, .retry_after = 5s}, clock_, [&](const std::string&) {
                          if (++asked > 1) throw std::runtime_error("no server answers");
                          return std::vector{address("192.0.2.1")};
                      }};
    resolve(resolver, "a.example");
    clock_.advance(61s);

    EXPECT_EQ(found(resolve(resolver, "a.example")), std::vector{address("192.0.2.1", 443)});
    EXPECT_EQ(found(resolve(resolver, "a.example")), std::vector{address("192.0.2.1", 443)});

    EXPECT_EQ(asked, 2) << "asked again before the pause was over";
}

TEST_F(ResolverTest, FailureWithoutAnOldAnswerIsTold) {
    Resolver resolver{
        {}, clock_, [](const std::string&) -> std::vector<SocketAddress> { throw std::runtime_error("gone"); }};

    const ResolveResult result = resolve(resolver, "a.example");

    EXPECT_EQ(std::get<std::string>(result), "resolve: gone");
}

TEST_F(ResolverTest, EmptyAnswerIsAFailure) {
    Resolver resolver{{}, clock_, [](const std::string&) { return std::vector<SocketAddress>{}; }};

    EXPECT_EQ(std::get<std::string>(resolve(resolver, "a.example")), "resolve: no address");
}

/// A look-up that blocks until the test lets it go on, or ends.
class HangingLookUp {
public:
    ~HangingLookUp() { release(); }
    void release() {
        if (!std::exchange(released_, true)) go_on_->count_down();
    }
    Resolver::LookUp function(int hangs_from = 1) {
        return [go_on = go_on_, asked = asked_, hangs_from](const std::string&) {
            if (++*asked >= hangs_from) go_on->wait();
            return std::vector{SocketAddress::parse("192.0.2.7", 0).value()};
        };
    }
    int asked() const { return *asked_; }

private:
    bool released_ = false;
    // Shared with the look-up thread, which outlives test and resolver.
    std::shared_ptr<std::latch> go_on_ = std::make_shared<std::latch>(1);
    std::shared_ptr<std::atomic<int>> asked_ = std::make_shared<std::atomic<int>>(0);
};

TEST_F(ResolverTest, HangingLookUpEndsAtTheCallersDeadline) {
    HangingLookUp hanging;
    Resolver resolver{{}, clock_, hanging.function()};
    const auto deadline = in(100ms);

    const ResolveResult result = resolve(resolver, "a.example", deadline);

    EXPECT_EQ(std::get<std::string>(result), "resolve: no answer in time");
    EXPECT_GE(std::chrono::steady_clock::now(), deadline);
    EXPECT_LE(std::chrono::steady_clock::now(), deadline + testing::kLateness);
}

TEST_F(ResolverTest, HangingLookUpHoldsACallerWithAnOldAnswerOnlyShortly) {
    HangingLookUp hanging;
    Resolver resolver{{.wait_with_old_max = 50ms}, clock_, hanging.function(2)};
    resolve(resolver, "a.example");
    clock_.advance(61s);
    const auto begun = std::chrono::steady_clock::now();

    const auto result = resolve(resolver, "a.example", soon());

    EXPECT_EQ(found(result), std::vector{address("192.0.2.7", 443)});
    EXPECT_LE(std::chrono::steady_clock::now() - begun, 1s);
}

TEST_F(ResolverTest, ManyCallersShareOneLookUp) {
    HangingLookUp hanging;
    Resolver resolver{{}, clock_, hanging.function()};
    std::vector<std::promise<ResolveResult>> results(20);
    testing::callOn(loops_.at(0), [&] {
        for (auto& result : results) {
            tenants::spawn(testing::deliver<ResolveResult>(resolver.resolve("a.example", 443, soon()), result));
        }
    });

    hanging.release();

    for (auto& result : results) EXPECT_EQ(found(result.get_future().get()).size(), 1U);
    EXPECT_EQ(hanging.asked(), 1);
}

TEST_F(ResolverTest, EndOfTheResolverEndsItsWaitsAndLeavesAHangingLookUpBehind) {
    HangingLookUp hanging;
    auto resolver = std::make_unique<Resolver>(Resolver::Options{}, clock_, hanging.function());
    std::promise<ResolveResult> result;
    testing::callOn(loops_.at(0), [&] {
        tenants::spawn(testing::deliver<ResolveResult>(resolver->resolve("a.example", 443, soon()), result));
    });

    resolver.reset();

    EXPECT_EQ(std::get<std::string>(result.get_future().get()), "resolve: no answer in time");
}

TEST(SocketAddress, OnlyNumericAddressesAreRead) {
    EXPECT_EQ(address("127.0.0.1", 80).text(), "127.0.0.1:80");
    EXPECT_EQ(address("::1", 80).text(), "[::1]:80");
    for (const char* text : {"", "localhost", "127.1", "0x7f.0.0.1", "127.0.0.1 ", "[::1]", "1.2.3.4.5"}) {
        EXPECT_FALSE(SocketAddress::parse(text, 80)) << text;
    }
    EXPECT_FALSE(SocketAddress::parse(std::string_view{"127.0.0.1\0x", 11}, 80));
}

}  // namespace
}  // namespace gateway::net
