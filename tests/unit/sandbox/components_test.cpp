// Several components in one platform, what an operator sets of each, and how they are kept apart.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/json.h"
#include "sandbox/log.h"
#include "tests/unit/sandbox/support/running_sandbox.h"

namespace sandbox {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using testing_support::PushReceiver;
using testing_support::RunningSandbox;

const std::string kFirst = "wxc0a1b2c3d4e5f607";
const std::string kNewKey = "Zk7wQ2mZ9xT4bN6vR1cY8sJ5hL3pD0fA7eU2iO4qW8k";

class Components : public testing::Test {
protected:
    Components() {
        sandbox_.control("PATCH", "/component?component=" + keys_.appid,
                         R"({"events_url":")" + receiver_.url() + "\"}");
        token_ = sandbox_.componentTokenOf(keys_, receiver_.newest("ComponentVerifyTicket"));
    }

    std::string query() const { return "?component=" + keys_.appid; }
    /// Takes an account that is there through the second component's flow; gives its access token.
    std::string authorizeSecond(const std::string& appid) {
        sandbox_.control("POST", "/authorizers/" + appid + ":consent",
                         R"({"link":")" + sandbox_.newLinkOf(keys_, token_) + "\"}");
        const auto info = sandbox_
                              .post("/cgi-bin/component/api_query_auth?access_token=" + token_,
                                    R"({"component_appid":")" + keys_.appid + R"(","authorization_code":")" +
                                        receiver_.newest("AuthorizationCode") + "\"}")
                              ->getObject("authorization_info");
        refresh_token_ = *stringField(info, "authorizer_refresh_token");
        return *stringField(info, "authorizer_access_token");
    }
    std::int64_t refresh(const std::string& component_appid, const std::string& component_token,
                         const std::string& refresh_token) {
        return sandbox_.errcode("/cgi-bin/component/api_authorizer_token?access_token=" + component_token,
                                R"({"component_appid":")" + component_appid +
                                    R"(","authorizer_appid":"wx1","authorizer_refresh_token":")" + refresh_token +
                                    "\"}");
    }

    const ComponentKeys keys_ = RunningSandbox::secondKeys();
    RunningSandbox sandbox_;
    PushReceiver receiver_{keys_};
    std::string token_;
    std::string refresh_token_;
};

TEST_F(Components, AreListedInTheirOrderAndTheFirstIsMeantWhereNoneIsNamed) {
    const auto components = sandbox_.control("GET", "/components")->getArray("components");

    ASSERT_EQ(components->size(), 2U);
    EXPECT_EQ(stringField(components->getObject(0), "appid"), kFirst);
    EXPECT_EQ(stringField(components->getObject(1), "appid"), keys_.appid);
    EXPECT_EQ(stringField(sandbox_.control("GET", "/component"), "appid"), kFirst);
    EXPECT_EQ(stringField(sandbox_.control("GET", "/component" + query()), "events_url"), receiver_.url());
    for (const char* path : {"/component", "/events", "/authorizers", "/authorizers/wx1"})
        EXPECT_EQ(sandbox_.controlRaw("GET", std::string{path} + "?component=wx0").status, 404) << path;
    for (const char* path : {"/ticket", "/events", "/authorizers", "/authorizers/wx1:withdraw"})
        EXPECT_EQ(sandbox_.controlRaw("POST", std::string{path} + "?component=wx0").status, 404) << path;
}

TEST_F(Components, TokenOfOneDoesNotCallForTheOther) {
    const std::string body = R"({"component_appid":")" + kFirst + "\"}";

    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/api_create_preauthcode?access_token=" + token_, body), 40013);
    EXPECT_EQ(
        sandbox_.errcode("/cgi-bin/component/api_create_preauthcode?access_token=" + sandbox_.componentToken(), body),
        0);
}

TEST_F(Components, AccountAuthorizesEachWithTokensOfItsOwn) {
    const std::string first = sandbox_.authorize("wx1");
    const std::string second = authorizeSecond("wx1");
    EXPECT_EQ(sandbox_.scanErrcode(first, "粤B1"), 0);
    EXPECT_EQ(sandbox_.scanErrcode(second, "粤B1"), 0);
    EXPECT_EQ(integerField(sandbox_.control("GET", "/authorizers/wx1"), "day_used"), 2);  // the quota is the account's

    EXPECT_EQ(refresh(keys_.appid, token_, sandbox_.refreshTokenOf("wx1")), 61023);
    EXPECT_EQ(refresh(keys_.appid, token_, refresh_token_), 0);

    sandbox_.control("POST", "/authorizers/wx1:withdraw" + query());
    EXPECT_EQ(sandbox_.scanErrcode(second, "粤B1"), 61003);
    EXPECT_EQ(sandbox_.scanErrcode(first, "粤B1"), 0);
    EXPECT_EQ(receiver_.newest("InfoType"), "unauthorized");
    EXPECT_EQ(sandbox_.receiver().newest("InfoType"), "authorized");
}

TEST_F(Components, ListsAndInfosShowTheirOwnAuthorizationsOnly) {
    sandbox_.authorize("wx1");
    const std::string list = R"({"component_appid":")" + keys_.appid + R"(","offset":0,"count":500})";
    const std::string info = R"({"component_appid":")" + keys_.appid + R"(","authorizer_appid":"wx1"})";

    EXPECT_EQ(integerField(sandbox_.post("/cgi-bin/component/api_get_authorizer_list?access_token=" + token_, list),
                           "total_count"),
              0);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/api_get_authorizer_info?access_token=" + token_, info), 61003);
}

TEST_F(Components, EventPlansAreEachTheirOwn) {
    sandbox_.control("POST", "/authorizers", R"({"appid":"wx1","kind":"mini_program","sets":[117]})");
    sandbox_.control("POST", "/events" + query(), R"({"drop":1})");

    const auto first =
        sandbox_.control("POST", "/authorizers/wx1:consent", R"({"link":")" + sandbox_.newLink() + "\"}");
    const auto second = sandbox_.control("POST", "/authorizers/wx1:consent",
                                         R"({"link":")" + sandbox_.newLinkOf(keys_, token_) + "\"}");

    EXPECT_EQ(stringField(first, "event"), "delivered");
    EXPECT_EQ(stringField(second, "event"), "dropped");
}

TEST_F(Components, ClockPushesATicketToEach) {
    const std::size_t first = sandbox_.receiver().messages().size();
    const std::size_t second = receiver_.messages().size();

    const auto moved = sandbox_.control("POST", "/clock", R"({"advance_s":600})");

    EXPECT_EQ(stringField(moved, "event"), "delivered");
    EXPECT_EQ(sandbox_.receiver().messages().size(), first + 1);
    EXPECT_EQ(receiver_.messages().size(), second + 1);
}

TEST_F(Components, BothGoOnAfterARestart) {
    const std::string token = [this] {
        sandbox_.authorize("wx1");
        return authorizeSecond("wx1");
    }();

    sandbox_.restart();

    EXPECT_EQ(sandbox_.scanErrcode(token, "粤B1"), 0);
    EXPECT_EQ(refresh(keys_.appid, token_, refresh_token_), 0);
}

TEST_F(Components, ChangedKeySealsPushesAfterTheOldOneServedAWhile) {
    const ComponentKeys changed{keys_.appid, keys_.secret, keys_.push_token, kNewKey};
    PushReceiver later{changed};
    sandbox_.control("PATCH", "/component" + query(),
                     R"({"encoding_aes_key":")" + kNewKey + R"(","old_key_pushes":1})");

    EXPECT_EQ(stringField(sandbox_.control("POST", "/ticket" + query()), "event"), "delivered");
    EXPECT_THAT(receiver_.messages().back(), HasSubstr("ticket@@@"));
    sandbox_.control("POST", "/ticket" + query());
    EXPECT_EQ(receiver_.messages().back(), "not a good push");

    const auto view = sandbox_.control("PATCH", "/component" + query(), R"({"events_url":")" + later.url() + "\"}");
    EXPECT_THAT(later.messages().back(), HasSubstr("ticket@@@"));
    EXPECT_EQ(stringField(view, "encoding_aes_key_fingerprint"), fingerprint(kNewKey));
}

TEST_F(Components, ChangedKeyOutlivesARestart) {
    sandbox_.control("PATCH", "/component" + query(), R"({"encoding_aes_key":")" + kNewKey + "\"}");

    sandbox_.restart();

    EXPECT_EQ(stringField(sandbox_.control("GET", "/component" + query()), "encoding_aes_key_fingerprint"),
              fingerprint(kNewKey));
}

TEST_F(Components, WhitelistRefusesOtherAddressesWith61004) {
    const std::string account_token = sandbox_.authorize("wx1");
    sandbox_.control("PATCH", "/component", R"({"ip_whitelist":["127.0.0.2"]})");
    const std::string body = R"({"component_appid":")" + kFirst + "\"}";
    const std::string target = "/cgi-bin/component/api_create_preauthcode?access_token=" + sandbox_.componentToken();

    EXPECT_EQ(sandbox_.errcode(target, body), 61004);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/api_component_token", body), 61004);
    EXPECT_EQ(sandbox_.scanErrcode(account_token, "粤B1"), 61004);
    const auto allowed = sandbox_.platform({.method = "POST", .body = body, .from_address = "127.0.0.2"}, target);
    EXPECT_THAT(allowed.body, StartsWith("{\"pre_auth_code\""));
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/api_create_preauthcode?access_token=" + token_,
                               R"({"component_appid":")" + keys_.appid + "\"}"),
              0);
}

TEST_F(Components, ConsoleIsReadStrictly) {
    for (const char* body :
         {R"({"events_url":7})", R"({"messages_url":"ftp://x"})", R"({"ip_whitelist":"127.0.0.1"})",
          R"({"ip_whitelist":["localhost"]})", R"({"ip_whitelist":[1]})", R"({"encoding_aes_key":"short"})",
          R"({"old_key_pushes":-1})", R"({"push_running":1})", R"({"timer_pushes":"no"})", R"({"platform_stamps":0})",
          R"({"rotates_refresh_tokens":null})", R"({"secret":"x"})", "[]"}) {
        EXPECT_EQ(sandbox_.controlRaw("PATCH", "/component", body).status, 400) << body;
    }
    EXPECT_EQ(sandbox_.controlRaw("PATCH", "/component", R"({"old_key_pushes":1})").status, 409);
}

}  // namespace
}  // namespace sandbox
