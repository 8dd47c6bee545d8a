#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "gateway/net/tls_context.h"
#include "tests/unit/gateway/http/server_fixture.h"

namespace gateway::http {
namespace {

using namespace testing_support;

constexpr std::size_t kEach = 200;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kSlowerBuild = 4;  // what the instrumentation costs, on cores shared with other tests
#else
constexpr int kSlowerBuild = 1;
#endif
constexpr std::chrono::milliseconds kPromise =
    kSlowerBuild * 500ms;  // what others may notice of a thousand slow clients

void allowDescriptors(rlim_t count) {
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = std::max(limit.rlim_cur, std::min(count, limit.rlim_max));
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ASSERT_GE(limit.rlim_cur, count);
}

/// Clients of every slow kind, each holding its connection for as long as it is let.
class SlowCrowd {
public:
    SlowCrowd(std::uint16_t port, std::uint16_t tls_port) {
        constexpr int kSmallWindow = 4096;
        std::string pages;
        for (int i = 0; i < 64; ++i) pages += get("/page");
        for (std::size_t i = 0; i < kEach; ++i) {
            clients_.emplace_back(port);  // idle
            clients_.emplace_back(port).send("GET /hello HTTP/1.1\r\nHost:");
            clients_.emplace_back(port).send(
                "POST /measure HTTP/1.1\r\nHost: a\r\nContent-Length: 2097151\r\n\r\nfirst");
            clients_.emplace_back(port, kSmallWindow).send(pages);  // and reads none
            clients_.emplace_back(tls_port).send(std::string_view{"\x16\x03\x01\x02", 4});
        }
    }

private:
    std::vector<RawClient> clients_;
};

TEST(ServerCrowd, ThousandSlowClientsDelayNobody) {
    allowDescriptors(3000);
    const std::filesystem::path certificates{TOLLGATE_TEST_CERTIFICATES};
    TestServer server;
    const std::uint16_t tls_port =
        server.listenTls(net::TlsContext::server(certificates / "server.pem", certificates / "server.key"));
    const SlowCrowd crowd{server.port(), tls_port};
    for (int i = 0; i < 32; ++i)
        ASSERT_EQ(server.ask(get("/hello")).status, 200);  // the crowd has been let in on every loop
    RawClient staying = server.connect();
    std::chrono::steady_clock::duration longest_upload{0};
    std::chrono::steady_clock::duration longest_visit{0};

    for (int i = 0; i < 200; ++i) {
        const auto began = std::chrono::steady_clock::now();
        staying.send(post("/measure", std::string(200'000, 'p')));
        ASSERT_EQ(staying.readAnswer().body, "200000");
        const auto uploaded = std::chrono::steady_clock::now();
        ASSERT_EQ(server.ask(get("/hello")).body, "hello");
        longest_upload = std::max(longest_upload, uploaded - began);
        longest_visit = std::max(longest_visit, std::chrono::steady_clock::now() - uploaded);
    }

    EXPECT_LE(longest_upload, kPromise);
    EXPECT_LE(longest_visit, kPromise);
    EXPECT_TRUE(server.failures().empty());
}

TEST(ServerCrowd, ClientThatAsksWithoutEndDoesNotHoldTheLoop) {
    TestServer server{{}, 1};
    RawClient greedy = server.connect();
    RawClient other = server.connect();
    std::string requests;
    for (int i = 0; i < 20'000; ++i) requests += get("/hello");

    greedy.sendWhatFits(requests);
    const auto began = std::chrono::steady_clock::now();
    other.send(get("/hello"));
    ASSERT_EQ(other.readAnswer().body, "hello");

    EXPECT_LE(std::chrono::steady_clock::now() - began, kPromise);
}

}  // namespace
}  // namespace gateway::http
