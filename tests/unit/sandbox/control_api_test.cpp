// The control API: its fields, its answers, and what its changes do to calls.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/json.h"
#include "sandbox/log.h"
#include "tests/unit/sandbox/support/running_sandbox.h"

namespace sandbox {
namespace {

using testing::HasSubstr;
using testing_support::RunningSandbox;

class ControlApi : public testing::Test {
protected:
    long statusOf(const std::string& method, const std::string& path, const std::string& body = {}) {
        return sandbox_.controlRaw(method, path, body).status;
    }
    RunningSandbox sandbox_;
};

TEST_F(ControlApi, IsAlive) {
    EXPECT_EQ(stringField(sandbox_.control("GET", "/livez"), "status"), "ok");
}

TEST_F(ControlApi, NewAccountHasDefaultsAndAnAppid) {
    const auto made = sandbox_.control("POST", "/authorizers", R"({"kind":"service"})");

    const std::string appid = *stringField(made, "appid");
    EXPECT_EQ(appid.size(), 18U);
    EXPECT_EQ(booleanField(made, "verified"), true);
    EXPECT_EQ(booleanField(made, "authorized"), false);
    EXPECT_EQ(integerField(made, "day_free"), 100);
    EXPECT_EQ(integerField(made, "pack_units"), 0);
    EXPECT_EQ(integerField(made, "account_status"), 1);
    EXPECT_EQ(stringField(sandbox_.control("GET", "/authorizers/" + appid), "appid"), appid);
    EXPECT_EQ(sandbox_.control("GET", "/authorizers")->getArray("authorizers")->size(), 1U);
}

TEST_F(ControlApi, WrongFieldsAreRefused) {
    for (const char* body : {"[]", "{", R"({"kind":"shop"})", "{}", R"({"kind":"service","sets":"117"})",
                             R"({"kind":"service","verified":1})", R"({"kind":"service","appid":"a/b"})",
                             R"({"kind":"service","appid":7})", R"({"kind":"service","set":[]})"}) {
        EXPECT_EQ(statusOf("POST", "/authorizers", body), 400) << body;
    }
    sandbox_.control("POST", "/authorizers", R"({"appid":"wx1","kind":"service"})");
    for (const char* body : {R"({"account_status":2})", R"({"day_free":-1})", R"({"pack_units":"1"})",
                             R"({"sets":[-1]})", R"({"kind":"service"})"}) {
        EXPECT_EQ(statusOf("PATCH", "/authorizers/wx1", body), 400) << body;
    }
    EXPECT_EQ(statusOf("POST", "/authorizers", R"({"appid":"wx1","kind":"service"})"), 409);
}

TEST_F(ControlApi, ProblemsAreProblemDocuments) {
    const auto answer = sandbox_.controlRaw("GET", "/authorizers/wx9");

    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.content_type, "application/problem+json");
    EXPECT_EQ(integerField(parseObject(answer.body), "status"), 404);
}

TEST_F(ControlApi, ActionsNeedAnAuthorizedAccount) {
    sandbox_.control("POST", "/authorizers", R"({"appid":"wx1","kind":"service"})");

    for (const char* action : {"withdraw", "expireToken", "rotateRefreshToken", "killRefreshToken"}) {
        EXPECT_EQ(statusOf("POST", std::string{"/authorizers/wx1:"} + action), 409) << action;
        EXPECT_EQ(statusOf("POST", std::string{"/authorizers/wx2:"} + action), 404) << action;
    }
    EXPECT_EQ(statusOf("POST", "/authorizers/wx1:explode"), 404);
}

TEST_F(ControlApi, ConsentIsRefusedForItsLink) {
    sandbox_.control("POST", "/authorizers", R"({"appid":"wx1","kind":"mini_program"})");
    const std::string link = sandbox_.newLink();

    EXPECT_EQ(statusOf("POST", "/authorizers/wx1:consent", R"({"link":"https://gateway.test/"})"), 400);
    EXPECT_EQ(statusOf("POST", "/authorizers/wx1:consent", "{}"), 400);
    EXPECT_EQ(statusOf("POST", "/authorizers/wx2:consent", R"({"link":")" + link + "\"}"), 404);
    sandbox_.control("POST", "/clock", R"({"advance_s":600})");
    EXPECT_EQ(statusOf("POST", "/authorizers/wx1:consent", R"({"link":")" + link + "\"}"), 409);
}

TEST_F(ControlApi, ChangedSetsTakeEffectAtOnceAndSendTheUpdate) {
    const std::string token = sandbox_.authorize("wx1");

    const auto changed = sandbox_.control("PATCH", "/authorizers/wx1", R"({"sets":[17]})");
    const auto unchanged = sandbox_.control("PATCH", "/authorizers/wx1", R"({"sets":[17]})");

    EXPECT_EQ(stringField(changed, "event"), "delivered");
    EXPECT_EQ(stringField(unchanged, "event"), "none");
    EXPECT_EQ(sandbox_.receiver().newest("InfoType"), "updateauthorized");
    EXPECT_EQ(sandbox_.scanErrcode(token, "粤B1"), 61007);
}

TEST_F(ControlApi, WithdrawalSendsItsEventAndEndsCalls) {
    const std::string token = sandbox_.authorize("wx1");

    const auto withdrawn = sandbox_.control("POST", "/authorizers/wx1:withdraw");

    EXPECT_EQ(booleanField(withdrawn, "authorized"), false);
    EXPECT_EQ(stringField(withdrawn, "event"), "delivered");
    EXPECT_EQ(sandbox_.receiver().newest("InfoType"), "unauthorized");
    EXPECT_EQ(sandbox_.scanErrcode(token, "粤B1"), 61003);
}

TEST_F(ControlApi, RenewedConsentEndsTheOldToken) {
    const std::string token = sandbox_.authorize("wx1");

    const auto again =
        sandbox_.control("POST", "/authorizers/wx1:consent", R"({"link":")" + sandbox_.newLink() + "\"}");

    EXPECT_EQ(stringField(again, "event"), "none");
    EXPECT_EQ(sandbox_.scanErrcode(token, "粤B1"), 40001);
}

TEST_F(ControlApi, ExpiredTokenAnswers42001) {
    const std::string token = sandbox_.authorize("wx1");

    const auto expired = sandbox_.control("POST", "/authorizers/wx1:expireToken");

    EXPECT_EQ(integerField(expired, "access_tokens_valid"), 0);
    EXPECT_EQ(sandbox_.scanErrcode(token, "粤B1"), 42001);
}

TEST_F(ControlApi, AccountStateDecidesOverOcr) {
    const std::string token = sandbox_.authorize("wx1", R"("kind":"subscription","sets":[117])");
    EXPECT_EQ(sandbox_.scanErrcode(token, "粤B1"), 0);

    sandbox_.control("PATCH", "/authorizers/wx1", R"({"verified":false})");
    EXPECT_EQ(sandbox_.scanErrcode(token, "粤B1"), 48001);

    sandbox_.control("PATCH", "/authorizers/wx1", R"({"account_status":19})");
    EXPECT_EQ(sandbox_.scanErrcode(token, "粤B1"), 50002);
}

TEST_F(ControlApi, EventsCanBeDroppedAndDuplicated) {
    sandbox_.authorize("wx1");
    const std::size_t before = sandbox_.receiver().messages().size();

    sandbox_.control("POST", "/events", R"({"drop":1})");
    EXPECT_EQ(stringField(sandbox_.control("PATCH", "/authorizers/wx1", R"({"sets":[17]})"), "event"), "dropped");
    EXPECT_EQ(sandbox_.receiver().messages().size(), before);

    sandbox_.control("POST", "/events", R"({"duplicate":1})");
    EXPECT_EQ(stringField(sandbox_.control("PATCH", "/authorizers/wx1", R"({"sets":[117]})"), "event"), "delivered");
    EXPECT_EQ(sandbox_.receiver().messages().size(), before + 2);
}

TEST_F(ControlApi, EventsCanBeReordered) {
    sandbox_.authorize("wx1");
    sandbox_.control("POST", "/events", R"({"reorder":2})");

    EXPECT_EQ(stringField(sandbox_.control("PATCH", "/authorizers/wx1", R"({"sets":[17]})"), "event"), "held");
    EXPECT_EQ(stringField(sandbox_.control("POST", "/authorizers/wx1:withdraw"), "event"), "delivered");

    const auto messages = sandbox_.receiver().messages();
    ASSERT_GE(messages.size(), 2U);
    EXPECT_THAT(messages[messages.size() - 2], HasSubstr("unauthorized"));
    EXPECT_THAT(messages.back(), HasSubstr("updateauthorized"));
}

TEST_F(ControlApi, EventPlansAreReadStrictly) {
    for (const char* body :
         {"{}", R"({"drop":-1})", R"({"drop":"1"})", R"({"drop":1,"count":2})", R"({"explode":1})"}) {
        EXPECT_EQ(statusOf("POST", "/events", body), 400) << body;
    }
    const auto planned = sandbox_.control("POST", "/events", R"({"delay_ms":50,"count":2,"info_type":"unauthorized"})")
                             ->getObject("plan");
    EXPECT_EQ(integerField(planned, "delayed"), 2);
    EXPECT_EQ(integerField(sandbox_.control("DELETE", "/events")->getObject("plan"), "delayed"), 0);
}

TEST_F(ControlApi, ClockMovesThePlatformAndPushesTheDueTicket) {
    const std::string before = sandbox_.receiver().newest("ComponentVerifyTicket");

    const auto little = sandbox_.control("POST", "/clock", R"({"advance_s":60})");
    const auto more = sandbox_.control("POST", "/clock", R"({"advance_s":600})");

    EXPECT_EQ(stringField(little, "event"), "none");
    EXPECT_EQ(stringField(more, "event"), "delivered");
    EXPECT_EQ(integerField(more, "offset_s"), 660);
    EXPECT_NE(sandbox_.receiver().newest("ComponentVerifyTicket"), before);
    EXPECT_EQ(statusOf("POST", "/clock", R"({"advance_s":-1})"), 400);
}

TEST_F(ControlApi, TicketNeedsAnEventsUrl) {
    sandbox_.control("PATCH", "/component", R"({"events_url":""})");

    EXPECT_EQ(statusOf("POST", "/ticket"), 409);
    EXPECT_EQ(statusOf("PATCH", "/component", R"({"events_url":"nowhere"})"), 400);
}

TEST_F(ControlApi, CallsTellWhatArrived) {
    const std::string token = sandbox_.authorize("wx1");
    sandbox_.control("DELETE", "/calls");

    sandbox_.scanErrcode(token, "粤B1");
    sandbox_.scanErrcode("nonsense", "粤B1");

    const auto calls = sandbox_.calls("?path=%2Fcv%2Focr%2Fdriving");
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(stringField(calls[0], "path"), "/cv/ocr/driving");
    EXPECT_EQ(stringField(calls[0], "appid"), "wx1");
    EXPECT_EQ(stringField(calls[0], "token_fingerprint"), fingerprint(token));
    EXPECT_EQ(stringField(calls[0], "picture_sha256"), sha256Hex("粤B1"));
    EXPECT_EQ(integerField(calls[0], "answer"), 0);
    EXPECT_EQ(booleanField(calls[0], "scripted"), false);
    EXPECT_GT(*integerField(calls[0], "body_bytes"), 5);
    EXPECT_EQ(stringField(calls[1], "appid"), "");
    EXPECT_EQ(integerField(calls[1], "answer"), 40014);
    const std::string since = std::to_string(*integerField(calls[0], "number"));
    EXPECT_EQ(sandbox_.calls("?since=" + since).size(), 1U);
    EXPECT_EQ(statusOf("GET", "/calls?since=x"), 400);
}

TEST_F(ControlApi, ScriptedAnswersReplaceTheReadingOnly) {
    const std::string token = sandbox_.authorize("wx1");
    const auto scripted = sandbox_.control(
        "POST", "/answers", R"({"path":"/cv/ocr/driving","body":{"errcode":101001,"errmsg":"x"},"count":1})");

    const auto answer = sandbox_.scan(token, "粤B1");

    EXPECT_EQ(scripted->getArray("answers")->size(), 1U);
    EXPECT_EQ(answer.body, R"({"errcode":101001,"errmsg":"x"})");
    EXPECT_EQ(booleanField(sandbox_.calls("?path=/cv/ocr/driving").back(), "scripted"), true);
    EXPECT_THAT(sandbox_.logText(), HasSubstr("answer_scripted"));
    EXPECT_EQ(integerField(sandbox_.control("GET", "/authorizers/wx1"), "day_used"), 1);
    EXPECT_EQ(sandbox_.scanErrcode(token, "粤B1"), 0);
}

TEST_F(ControlApi, ScriptedAnswerDoesNotServeAForeignToken) {
    sandbox_.control("POST", "/answers", R"({"path":"/cv/ocr/driving","body":"{\"errcode\":0}"})");

    EXPECT_EQ(sandbox_.scanErrcode("nonsense", "粤B1"), 40014);
    EXPECT_EQ(sandbox_.control("DELETE", "/answers")->getArray("answers")->size(), 0U);
    EXPECT_EQ(statusOf("POST", "/answers", R"({"path":"/cgi-bin/token","body":"{}"})"), 400);
}

TEST_F(ControlApi, FaultsAreReadStrictly) {
    for (const char* body :
         {"{}", R"({"path":"/p"})", R"({"path":"/p","mode":"explode"})", R"({"path":"/p","mode":"cut","errcode":-1})",
          R"({"path":"/p","errcode":0})", R"({"path":"p","mode":"cut"})", R"({"path":"/p","mode":"delay"})",
          R"({"path":"/p","mode":"cut","count":0})", R"({"path":"/p","mode":"errcode"})"}) {
        EXPECT_EQ(statusOf("POST", "/faults", body), 400) << body;
    }
    EXPECT_EQ(
        sandbox_.control("POST", "/faults", R"({"path":"/p","mode":"cut","count":3})")->getArray("faults")->size(), 1U);
    EXPECT_EQ(sandbox_.control("DELETE", "/faults")->getArray("faults")->size(), 0U);
}

}  // namespace
}  // namespace sandbox
