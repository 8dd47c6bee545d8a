#include "gateway/wechat/https_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "gateway/net/loop_group.h"
#include "tests/unit/gateway/net/loop_fixture.h"
#include "tests/unit/gateway/net/raw_tls_server.h"
#include "tests/unit/gateway/net/scripted_server.h"
#include "tests/unit/gateway/wechat/scripted_upstream.h"

namespace gateway::wechat {
namespace {

using namespace std::chrono_literals;
using net::testing::clientContext;
using net::testing::in;
using net::testing::RawTlsServer;
using net::testing::runOn;
using net::testing::ScriptedServer;
using net::testing::serverContext;
using net::testing::soon;
using tenants::Task;
using testing::answerOf;
using testing::Plan;
using testing::Seen;
using testing::Upstream;

using Outcome = std::variant<HttpsAnswer, HttpsFailure>;

/// Parts kept alive with the call that borrows them.
Task<Outcome> post(HttpsClient& client, std::string target, std::vector<std::string> texts,
                   tenants::SteadyTime deadline) {
    const std::vector<std::string_view> parts{texts.begin(), texts.end()};
    HttpsRequest request{"POST", std::move(target), "application/json", parts};
    co_return co_await client.call(std::move(request), deadline);
}

class HttpsClientTest : public ::testing::Test {
protected:
    HttpsClientTest() { loops_.start(); }
    ~HttpsClientTest() override {
        closeIdle();
        loops_.stop();
    }

    Upstream& start(std::vector<Plan> plans) {
        upstreams_.push_back(std::make_unique<Upstream>(std::move(plans)));
        return *upstreams_.back();
    }

    void makeClient(const net::SocketAddress& address, HttpsClient::Options options = {}) {
        closeIdle();
        options.host = "localhost";
        options.port = address.port();
        client_ = std::make_unique<HttpsClient>(std::move(options), clientContext(), resolver_, loops_.all(), clock_);
    }
    Outcome call(tenants::SteadyTime deadline = soon(), std::vector<std::string> body = {"=end"}) {
        return runOn(loops_.at(0), [&] { return post(*client_, "/cv/ocr?access_token=SECRET", body, deadline); });
    }
    /// Calls an upstream that follows `plan`, with a short deadline that must hold. The failure, or nothing.
    std::optional<HttpsFailure> failureWith(Plan plan, std::chrono::milliseconds time = 5s) {
        const Upstream& upstream = start({std::move(plan)});
        makeClient(upstream.address());
        const auto deadline = in(time);
        const Outcome outcome = call(deadline);
        EXPECT_LE(std::chrono::steady_clock::now(), deadline + net::testing::kLateness);
        const auto* failure = std::get_if<HttpsFailure>(&outcome);
        return failure != nullptr ? std::optional{*failure} : std::nullopt;
    }
    void closeIdle() {
        if (!client_) return;
        client_->closeIdleConnections();
        for (net::EventLoop* loop : loops_.all()) net::testing::callOn(*loop, [] {});
    }

    tenants::SystemClock clock_;
    net::LoopGroup loops_{2};
    net::Resolver resolver_{{}, clock_};
    std::vector<std::unique_ptr<Upstream>> upstreams_;  // each waits at its end for its clients to go
    std::unique_ptr<HttpsClient> client_;
};

TEST_F(HttpsClientTest, RequestIsWholeAndHasItsLength) {
    const Upstream& upstream = start({{.answers = {answerOf(R"({"errcode":0})")}}});
    makeClient(upstream.address());

    const Outcome outcome = call(soon(), {"{\"a\":", "1}", "", "=end"});

    const auto& answer = std::get<HttpsAnswer>(outcome);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(answer.body, R"({"errcode":0})");
    ASSERT_EQ(upstream.requests().size(), 1U);
    EXPECT_EQ(
        upstream.requests()[0].second,
        "POST /cv/ocr?access_token=SECRET HTTP/1.1\r\nHost: localhost:" + std::to_string(upstream.address().port()) +
            "\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"a\":1}=end");
}

TEST_F(HttpsClientTest, ChunkedAnswerAndInterimAnswersAreRead) {
    const Upstream& upstream =
        start({{.answers = {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"}}});
    makeClient(upstream.address());

    EXPECT_EQ(std::get<HttpsAnswer>(call()).body, "abcde");
}

TEST_F(HttpsClientTest, RedirectIsAnAnswerAndNotFollowed) {
    const Upstream& upstream =
        start({{.answers = {"HTTP/1.1 302 Found\r\nLocation: https://localhost/\r\nContent-Length: 0\r\n\r\n"}}});
    makeClient(upstream.address());

    EXPECT_EQ(std::get<HttpsAnswer>(call()).status, 302);
    EXPECT_EQ(upstream.connections(), 1);
}

TEST_F(HttpsClientTest, ConnectionIsReusedForTheNextCalls) {
    const Upstream& upstream = start({{.answers = {answerOf("1"), answerOf("2"), answerOf("3")}}});
    makeClient(upstream.address());

    for (const char* expected : {"1", "2", "3"}) EXPECT_EQ(std::get<HttpsAnswer>(call()).body, expected);

    EXPECT_EQ(upstream.connections(), 1);
    EXPECT_EQ(client_->counts().connections, 1U);
    EXPECT_EQ(client_->counts().reused, 2U);
    EXPECT_EQ(client_->counts().in_flight, 0U);
}

TEST_F(HttpsClientTest, ConnectionThatMayNotGoOnIsNotReused) {
    const std::string closing = answerOf("x", "Connection: close\r\n");
    const std::string with_more = answerOf("x") + "HTTP/1.1 200 OK\r\n";
    for (const std::string& answer : {closing, with_more}) {
        const Upstream& upstream = start({{.answers = {answer}}});
        makeClient(upstream.address());

        EXPECT_EQ(std::get<HttpsAnswer>(call()).body, "x");
        EXPECT_EQ(std::get<HttpsAnswer>(call()).body, "x");

        EXPECT_EQ(upstream.connections(), 2);
    }
}

TEST_F(HttpsClientTest, ConnectionThatClosedWhileIdleIsReplacedUnseen) {
    for (const bool with_goodbye : {true, false}) {
        Upstream& upstream =
            start({{.answers = {answerOf("1")}, .close_at_the_end = true, .with_goodbye = with_goodbye},
                   {.answers = {answerOf("2")}}});
        makeClient(upstream.address());
        EXPECT_EQ(std::get<HttpsAnswer>(call()).body, "1");
        ASSERT_TRUE(upstream.waitForEnds(1));

        EXPECT_EQ(std::get<HttpsAnswer>(call()).body, "2");

        EXPECT_EQ(upstream.requests().size(), 2U);
    }
}

TEST_F(HttpsClientTest, IdleConnectionIsDroppedWhenItIsTooOld) {
    const Upstream& upstream = start({{.answers = {answerOf("1"), answerOf("2")}}, {.answers = {answerOf("3")}}});
    makeClient(upstream.address(), {.idle_age_max = 0ms});

    EXPECT_EQ(std::get<HttpsAnswer>(call()).body, "1");
    EXPECT_EQ(std::get<HttpsAnswer>(call()).body, "3");

    EXPECT_EQ(client_->counts().reused, 0U);
}

TEST_F(HttpsClientTest, NoMoreIdleConnectionsAreKeptThanAllowed) {
    // A connection's second answer never comes, so that it cannot serve two calls of the second round.
    const Upstream& upstream = start({{.answers = {answerOf("x"), ""}}});
    makeClient(upstream.address(), {.idle_connections_max = 2});
    const auto answersOfEightAtOnce = [&](tenants::SteadyTime deadline) {
        std::vector<std::promise<Outcome>> outcomes(8);
        net::testing::callOn(loops_.at(0), [&] {
            for (auto& outcome : outcomes) {
                tenants::spawn(net::testing::deliver<Outcome>(post(*client_, "/", {"=end"}, deadline), outcome));
            }
        });
        return std::count_if(outcomes.begin(), outcomes.end(), [](auto& outcome) {
            return std::holds_alternative<HttpsAnswer>(outcome.get_future().get());
        });
    };

    EXPECT_EQ(answersOfEightAtOnce(soon()), 8);
    EXPECT_EQ(answersOfEightAtOnce(in(500ms)), 6);

    EXPECT_EQ(client_->counts().reused, 2U);
    EXPECT_EQ(upstream.connections(), 14);
}

TEST_F(HttpsClientTest, EachLoopHasConnectionsOfItsOwn) {
    const Upstream& upstream = start({{.answers = std::vector<std::string>(20, answerOf("x"))}});
    makeClient(upstream.address());

    for (std::size_t round = 0; round < 6; ++round) {
        const Outcome outcome = runOn(loops_.at(round % 2), [&] { return post(*client_, "/", {"=end"}, soon()); });
        EXPECT_TRUE(std::holds_alternative<HttpsAnswer>(outcome));
    }

    EXPECT_EQ(upstream.connections(), 2);
    EXPECT_EQ(client_->counts().reused, 4U);
}

TEST_F(HttpsClientTest, ClosingIdleConnectionsKeepsNoneFromThenOn) {
    const Upstream& upstream = start({{.answers = {answerOf("x"), answerOf("x")}}});
    makeClient(upstream.address());
    call();

    closeIdle();
    call();
    call();

    EXPECT_EQ(upstream.connections(), 3);
}

TEST_F(HttpsClientTest, SilentUpstreamTimesOutAndMayHaveActed) {
    const auto failure = failureWith({.answers = {""}}, 150ms);

    ASSERT_TRUE(failure);
    EXPECT_TRUE(failure->timed_out);
    EXPECT_EQ(failure->sent, Sent::kSomething);
}

TEST_F(HttpsClientTest, DrippingAnswerEndsAtTheDeadline) {
    const auto failure = failureWith({.answers = {answerOf(std::string(2000, 'x'))}, .drip = true}, 200ms);

    ASSERT_TRUE(failure);
    EXPECT_TRUE(failure->timed_out);
    EXPECT_EQ(failure->reason, "answer: not whole in time");
}

TEST_F(HttpsClientTest, AnswersThatAreNotWholeAreFailures) {
    const std::string whole = answerOf("0123456789");
    struct Case {
        std::string answer;
        std::string reason;
    };
    for (const bool with_goodbye : {true, false}) {
        const std::string cut = with_goodbye ? "answer: cut" : "answer: connection broken";
        for (const Case& bad :
             {Case{"", cut}, Case{whole.substr(0, 1), cut}, Case{whole.substr(0, 30), cut},
              Case{whole.substr(0, whole.size() - 10), cut}, Case{whole.substr(0, whole.size() - 1), cut},
              Case{"HTTP/1.1 200 OK\r\n\r\n{\"errcode\":0}", "answer: without a length"},
              Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", cut},
              Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n", cut}}) {
            const auto failure =
                failureWith({.answers = {bad.answer}, .close_at_the_end = true, .with_goodbye = with_goodbye});

            ASSERT_TRUE(failure) << bad.answer;
            EXPECT_EQ(failure->reason, bad.reason) << bad.answer;
            EXPECT_EQ(failure->sent, Sent::kSomething);
            EXPECT_FALSE(failure->timed_out);
            EXPECT_EQ(client_->counts().repeats, 0U) << "repeated after bytes were sent";
        }
    }
}

TEST_F(HttpsClientTest, AnswersAgainstTheGrammarAreFailures) {
    for (const char* bad : {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 1,1\r\n\r\nx", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"}) {
        const auto failure = failureWith({.answers = {bad}});

        ASSERT_TRUE(failure) << bad;
        EXPECT_TRUE(failure->reason.starts_with("answer: ")) << failure->reason;
        EXPECT_FALSE(failure->timed_out) << bad;
    }
}

TEST_F(HttpsClientTest, HeadAndBodyMayBeAsLargeAsTheirLimitsAndNoLarger) {
    const auto head_of = [](std::size_t bytes) {
        const std::string fixed = "HTTP/1.1 204 No Content\r\n";
        std::string head = fixed;
        while (head.size() + 1000 < bytes) head += "X-Padding: " + std::string(900, 'x') + "\r\n";
        return head + "X-Last: " + std::string(bytes - head.size() - 12, 'x') + "\r\n\r\n";
    };
    const std::size_t head_max = 16 * 1024;
    const std::size_t body_max = 256 * 1024;

    EXPECT_FALSE(failureWith({.answers = {head_of(head_max - 1)}}));
    EXPECT_FALSE(failureWith({.answers = {head_of(head_max)}}));
    EXPECT_TRUE(failureWith({.answers = {head_of(head_max + 1)}}));
    EXPECT_FALSE(failureWith({.answers = {answerOf(std::string(body_max - 1, 'x'))}}));
    EXPECT_FALSE(failureWith({.answers = {answerOf(std::string(body_max, 'x'))}}));
    EXPECT_EQ(failureWith({.answers = {answerOf(std::string(body_max + 1, 'x'))}})->reason, "answer: body too large");
    EXPECT_EQ(failureWith({.answers = {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40001\r\n" +
                                       std::string(body_max + 1, 'x') + "\r\n0\r\n\r\n"}})
                  ->reason,
              "answer: body too large");
}

TEST_F(HttpsClientTest, EndlessInterimAnswersAreAFailure) {
    std::string endless;
    for (int count = 0; count < 1000; ++count) endless += "HTTP/1.1 100 Continue\r\n\r\n";

    EXPECT_EQ(failureWith({.answers = {endless}})->reason, "answer: too many interim answers");
}

TEST_F(HttpsClientTest, UpstreamWithAWrongCertificateGetsNotAByte) {
    for (const char* certificate : {"wrong-name", "common-name-only", "other-ca-server", "expired"}) {
        RawTlsServer upstream{1, TLS1_2_VERSION, TLS1_3_VERSION, certificate};
        makeClient(upstream.address());

        const Outcome outcome = call();

        const auto& failure = std::get<HttpsFailure>(outcome);
        EXPECT_EQ(failure.sent, Sent::kNothing);
        EXPECT_TRUE(failure.reason.starts_with("tls: certificate: ")) << failure.reason;
        EXPECT_EQ(client_->counts().repeats, 0U);
        EXPECT_EQ(upstream.finish().at(0).plain_bytes, 0U);
    }
}

TEST_F(HttpsClientTest, OldTlsIsRefused) {
    RawTlsServer upstream{1, TLS1_VERSION, TLS1_1_VERSION};
    makeClient(upstream.address());

    EXPECT_EQ(std::get<HttpsFailure>(call()).sent, Sent::kNothing);
}

Task<void> neverShakeHands(net::AcceptedSocket accepted) {
    net::Stream stream = net::adoptPlain(std::move(accepted.socket));
    co_await net::testing::drain(stream, soon());
}

Task<void> shakeHandsLate(net::AcceptedSocket accepted, std::chrono::milliseconds pause) {
    co_await net::EventLoop::current().sleepUntil(in(pause));
    net::AcceptResult made = co_await net::acceptTls(std::move(accepted.socket), serverContext(), soon());
    EXPECT_FALSE(std::holds_alternative<net::Stream>(made)) << "went on with a late ServerHello";
}

/// Announces a long record and sends it a byte at a time.
Task<void> shakeHandsDripping(net::AcceptedSocket accepted) {
    net::Stream stream = net::adoptPlain(std::move(accepted.socket));
    co_await testing::drip(stream, std::string{"\x16\x03\x03\x40\x00", 5} + std::string(1000, '\x02'));
}

TEST_F(HttpsClientTest, HandshakeHasADeadlineOfItsOwn) {
    const std::vector<ScriptedServer::Script> scripts{
        [](net::AcceptedSocket accepted, int) { return shakeHandsDripping(std::move(accepted)); },
        [](net::AcceptedSocket accepted, int) { return neverShakeHands(std::move(accepted)); },
        [](net::AcceptedSocket accepted, int) { return shakeHandsLate(std::move(accepted), 300ms); }};
    for (const auto& script : scripts) {
        ScriptedServer upstream{script};
        makeClient(upstream.address(), {.connect_max = 100ms});
        const auto begun = std::chrono::steady_clock::now();

        const Outcome outcome = call();

        const auto& failure = std::get<HttpsFailure>(outcome);
        EXPECT_EQ(failure.sent, Sent::kNothing);
        EXPECT_TRUE(failure.timed_out);
        EXPECT_LE(std::chrono::steady_clock::now() - begun, 100ms + net::testing::kLateness);
        EXPECT_EQ(upstream.connections(), 1) << "a time-out was repeated";
    }
}

TEST_F(HttpsClientTest, NameThatIsNeverResolvedEndsAtTheDeadline) {
    std::promise<void> answered;
    const std::shared_future<void> answer = answered.get_future().share();
    net::Resolver resolver{{}, clock_, [answer](const std::string&) {
                               answer.wait();
                               return std::vector<net::SocketAddress>{};
                           }};
    HttpsClient client{{.host = "api.weixin.qq.com", .connect_max = 100ms},
                       clientContext("api.weixin.qq.com"),
                       resolver,
                       loops_.all(),
                       clock_};
    const auto begun = std::chrono::steady_clock::now();

    const Outcome outcome = runOn(loops_.at(0), [&] { return post(client, "/", {"=end"}, soon()); });

    EXPECT_LE(std::chrono::steady_clock::now() - begun, 100ms + net::testing::kLateness);
    EXPECT_EQ(std::get<HttpsFailure>(outcome).sent, Sent::kNothing);
    EXPECT_TRUE(std::get<HttpsFailure>(outcome).timed_out);
    answered.set_value();
}

Task<void> shakeHandsAndReadNothing(net::AcceptedSocket accepted) {
    net::AcceptResult made = co_await net::acceptTls(std::move(accepted.socket), serverContext(), soon());
    co_await net::EventLoop::current().sleepUntil(in(2s));
}

TEST_F(HttpsClientTest, UpstreamThatNeverReadsEndsAtTheDeadlineAndMayHaveActed) {
    ScriptedServer upstream{
        [](net::AcceptedSocket accepted, int) { return shakeHandsAndReadNothing(std::move(accepted)); }};
    makeClient(upstream.address());
    const std::string large(32U << 20U, 'x');
    const auto deadline = in(1s);  // enough for a handshake of sanitized programs

    const Outcome outcome = call(deadline, {large, "=end"});

    EXPECT_LE(std::chrono::steady_clock::now(), deadline + net::testing::kLateness);
    const auto& failure = std::get<HttpsFailure>(outcome);
    EXPECT_TRUE(failure.timed_out);
    EXPECT_EQ(failure.sent, Sent::kSomething);
    EXPECT_EQ(failure.reason, "request: not sent in time");
}

TEST_F(HttpsClientTest, WholeCallHasADeadlineOfItsOwn) {
    const Upstream& upstream = start({{.answers = {""}}});
    makeClient(upstream.address(), {.call_max = 100ms});
    const auto begun = std::chrono::steady_clock::now();

    EXPECT_TRUE(std::get<HttpsFailure>(call(tenants::SteadyTime::max())).timed_out);

    EXPECT_LE(std::chrono::steady_clock::now() - begun, 100ms + net::testing::kLateness);
}

Task<void> breakOffOnce(net::AcceptedSocket accepted, int number, Seen& seen) {
    if (number == 0) co_return;  // closes with the ClientHello unread
    Plan plan;
    plan.answers.push_back(answerOf("second"));
    co_await follow(std::move(accepted), serverContext(), std::move(plan), number, seen);
}

TEST_F(HttpsClientTest, ConnectionThatBreaksBeforeAnyByteIsRepeatedOnce) {
    Seen seen;
    ScriptedServer upstream{
        [&seen](net::AcceptedSocket accepted, int number) { return breakOffOnce(std::move(accepted), number, seen); }};
    makeClient(upstream.address());

    EXPECT_EQ(std::get<HttpsAnswer>(call()).body, "second");

    EXPECT_EQ(client_->counts().repeats, 1U);
    EXPECT_EQ(upstream.connections(), 2);
    closeIdle();
}

Task<void> breakOffAlways(net::AcceptedSocket accepted) {
    const net::AcceptedSocket gone = std::move(accepted);
    co_return;
}

TEST_F(HttpsClientTest, RepeatsStayWithinATenthOfTheCallsWhenEverythingFails) {
    ScriptedServer upstream{[](net::AcceptedSocket accepted, int) { return breakOffAlways(std::move(accepted)); }};
    makeClient(upstream.address());

    for (int count = 0; count < 200; ++count) {
        EXPECT_EQ(std::get<HttpsFailure>(call()).sent, Sent::kNothing);
    }

    EXPECT_LE(client_->counts().repeats, 30U);  // ten saved up, and a tenth of 200
    EXPECT_GE(client_->counts().repeats, 20U);
}

TEST_F(HttpsClientTest, MoreCallsThanAllowedAtOnceAreRefusedBeforeAnythingIsSent) {
    const Upstream& upstream = start({{.answers = {""}}});
    makeClient(upstream.address(), {.in_flight_max = 1});
    std::promise<Outcome> first;
    net::testing::callOn(loops_.at(0), [&] {
        tenants::spawn(net::testing::deliver<Outcome>(post(*client_, "/", {"=end"}, in(200ms)), first));
    });

    const Outcome second = runOn(loops_.at(1), [&] { return post(*client_, "/", {"=end"}, soon()); });

    EXPECT_EQ(std::get<HttpsFailure>(second).reason, "in_flight_full");
    EXPECT_EQ(std::get<HttpsFailure>(second).sent, Sent::kNothing);
    EXPECT_TRUE(std::get<HttpsFailure>(first.get_future().get()).timed_out);
    EXPECT_EQ(client_->counts().in_flight, 0U);
}

TEST_F(HttpsClientTest, RequestThatWouldNotStayOneHeadIsNeverSent) {
    const Upstream& upstream = start({{.answers = {answerOf("x")}}});
    makeClient(upstream.address());

    for (const char* target : {"", "cv", "/a b", "/a\r\nX: y", "/\xe8\xa1\x8c"}) {
        EXPECT_THROW(runOn(loops_.at(0), [&] { return post(*client_, target, {"=end"}, soon()); }),
                     std::invalid_argument);
    }

    EXPECT_EQ(upstream.connections(), 0);
}

TEST_F(HttpsClientTest, ClientWithoutTlsCannotBeMade) {
    EXPECT_THROW((HttpsClient{{.host = "localhost"}, nullptr, resolver_, loops_.all(), clock_}), std::invalid_argument);
}

TEST_F(HttpsClientTest, ManyCallsOnBothLoopsAllGetTheirAnswer) {
    const Upstream& upstream = start({{.answers = std::vector<std::string>(100, answerOf("x"))}});
    makeClient(upstream.address(), {.connect_max = 60s, .call_max = 60s});
    std::vector<std::promise<Outcome>> outcomes(100);

    for (std::size_t loop = 0; loop < 2; ++loop) {
        net::testing::callOn(loops_.at(loop), [&] {
            for (std::size_t index = loop; index < outcomes.size(); index += 2) {
                std::vector<std::string> body{std::string(200'000, 'b'), "=end"};
                tenants::spawn(
                    net::testing::deliver<Outcome>(post(*client_, "/", std::move(body), in(60s)), outcomes[index]));
            }
        });
    }

    for (auto& outcome : outcomes) EXPECT_TRUE(std::holds_alternative<HttpsAnswer>(outcome.get_future().get()));
    EXPECT_EQ(upstream.requests().size(), 100U);
}

}  // namespace
}  // namespace gateway::wechat
