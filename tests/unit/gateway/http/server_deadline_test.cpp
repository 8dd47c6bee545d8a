#include <gtest/gtest.h>

#include <string>

#include "tests/unit/gateway/http/server_fixture.h"

namespace gateway::http {
namespace {

using namespace testing_support;

// Short enough for a test to wait for, long enough that a busy machine does not pass them by accident.
Limits shortLimits() {
    Limits limits;
    limits.head_deadline = 200ms;
    limits.idle_deadline = 200ms;
    limits.body_deadline = 200ms;
    limits.send_deadline = 200ms;
    limits.handshake_deadline = 200ms;
    return limits;
}

TEST(ServerDeadlines, HeadThatIsNotFinishedInTimeIsAnswered408) {
    TestServer server{shortLimits()};
    RawClient client = server.connect();

    client.send("GET /hello HTTP/1.1\r\nHost:");
    const Answer answer = client.readAnswer();

    EXPECT_EQ(answer.status, 408);
    EXPECT_EQ(answer.field("Tollgate-Error"), "head_timeout");
    EXPECT_TRUE(client.seesEnd());
}

TEST(ServerDeadlines, DrippingDoesNotMoveTheHeadsDeadline) {
    Limits limits = shortLimits();
    limits.idle_deadline = kPatience;
    TestServer server{limits};
    RawClient client = server.connect();

    client.send("GET /hello HTTP/1.1\r\nX: ");
    while (client.seesNothingFor(20ms)) client.send("x");

    EXPECT_EQ(client.readAnswer().status, 408);
}

TEST(ServerDeadlines, IdleConnectionIsClosedWithoutAWord) {
    TestServer server{shortLimits()};
    RawClient fresh = server.connect();
    RawClient used = server.connect();
    used.send(get("/hello"));
    ASSERT_EQ(used.readAnswer().status, 200);

    EXPECT_TRUE(fresh.seesEnd());
    EXPECT_TRUE(used.seesEnd());
}

TEST(ServerDeadlines, IdleTimeDoesNotCountForTheHead) {
    Limits limits = shortLimits();
    limits.idle_deadline = kPatience;
    TestServer server{limits};
    RawClient client = server.connect();

    ASSERT_TRUE(client.seesNothingFor(300ms));
    client.send(get("/hello"));

    EXPECT_EQ(client.readAnswer().status, 200);
}

TEST(ServerDeadlines, BodyThatIsNotFinishedInTimeIsAnswered408) {
    TestServer server{shortLimits()};
    for (const std::string& request :
         {post("/echo", "1234567890"), postChunked("/echo", "a\r\n1234567890\r\n0\r\n\r\n")}) {
        RawClient client = server.connect();
        client.send(request.substr(0, request.size() - 5));

        EXPECT_EQ(client.readAnswer().status, 408);
        EXPECT_TRUE(client.seesEnd());
    }
    EXPECT_EQ(server.handled(), 0U);
}

TEST(ServerDeadlines, NothingEndsBeforeItsTime) {
    TestServer server{shortLimits()};
    const std::string request = post("/echo", "1234567890");
    for (const std::string& sent : {std::string{}, request.substr(0, 20), request.substr(0, request.size() - 1)}) {
        const auto began = std::chrono::steady_clock::now();
        RawClient client = server.connect();
        client.send(sent);

        client.readAll();

        EXPECT_GE(std::chrono::steady_clock::now() - began, 200ms) << sent;
    }
}

TEST(ServerDeadlines, BodyMayBeginSlowlyForItsGrace) {
    Limits limits;
    limits.body_deadline = 60'000ms;
    limits.body_grace = 400ms;
    TestServer server{limits};
    RawClient client = server.connect();
    const auto began = std::chrono::steady_clock::now();

    client.send("POST /measure HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + std::string(2000, 'x'));
    EXPECT_EQ(client.readAnswer().status, 408);
    const auto took = std::chrono::steady_clock::now() - began;

    EXPECT_GE(took, 500ms);  // the grace, and the tenth of a second that 2,000 bytes have earned
    EXPECT_LT(took, 2000ms) << "the grace of before";
}

TEST(ServerDeadlines, BodySlowerThanTheRateIsAnswered408) {
    Limits limits;
    limits.body_deadline = 60'000ms;
    TestServer server{limits};
    RawClient client = server.connect();
    const auto began = std::chrono::steady_clock::now();

    client.send("POST /measure HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + std::string(10'000, 'x'));
    while (client.seesNothingFor(50ms)) client.send("x");
    const auto took = std::chrono::steady_clock::now() - began;

    EXPECT_EQ(client.readAnswer().status, 408);
    EXPECT_GE(took, 2400ms);  // 2 s of grace, and half a second that 10,000 bytes have earned
}

TEST(ServerDeadlines, ClientThatDoesNotReadIsDropped) {
    TestServer server{shortLimits()};
    RawClient client = server.connect();

    client.send(get("/large"));
    const std::vector<AccessRecord> records = server.awaitAnswered(1);

    ASSERT_EQ(records.size(), 1U);
    EXPECT_LT(records[0].body_bytes_out, 8U * 1024 * 1024);
    EXPECT_LT(client.readAll().size(), 8U * 1024 * 1024);
}

TEST(ServerDeadlines, HandlerHasNoDeadlineHere) {
    TestServer server{shortLimits()};
    RawClient client = server.connect();
    client.send(get("/gate"));
    server.gate().awaitArrivals(1);

    ASSERT_TRUE(client.seesNothingFor(400ms));
    server.gate().open();

    EXPECT_EQ(client.readAnswer().body, "passed");
}

}  // namespace
}  // namespace gateway::http
