#include "gateway/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include "gateway/net/socket_address.h"
#include "tests/unit/gateway/http/server_fixture.h"

namespace gateway::http {
namespace {

using namespace testing_support;
using testing::ElementsAre;
using testing::Not;
using testing::StartsWith;

TEST(Server, AnswerCarriesItsOwnFields) {
    TestServer server;

    const Answer answer = server.ask(get("/hello"));

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.field("Content-Length"), "5");
    EXPECT_EQ(answer.field("Content-Type"), "text/plain");
    EXPECT_THAT(answer.field("Date"), testing::EndsWith(" GMT"));
    EXPECT_THAT(answer.field("X-Request-Id"), StartsWith("req_"));
    EXPECT_FALSE(answer.has("Server"));
    EXPECT_FALSE(answer.has("Connection"));
}

TEST(Server, HandlerIsToldWhoAsks) {
    TestServer server;

    EXPECT_EQ(server.ask(get("/peer")).body, "plain 127.0.0.1");
}

TEST(Server, WellFormedRequestIdIsKept) {
    TestServer server;
    const std::string longest(64, 'a');

    EXPECT_EQ(server.ask(get("/hello", "X-Request-Id: Az09._-\r\n")).field("X-Request-Id"), "Az09._-");
    EXPECT_EQ(server.ask(get("/hello", "x-request-id: " + longest + "\r\n")).field("X-Request-Id"), longest);
}

TEST(Server, OtherRequestIdsAreReplaced) {
    TestServer server;

    for (const std::string& fields :
         {std::string{"X-Request-Id:\r\n"}, "X-Request-Id: " + std::string(65, 'a') + "\r\n",
          std::string{"X-Request-Id: a b\r\n"}, std::string{"X-Request-Id: a\r\nX-Request-Id: b\r\n"}}) {
        EXPECT_THAT(server.ask(get("/hello", fields)).field("X-Request-Id"), StartsWith("req_")) << fields;
    }
}

TEST(Server, PipelinedRequestsAreAnsweredInTheirOrder) {
    TestServer server;
    RawClient client = server.connect();

    client.send(get("/gate") + post("/echo", "one") + postChunked("/echo", "3\r\ntwo\r\n0\r\n\r\n") + get("/nothing") +
                get("/hello"));
    server.gate().awaitArrivals(1);
    server.gate().open();

    EXPECT_EQ(client.readAnswer().body, "passed");
    EXPECT_EQ(client.readAnswer().body, "one");
    EXPECT_EQ(client.readAnswer().body, "two");
    EXPECT_EQ(client.readAnswer().status, 404);
    EXPECT_EQ(client.readAnswer().body, "hello");
}

TEST(Server, ManyPipelinedRequestsAreAllAnswered) {
    TestServer server{{}, 1};
    RawClient client = server.connect();
    std::string requests;
    for (int i = 0; i < 2000; ++i) requests += post("/echo", std::to_string(i));

    std::thread sender{[&] { client.send(requests); }};
    for (int i = 0; i < 2000; ++i) ASSERT_EQ(client.readAnswer().body, std::to_string(i));
    sender.join();
}

TEST(Server, RequestInSingleBytesIsAnswered) {
    TestServer server;
    RawClient client = server.connect();

    for (const char byte : postChunked("/echo", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n") + get("/hello"))
        client.send({&byte, 1});

    EXPECT_EQ(client.readAnswer().body, "hello world");
    EXPECT_EQ(client.readAnswer().body, "hello");
}

TEST(Server, ConnectionEndsWhereTheRequestAsksForIt) {
    TestServer server;
    RawClient closing = server.connect();
    RawClient old = server.connect();
    RawClient old_but_staying = server.connect();

    closing.send(get("/hello", "Connection: close\r\n"));
    old.send("GET /hello HTTP/1.0\r\n\r\n");
    old_but_staying.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

    EXPECT_EQ(closing.readAnswer().field("Connection"), "close");
    EXPECT_TRUE(closing.seesEnd());
    EXPECT_EQ(old.readAnswer().field("Connection"), "close");
    EXPECT_TRUE(old.seesEnd());
    EXPECT_EQ(old_but_staying.readAnswer().field("Connection"), "keep-alive");
    old_but_staying.send("GET /hello HTTP/1.0\r\n\r\n");
    EXPECT_EQ(old_but_staying.readAnswer().body, "hello");
}

TEST(Server, HeadIsAnsweredLikeGetWithoutTheBody) {
    TestServer server;
    RawClient client = server.connect();

    client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
    const Answer head = client.readAnswer(false);

    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.field("Content-Length"), "5");
    EXPECT_EQ(client.readAnswer().body, "hello");
}

TEST(Server, UnknownPathAndMethodLeaveTheConnectionOpen) {
    TestServer server;
    RawClient client = server.connect();

    client.send(get("/nothing") + get("/echo") + get("/hello"));
    const Answer unknown = client.readAnswer();
    const Answer not_allowed = client.readAnswer();

    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.field("Content-Type"), "application/problem+json");
    EXPECT_EQ(unknown.field("Tollgate-Error"), "not_found");
    EXPECT_THAT(unknown.body, testing::HasSubstr(unknown.field("X-Request-Id")));
    EXPECT_EQ(not_allowed.status, 405);
    EXPECT_EQ(not_allowed.field("Allow"), "POST");
    EXPECT_EQ(client.readAnswer().body, "hello");
}

TEST(Server, BodyOfTheLimitIsTakenOneMoreIsNot) {
    TestServer server;
    const auto chunk = [](std::size_t bytes) {
        std::string text;
        for (std::size_t left = bytes; left > 0; left -= std::min<std::size_t>(left, 100)) {
            const std::size_t here = std::min<std::size_t>(left, 100);
            constexpr const char* kHex = "0123456789abcdef";
            text += std::string{kHex[here / 16], kHex[here % 16]} + "\r\n" + std::string(here, 'x') + "\r\n";
        }
        return text + "0\r\n\r\n";
    };

    for (const std::size_t size : {std::size_t{0}, std::size_t{999}, std::size_t{1000}}) {
        EXPECT_EQ(server.ask(post("/echo", std::string(size, 'x'))).body.size(), size);
        EXPECT_EQ(server.ask(postChunked("/echo", chunk(size))).body.size(), size);
    }
    EXPECT_EQ(server.ask(post("/echo", std::string(1001, 'x'))).status, 413);
    const Answer chunked = server.ask(postChunked("/echo", chunk(1001)));
    EXPECT_EQ(chunked.status, 413);
    EXPECT_EQ(chunked.field("Connection"), "close") << "where it ends is not known";
}

TEST(Server, LargeBodiesArriveWhole) {
    TestServer server;
    const std::string body(2'097'151, 'p');

    EXPECT_EQ(server.ask(post("/measure", body)).body, "2097151");
    EXPECT_EQ(server.ask(postChunked("/measure", "1FFFFF\r\n" + body + "\r\n0\r\n\r\n")).body, "2097151");
}

TEST(Server, WaitingClientIsToldToGoOn) {
    TestServer server;
    RawClient client = server.connect();

    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    ASSERT_EQ(client.readAnswer().status, 100);
    client.send("ok");

    EXPECT_EQ(client.readAnswer().body, "ok");
}

TEST(Server, ClientIsNotToldToGoOnWhereItsBodyIsNotWanted) {
    TestServer server;
    for (const std::string path : {"/guarded", "/nothing", "/hello", "/echo"}) {
        RawClient client = server.connect();
        client.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");

        EXPECT_GE(client.readAnswer().status, 400) << path;
        EXPECT_TRUE(client.seesEnd()) << path;
    }
    EXPECT_EQ(server.handled(), 0U);
}

TEST(Server, ClientThatDoesNotWaitIsNotToldToGoOn) {
    TestServer server;

    EXPECT_EQ(server.ask(post("/echo", "ok", "Expect: 100-continue\r\n")).status, 200);
    EXPECT_EQ(server.ask(post("/echo", "", "Expect: 100-continue\r\n")).status, 200);
    EXPECT_EQ(server.ask(post("/echo", "ok", "Expect: magic\r\n")).status, 417);
}

TEST(Server, EarlyRefusalIsSeenByAClientThatStillSends) {
    TestServer server;
    const std::string body(2 * 1024 * 1024, 'x');
    for (const std::string path : {"/guarded", "/nothing", "/echo"}) {
        RawClient client = server.connect();

        // All of it is sent before the answer is read, as a simple client does.
        EXPECT_TRUE(client.send(post(path, body))) << path;

        EXPECT_GE(client.readAnswer().status, 400) << path;
        client.finishSending();
        EXPECT_TRUE(client.seesEnd()) << path;
    }
    EXPECT_EQ(server.handled(), 0U);
}

TEST(Server, EarlyRefusalWithoutABodyLeavesTheConnectionOpen) {
    TestServer server;
    RawClient client = server.connect();

    client.send(post("/guarded", "") + post("/guarded", "", "X-Key: k\r\n"));

    EXPECT_EQ(client.readAnswer().status, 401);
    EXPECT_EQ(client.readAnswer().body, "0");
}

TEST(Server, EarlyRefusalOfABodyThatIsHereLeavesTheConnectionOpen) {
    TestServer server;
    RawClient client = server.connect();

    client.send(post("/guarded", "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n") + post("/nothing", "x") +
                post("/guarded", "four", "X-Key: k\r\n"));

    EXPECT_EQ(client.readAnswer().status, 401);
    EXPECT_EQ(client.readAnswer().status, 404) << "the refused body was read as a request";
    EXPECT_EQ(client.readAnswer().body, "4");
}

TEST(Server, EarlyRefusalOfABodyThatIsOnItsWayEndsTheConnection) {
    TestServer server;
    for (const std::string& request : {std::string{"POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nfou"},
                                       postChunked("/guarded", "4\r\nfour\r\n0\r\n\r\n")}) {
        RawClient client = server.connect();
        client.send(request);

        const Answer refused = client.readAnswer();

        EXPECT_EQ(refused.status, 401);
        EXPECT_EQ(refused.field("Connection"), "close");
        client.finishSending();
        EXPECT_TRUE(client.seesEnd());
    }
}

TEST(Server, TicketIsHeldUntilTheHandlerHasEndedAndNotUntilTheAnswerIsRead) {
    TestServer server;

    EXPECT_EQ(server.ask(post("/ticketed", "body")).body, "body");
    EXPECT_EQ(server.tickets(), 0);
    EXPECT_EQ(server.ask(post("/ticketed", std::string(1001, 'x'))).status, 413);
    EXPECT_EQ(server.tickets(), 0);
    EXPECT_EQ(server.ask(postChunked("/ticketed", "3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n")).status, 413);
    EXPECT_EQ(server.tickets(), 0);
}

TEST(Server, TicketOfAClientThatBreaksOffIsGivenBack) {
    TestServer server;
    {
        RawClient client = server.connect();
        client.send("POST /ticketed HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n");
        ASSERT_EQ(client.readAnswer().status, 100);
        EXPECT_EQ(server.tickets(), 1);
    }

    for (int tries = 0; tries < 10'000 && server.tickets() > 0; ++tries) server.ask(get("/hello"));

    EXPECT_EQ(server.tickets(), 0);
}

std::chrono::milliseconds timeOf(const std::function<void()>& work) {
    const auto began = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
}

TEST(Server, RequestWaitsForItsTurnAndNoLongerThanASecond) {
    TestServer server;
    RawClient other = server.connect();

    const auto waited =
        timeOf([&] { EXPECT_EQ(server.ask(post("/ticketed", "body", "X-Turns: 4\r\n")).body, "body"); });
    const auto waited_in_vain = timeOf([&] {
        RawClient client = server.connect();
        client.send(post("/ticketed", "body", "X-Turns: 1000000\r\n"));
        other.send(get("/hello"));
        EXPECT_EQ(other.readAnswer().body, "hello") << "nobody else waits";
        EXPECT_EQ(client.readAnswer().body, "body");
    });

    EXPECT_GE(waited, 20ms);
    EXPECT_GE(waited_in_vain, 1000ms);
}

TEST(Server, WhatIsUndecidedIsDecidedBeforeItsBodyIsAskedFor) {
    TestServer server;
    const auto waiting = [](const char* fate) {
        return "POST /ticketed HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\nX-Fate: " +
               std::string{fate} + "\r\n\r\n";
    };
    RawClient in = server.connect();
    in.send(waiting("in"));
    EXPECT_EQ(in.readAnswer().status, 100);
    in.send("body");
    EXPECT_EQ(in.readAnswer().body, "body");

    RawClient out = server.connect();
    out.send(waiting("out"));
    EXPECT_EQ(out.readAnswer().field("Tollgate-Error"), "decided");
    EXPECT_TRUE(out.seesEnd());

    RawClient failing = server.connect();
    failing.send(waiting("fails"));
    EXPECT_EQ(failing.readAnswer().status, 500);
    EXPECT_EQ(server.handled(), 1U);
    EXPECT_EQ(server.tickets(), 0);
}

TEST(Server, RefusalThatIsHeldBackComesLaterAndKeepsTheConnection) {
    TestServer server;
    RawClient client = server.connect();

    const auto waited = timeOf([&] {
        client.send(get("/late"));
        EXPECT_EQ(client.readAnswer().status, 429);
    });

    EXPECT_GE(waited, kHeldBack);
    client.send(get("/hello"));
    EXPECT_EQ(client.readAnswer().body, "hello");
}

TEST(Server, ListenersOwnLimitHoldsWhereTheRouteHasNone) {
    Limits limits;
    limits.body_bytes_max = 10;
    TestServer server{limits};

    EXPECT_EQ(server.ask(post("/short", std::string(9, 'x'))).body, "9");
    EXPECT_EQ(server.ask(post("/short", std::string(10, 'x'))).body, "10");
    EXPECT_EQ(server.ask(post("/short", std::string(11, 'x'))).status, 413);
    EXPECT_EQ(server.ask(post("/measure", std::string(11, 'x'))).body, "11");
}

TEST(Server, FailingHandlerIsAnsweredAndReported) {
    TestServer server;
    RawClient client = server.connect();

    client.send(get("/fail", "X-Request-Id: r1\r\n") + get("/things/nut", "X-Request-Id: r2\r\n") + get("/hello"));
    const Answer plain = client.readAnswer();
    const Answer own_words = client.readAnswer();

    EXPECT_EQ(plain.status, 500);
    EXPECT_EQ(plain.field("Tollgate-Error"), "internal_error");
    EXPECT_THAT(plain.body, Not(testing::HasSubstr("broken")));
    EXPECT_EQ(own_words.status, 500);
    EXPECT_EQ(own_words.body, "no nut");
    EXPECT_EQ(own_words.field("X-Request-Id"), "r2");
    EXPECT_EQ(client.readAnswer().body, "hello");
    EXPECT_THAT(server.failures(), ElementsAre("r1", "r2"));
}

TEST(Server, AnswerThatCannotBeSentBecomesA500) {
    TestServer server;

    EXPECT_EQ(server.ask(get("/split")).status, 500);
    EXPECT_EQ(server.ask(get("/interim")).status, 500);
    EXPECT_EQ(server.failures().size(), 2U);
}

TEST(Server, FullQueueIsAnswered503AndIsNoFailure) {
    TestServer server;

    const Answer answer = server.ask(get("/overload"));

    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.has("Retry-After"));
    EXPECT_TRUE(server.failures().empty());
}

TEST(Server, HandlerIsFinishedThoughItsClientIsGone) {
    TestServer server;
    for (const bool by_reset : {false, true}) {
        RawClient client = server.connect();
        client.send(get("/gate"));
        server.gate().awaitArrivals(by_reset ? 2 : 1);
        if (by_reset) client.reset();
    }

    server.gate().open();

    EXPECT_EQ(server.awaitAnswered(2).size(), 2U);
    EXPECT_TRUE(server.failures().empty());
}

TEST(Server, ClientThatHasFinishedSendingIsAnswered) {
    TestServer server;
    RawClient client = server.connect();

    client.send(post("/echo", "bye"));
    client.finishSending();

    EXPECT_EQ(client.readAnswer().body, "bye");
    EXPECT_TRUE(client.seesEnd());
}

TEST(Server, CutBodyIsRefused) {
    TestServer server;
    for (const std::string& request : {post("/echo", "whole"), postChunked("/echo", "5\r\nwhole\r\n0\r\n\r\n")}) {
        RawClient client = server.connect();

        client.send(request.substr(0, request.size() - 1));
        client.finishSending();

        EXPECT_EQ(client.readAnswer().status, 400);
    }
    EXPECT_EQ(server.handled(), 0U);
}

TEST(Server, AccessRecordTellsWhatWasAnswered) {
    TestServer server;
    server.ask(post("/echo?secret=1", "four", "X-Request-Id: r1\r\n"));
    server.ask("bad\r\n\r\n");

    const std::vector<AccessRecord> records = server.awaitAnswered(2);

    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].method, "POST");
    EXPECT_EQ(records[0].route_pattern, "/echo");
    EXPECT_EQ(records[0].request_id, "r1");
    EXPECT_EQ(records[0].peer_address, "127.0.0.1");
    EXPECT_EQ(records[0].status, 200);
    EXPECT_EQ(records[0].body_bytes_in, 4U);
    EXPECT_EQ(records[0].body_bytes_out, 4U);
    EXPECT_EQ(records[1].status, 400);
    EXPECT_EQ(records[1].error_code, "request_line_invalid");
    EXPECT_EQ(records[1].route_pattern, "");
}

TEST(Server, ConnectionPastTheLimitIsClosedUntilOneIsFree) {
    Limits limits;
    limits.connections_max = 2;
    TestServer server{limits};
    RawClient first = server.connect();
    RawClient second = server.connect();
    first.send(get("/hello"));
    second.send(get("/hello"));
    ASSERT_EQ(first.readAnswer().status, 200);
    ASSERT_EQ(second.readAnswer().status, 200);

    EXPECT_TRUE(server.connect().seesEnd());

    first.finishSending();
    ASSERT_TRUE(first.seesEnd());
    int status = 0;
    for (int tries = 0; tries < 1000 && status == 0; ++tries)
        status = server.ask(get("/hello")).status;  // the place is free in a moment
    EXPECT_EQ(status, 200);
}

/// The status of GET /hello from a loopback address of its own; 0 where the connection was closed.
int statusFrom(const char* address, std::uint16_t port) {
    const net::Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto from = net::SocketAddress::parse(address, 0).value();
    const auto to = net::SocketAddress::parse("127.0.0.1", port).value();
    EXPECT_EQ(::bind(socket.number(), from.kernelForm(), from.kernelBytes()), 0);
    EXPECT_EQ(::connect(socket.number(), to.kernelForm(), to.kernelBytes()), 0);
    const std::string request = get("/hello");
    ::send(socket.number(), request.data(), request.size(), MSG_NOSIGNAL);
    std::array<char, 12> answer{};  // "HTTP/1.1 200"
    const bool came = ::recv(socket.number(), answer.data(), answer.size(), MSG_WAITALL) == 12;
    return came ? std::stoi(std::string{answer.data() + 9, 3}) : 0;
}

TEST(Server, OneAddressMayHaveSoManyConnectionsAndOthersAsMany) {
    Limits limits;
    limits.connections_per_address_max = 2;
    TestServer server{limits};
    RawClient first = server.connect();
    first.send(get("/hello"));
    ASSERT_EQ(first.readAnswer().status, 200);
    RawClient second = server.connect();
    second.send(get("/hello"));
    ASSERT_EQ(second.readAnswer().status, 200);

    EXPECT_EQ(statusFrom("127.0.0.1", server.port()), 0);

    EXPECT_EQ(statusFrom("127.0.0.2", server.port()), 200);
    first.finishSending();
    ASSERT_TRUE(first.seesEnd());
    int status = 0;
    for (int tries = 0; tries < 1000 && status == 0; ++tries) status = statusFrom("127.0.0.1", server.port());
    EXPECT_EQ(status, 200);
}

TEST(Server, ShutdownDoesNotWaitForRequestsThatAreStillBeingSent) {
    TestServer server;
    RawClient head = server.connect();
    head.send("GET /hello HTTP/1.1\r\nHost:");
    RawClient body = server.connect();
    body.send("POST /ticketed HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    ASSERT_EQ(body.readAnswer().status, 100);
    const auto began = std::chrono::steady_clock::now();

    EXPECT_TRUE(server.server().shutdown(60s)) << "nothing was lost";

    EXPECT_LE(std::chrono::steady_clock::now() - began, 10s);
    EXPECT_TRUE(head.seesEnd());
    EXPECT_TRUE(body.seesEnd());
    EXPECT_EQ(server.tickets(), 0);
}

TEST(Server, ShutdownClosesIdleConnectionsAndFinishesRequests) {
    TestServer server;
    RawClient idle = server.connect();
    idle.send(get("/hello"));
    ASSERT_EQ(idle.readAnswer().status, 200);
    RawClient busy = server.connect();
    busy.send(get("/gate"));
    server.gate().awaitArrivals(1);

    bool finished = false;
    std::thread stopping{[&] { finished = server.server().shutdown(kPatience); }};
    EXPECT_TRUE(idle.seesEnd());
    server.gate().open();
    const Answer answer = busy.readAnswer();
    EXPECT_TRUE(busy.seesEnd());
    busy.finishSending();
    stopping.join();

    EXPECT_EQ(answer.body, "passed");
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_TRUE(finished);
    EXPECT_THROW(server.connect(), std::system_error);
}

TEST(Server, ShutdownCutsWhatIsNotFinishedInTime) {
    TestServer server;
    RawClient sending = server.connect();
    sending.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
    RawClient busy = server.connect();
    busy.send(get("/gate"));
    server.gate().awaitArrivals(1);

    EXPECT_FALSE(server.server().shutdown(50ms));

    EXPECT_TRUE(sending.seesEnd());
    server.gate().open();
    EXPECT_TRUE(busy.seesEnd());
}

TEST(Server, AddressThatIsNoneOrNotOursIsRefused) {
    TestServer server;

    EXPECT_THROW(server.server().listen("localhost", 0), std::invalid_argument);
    EXPECT_THROW(server.server().listen("192.0.2.1", 0), std::system_error);
}

}  // namespace
}  // namespace gateway::http
