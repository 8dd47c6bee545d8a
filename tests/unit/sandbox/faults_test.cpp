// Each way in which the platform can misbehave, as a client sees it and as the call log tells it.

#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/json.h"
#include "tests/unit/sandbox/support/running_sandbox.h"

namespace sandbox {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::HttpAnswer;
using testing_support::RunningSandbox;

class Faults : public testing::Test {
protected:
    void plan(const std::string& fields) {
        sandbox_.control("POST", "/faults", R"({"path":"/cv/ocr/driving",)" + fields + "}");
    }
    /// A scan by URL with a deadline of the client's own.
    HttpAnswer scanWithin(std::chrono::milliseconds timeout) {
        return sandbox_.platform(
            {.method = "POST", .timeout = timeout},
            "/cv/ocr/driving?access_token=" + token_ + "&img_url=https%3A%2F%2Fsamples.tollgate.test%2Fsample-1.jpg");
    }
    std::string lastAnswer() { return sandbox_.calls().back()->get("answer").toString(); }
    std::int64_t used() { return *integerField(sandbox_.control("GET", "/authorizers/wx1"), "day_used"); }

    RunningSandbox sandbox_;
    std::string token_ = sandbox_.authorize("wx1");
};

TEST_F(Faults, ErrcodeIsAnsweredWithoutDoingTheWork) {
    plan(R"("errcode":45011,"count":2)");

    EXPECT_EQ(sandbox_.scanErrcode(token_, "粤B1"), 45011);
    EXPECT_EQ(sandbox_.scanErrcode(token_, "粤B1"), 45011);

    EXPECT_EQ(used(), 0);
    EXPECT_EQ(lastAnswer(), "45011");
    EXPECT_EQ(booleanField(sandbox_.calls().back(), "scripted"), true);
    EXPECT_EQ(sandbox_.scanErrcode(token_, "粤B1"), 0);
}

TEST_F(Faults, ErrcodeMeetsComponentEndpointsToo) {
    sandbox_.control("POST", "/faults", R"({"path":"/cgi-bin/component/api_create_preauthcode","errcode":-1})");

    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/api_create_preauthcode?access_token=" + sandbox_.componentToken(),
                               R"({"component_appid":"wxc0a1b2c3d4e5f607"})"),
              -1);
}

TEST_F(Faults, FaultOfOneAccountLeavesTheOthersAlone) {
    const std::string other = sandbox_.authorize("wx2");
    plan(R"("errcode":-1,"appid":"wx2")");

    EXPECT_EQ(sandbox_.scanErrcode(token_, "粤B1"), 0);
    EXPECT_EQ(sandbox_.scanErrcode(other, "粤B1"), -1);
}

TEST_F(Faults, CutAnswerBreaksOffInTheBody) {
    plan(R"("mode":"cut")");

    const HttpAnswer answer = sandbox_.scan(token_, "粤B1");

    EXPECT_NE(answer.failure, "");
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr("{\"errcode\":0"));
    EXPECT_TRUE(parseObject(answer.body).isNull());
    EXPECT_EQ(lastAnswer(), "cut");
    EXPECT_EQ(used(), 1);
}

TEST_F(Faults, ResetComesAfterTheWorkAndWithoutAnAnswer) {
    plan(R"("mode":"reset")");

    const HttpAnswer answer = sandbox_.scan(token_, "粤B1");

    EXPECT_NE(answer.failure, "");
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(lastAnswer(), "reset");
    EXPECT_EQ(used(), 1);
}

TEST_F(Faults, EarlyResetComesBeforeTheWork) {
    plan(R"("mode":"early_reset")");

    const HttpAnswer answer = sandbox_.scan(token_, std::string(1'000'000, 'x'));

    EXPECT_NE(answer.failure, "");
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(lastAnswer(), "early_reset");
    EXPECT_EQ(used(), 0);
}

TEST_F(Faults, SilentPlatformNeverAnswers) {
    plan(R"("mode":"silent")");

    const HttpAnswer answer = scanWithin(std::chrono::milliseconds{300});

    EXPECT_THAT(answer.failure, HasSubstr("Timeout"));
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(lastAnswer(), "silent");
    EXPECT_EQ(used(), 1);
}

TEST_F(Faults, DrippingAnswerDoesNotArriveInTime) {
    plan(R"("mode":"drip")");

    const HttpAnswer answer = scanWithin(std::chrono::milliseconds{1500});

    EXPECT_NE(answer.failure, "");
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(lastAnswer(), "drip");
    EXPECT_EQ(used(), 1);
}

TEST_F(Faults, ServerErrorIsAPageAndNoWork) {
    plan(R"("mode":"http500")");

    const HttpAnswer answer = sandbox_.scan(token_, "粤B1");

    EXPECT_EQ(answer.status, 500);
    EXPECT_TRUE(parseObject(answer.body).isNull());
    EXPECT_EQ(used(), 0);
}

TEST_F(Faults, PageInPlaceOfJsonComesWith200) {
    plan(R"("mode":"not_json")");

    const HttpAnswer answer = sandbox_.scan(token_, "粤B1");

    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(parseObject(answer.body).isNull());
    EXPECT_EQ(lastAnswer(), "not_json");
}

TEST_F(Faults, DelayedAnswerIsARealOneThatComesLater) {
    plan(R"("mode":"delay","delay_ms":200)");

    const auto begin = std::chrono::steady_clock::now();
    const auto code = sandbox_.scanErrcode(token_, "粤B1");

    EXPECT_EQ(code, 0);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{200});
    EXPECT_EQ(lastAnswer(), "0");
}

TEST_F(Faults, ErrcodeCanBeDelayedToo) {
    plan(R"("errcode":-1,"delay_ms":100)");

    const auto begin = std::chrono::steady_clock::now();

    EXPECT_EQ(sandbox_.scanErrcode(token_, "粤B1"), -1);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{100});
}

TEST_F(Faults, SilentCallsDoNotHoldUpTheEnd) {
    plan(R"("mode":"silent")");
    HttpAnswer answer;
    std::thread client{[&] { answer = scanWithin(std::chrono::seconds{50}); }};
    while (sandbox_.calls("?path=/cv/ocr/driving").empty()) std::this_thread::yield();

    const auto begin = std::chrono::steady_clock::now();
    sandbox_.stop();
    client.join();

    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{20});
    EXPECT_THAT(answer.failure, Not(HasSubstr("Timeout")));
}

}  // namespace
}  // namespace sandbox
