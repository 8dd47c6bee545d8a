// The platform's clock: how it is moved, and what falls due with it.

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/json.h"
#include "tests/unit/sandbox/support/running_sandbox.h"

namespace sandbox {
namespace {

using testing_support::RunningSandbox;

const std::string kAppid = R"("component_appid":"wxc0a1b2c3d4e5f607")";

class ClockTest : public testing::Test {
protected:
    std::string advance(const std::string& seconds) {
        return *stringField(sandbox_.control("POST", "/clock", R"({"advance_s":)" + seconds + "}"), "event");
    }
    std::size_t pushes() { return sandbox_.receiver().messages().size(); }

    RunningSandbox sandbox_;
};

TEST_F(ClockTest, FractionsOfASecondCount) {
    sandbox_.control("POST", "/clock", R"({"advance_s":0.25})");
    const auto moved = sandbox_.control("POST", "/clock", R"({"advance_s":1.5})");

    EXPECT_EQ(integerField(moved, "offset_ms"), 1750);
    EXPECT_EQ(integerField(moved, "offset_s"), 1);
}

TEST_F(ClockTest, CanBeSetToATimeThatIsAhead) {
    const auto moved = sandbox_.control("POST", "/clock", R"({"set":"2030-01-01T00:00:00Z"})");

    EXPECT_EQ(stringField(moved, "now")->substr(0, 16), "2030-01-01T00:00");
    EXPECT_EQ(stringField(moved, "event"), "delivered");
}

TEST_F(ClockTest, MovesThatMakeNoSenseAreRefused) {
    for (const char* body :
         {"{}", R"({"advance_s":-0.5})", R"({"advance_s":"60"})", R"({"advance_s":1e12})", R"({"advance_s":true})",
          R"({"set":"2020-01-01T00:00:00Z"})", R"({"set":"tomorrow"})", R"({"set":"2090-01-01T00:00:00Z"})",
          R"({"advance_s":1,"set":"2030-01-01T00:00:00Z"})", R"({"advance":1})", "[]"}) {
        EXPECT_EQ(sandbox_.controlRaw("POST", "/clock", body).status, 400) << body;
    }
    EXPECT_EQ(integerField(sandbox_.control("GET", "/clock"), "offset_ms"), 0);
}

TEST_F(ClockTest, MoveOfManyHoursPushesOneTicket) {
    const std::size_t before = pushes();

    EXPECT_EQ(advance("86400"), "delivered");

    EXPECT_EQ(pushes(), before + 1);
}

TEST_F(ClockTest, ManySmallMovesPushATicketEveryTenMinutes) {
    advance("600");
    const std::size_t before = pushes();

    for (int minute = 0; minute < 60; ++minute) advance("60");

    EXPECT_EQ(pushes(), before + 6);
}

TEST_F(ClockTest, TimerThatIsSwitchedOffPushesNothing) {
    sandbox_.control("PATCH", "/component", R"({"timer_pushes":false})");
    const std::size_t before = pushes();

    EXPECT_EQ(advance("3600"), "none");
    EXPECT_EQ(pushes(), before);
    EXPECT_EQ(stringField(sandbox_.control("POST", "/ticket"), "event"), "delivered");
}

TEST_F(ClockTest, StoppedServicePushesNothingUntilTheComponentStartsIt) {
    const std::string start = "/cgi-bin/component/api_start_push_ticket";
    const std::string body = "{" + kAppid + R"(,"component_secret":"component-secret"})";
    EXPECT_EQ(stringField(sandbox_.post(start, body), "errmsg"), "in a normal state");
    const auto stopped = sandbox_.control("PATCH", "/component", R"({"push_running":false})");
    EXPECT_EQ(booleanField(stopped, "push_running"), false);
    EXPECT_EQ(advance("3600"), "none");
    const std::string before = sandbox_.receiver().newest("ComponentVerifyTicket");

    EXPECT_EQ(stringField(sandbox_.post(start, body), "errmsg"), "ok");

    while (sandbox_.receiver().newest("ComponentVerifyTicket") == before) std::this_thread::yield();
    EXPECT_EQ(booleanField(sandbox_.control("GET", "/component"), "push_running"), true);
    EXPECT_EQ(advance("600"), "delivered");
}

TEST_F(ClockTest, TokensCodesAndTicketsEndWithIt) {
    const std::string ticket = sandbox_.receiver().newest("ComponentVerifyTicket");
    const std::string component_token = sandbox_.componentToken();
    const std::string account_token = sandbox_.authorize("wx1");
    const auto buy = [&] {
        return sandbox_.errcode(
            "/cgi-bin/component/api_component_token",
            "{" + kAppid + R"(,"component_appsecret":"component-secret","component_verify_ticket":")" + ticket + "\"}");
    };

    advance("7200");
    EXPECT_EQ(sandbox_.scanErrcode(account_token, "粤B1"), 42001);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/api_create_preauthcode?access_token=" + component_token,
                               "{" + kAppid + "}"),
              42001);
    EXPECT_EQ(buy(), 0);

    advance("36000");
    EXPECT_EQ(buy(), 61005);
}

TEST_F(ClockTest, FreeRecognitionsComeBackAtMidnightInBeijing) {
    std::string token = sandbox_.authorize("wx1");
    sandbox_.control("PATCH", "/authorizers/wx1", R"({"day_free":1})");
    ASSERT_EQ(sandbox_.scanErrcode(token, "粤B1"), 0);
    ASSERT_EQ(sandbox_.scanErrcode(token, "粤B1"), 101003);
    const std::string midnight = *stringField(sandbox_.control("GET", "/authorizers/wx1"), "day_turns_at");

    sandbox_.control("POST", "/clock", R"({"set":")" + midnight + "\"}");

    EXPECT_EQ(integerField(sandbox_.control("GET", "/authorizers/wx1"), "day_used"), 0);
}

}  // namespace
}  // namespace sandbox
