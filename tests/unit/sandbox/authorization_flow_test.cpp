// The component's endpoints and the way of an authorization, over real TLS and with real pushes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/json.h"
#include "sandbox/url.h"
#include "tests/unit/sandbox/support/running_sandbox.h"

namespace sandbox {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;
using testing_support::RunningSandbox;

const std::string kAppid = R"("component_appid":"wxc0a1b2c3d4e5f607")";

class AuthorizationFlow : public testing::Test {
protected:
    std::string at(const std::string& endpoint) {
        return "/cgi-bin/component/" + endpoint + "?access_token=" + sandbox_.componentToken();
    }
    RunningSandbox sandbox_;
};

TEST_F(AuthorizationFlow, TicketComesWithTheEventsUrlAndBuysAToken) {
    EXPECT_THAT(sandbox_.receiver().newest("ComponentVerifyTicket"), StartsWith("ticket@@@"));

    EXPECT_THAT(sandbox_.componentToken(), MatchesRegex("71_[A-Za-z0-9_-]+"));
}

TEST_F(AuthorizationFlow, ComponentSuccessesCarryNoErrcodeAndErrorsComeWith200) {
    const auto success =
        sandbox_.platform({.method = "POST", .body = "{" + kAppid + "}"}, at("api_create_preauthcode"));
    const auto error =
        sandbox_.platform({.method = "POST", .body = "{" + kAppid + "}"}, "/cgi-bin/component/api_create_preauthcode");

    EXPECT_EQ(success.status, 200);
    EXPECT_THAT(success.body, Not(HasSubstr("errcode")));
    EXPECT_EQ(error.status, 200);
    EXPECT_THAT(error.body,
                MatchesRegex(
                    R"(\{"errcode":41001,"errmsg":"access_token missing rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}"\})"));
}

TEST_F(AuthorizationFlow, ContentTypesTakeTurns) {
    const auto first = sandbox_.platform({.method = "POST", .body = "{}"}, "/cgi-bin/component/api_query_auth");
    const auto second = sandbox_.platform({.method = "POST", .body = "{}"}, "/cgi-bin/component/api_query_auth");

    EXPECT_THAT((std::set<std::string>{first.content_type, second.content_type}),
                testing::ElementsAre("application/json; encoding=utf-8", "text/plain"));
}

TEST_F(AuthorizationFlow, RequestsAreRefusedForTheirForm) {
    const auto get = parseObject(sandbox_.platform({}, "/cgi-bin/component/api_component_token").body);

    EXPECT_EQ(integerField(get, "errcode"), 43002);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/api_component_token", ""), 44002);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/api_component_token", "{"), 47001);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/api_component_token", "{}"), 41018);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/api_component_token", R"({"component_appid":"wx0"})"), 40013);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/api_component_token", "{" + kAppid + "}"), 41004);
    EXPECT_EQ(
        sandbox_.errcode("/cgi-bin/component/api_component_token", "{" + kAppid + R"(,"component_appsecret":"x"})"),
        40125);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/api_component_token",
                               "{" + kAppid + R"(,"component_appsecret":"component-secret"})"),
              61006);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/unknown", "{" + kAppid + "}"), 40066);
}

TEST_F(AuthorizationFlow, ChunkedRequestIsAnswered412WithAnEmptyBody) {
    const auto answer = sandbox_.platform({.method = "POST", .body = "{" + kAppid + "}", .chunked = true},
                                          at("api_create_preauthcode"));

    EXPECT_EQ(answer.status, 412);
    EXPECT_EQ(answer.body, "");
}

TEST_F(AuthorizationFlow, ConsentAnswersWhenTheEventWasDelivered) {
    sandbox_.control("POST", "/authorizers", R"({"appid":"wx1","kind":"mini_program","sets":[117]})");

    const auto consent =
        sandbox_.control("POST", "/authorizers/wx1:consent", R"({"link":")" + sandbox_.newLink() + "\"}");

    EXPECT_EQ(stringField(consent, "event"), "delivered");
    EXPECT_THAT(*stringField(consent, "redirect"),
                StartsWith("https://gateway.test/wechat/authorized?state=s&auth_code="));
    EXPECT_EQ(sandbox_.receiver().newest("InfoType"), "authorized");
    EXPECT_EQ(sandbox_.receiver().newest("AuthorizerAppid"), "wx1");
}

TEST_F(AuthorizationFlow, CodeOfTheRedirectIsExchangedOnce) {
    sandbox_.control("POST", "/authorizers", R"({"appid":"wx1","kind":"mini_program","sets":[17,117]})");
    const auto consent =
        sandbox_.control("POST", "/authorizers/wx1:consent", R"({"link":")" + sandbox_.newLink() + "\"}");
    gateway::http::RequestHead landing;
    const std::string redirect = *stringField(consent, "redirect");
    landing.query = redirect.substr(redirect.find('?') + 1);
    const std::string body = "{" + kAppid + R"(,"authorization_code":")" + *landing.queryParameter("auth_code") + "\"}";

    const auto info = sandbox_.post(at("api_query_auth"), body)->getObject("authorization_info");

    EXPECT_EQ(stringField(info, "authorizer_appid"), "wx1");
    EXPECT_EQ(integerField(info, "expires_in"), 7200);
    EXPECT_EQ(info->getArray("func_info")->size(), 2U);
    EXPECT_EQ(sandbox_.errcode(at("api_query_auth"), body), 61009);
}

TEST_F(AuthorizationFlow, InfoTellsTheKindsApart) {
    sandbox_.authorize("wx1");
    sandbox_.authorize("wx2", R"("kind":"service","verified":false,"sets":[117],"nick_name":"测试号")");

    const auto mini = sandbox_.post(at("api_get_authorizer_info"), "{" + kAppid + R"(,"authorizer_appid":"wx1"})");
    const auto service = sandbox_.post(at("api_get_authorizer_info"), "{" + kAppid + R"(,"authorizer_appid":"wx2"})");

    EXPECT_TRUE(mini->getObject("authorizer_info")->has("MiniProgramInfo"));
    const auto info = service->getObject("authorizer_info");
    EXPECT_FALSE(info->has("MiniProgramInfo"));
    EXPECT_EQ(integerField(info->getObject("service_type_info"), "id"), 2);
    EXPECT_EQ(integerField(info->getObject("verify_type_info"), "id"), -1);
    EXPECT_EQ(stringField(info, "nick_name"), "测试号");
    EXPECT_EQ(stringField(service->getObject("authorization_info"), "authorizer_refresh_token"),
              sandbox_.refreshTokenOf("wx2"));
    EXPECT_EQ(sandbox_.errcode(at("api_get_authorizer_info"), "{" + kAppid + R"(,"authorizer_appid":"wx3"})"), 61003);
}

TEST_F(AuthorizationFlow, ListHasNoRefreshTokenBeforeTheCodeIsExchanged) {
    sandbox_.authorize("wx1");
    sandbox_.control("POST", "/authorizers", R"({"appid":"wx2","kind":"mini_program"})");
    sandbox_.control("POST", "/authorizers/wx2:consent", R"({"link":")" + sandbox_.newLink() + "\"}");

    const auto answer = sandbox_.post(at("api_get_authorizer_list"), "{" + kAppid + R"(,"offset":0,"count":500})");
    const auto second = sandbox_.post(at("api_get_authorizer_list"), "{" + kAppid + R"(,"offset":1,"count":1})");

    EXPECT_EQ(integerField(answer, "total_count"), 2);
    EXPECT_EQ(stringField(answer->getArray("list")->getObject(0), "refresh_token"), sandbox_.refreshTokenOf("wx1"));
    EXPECT_FALSE(answer->getArray("list")->getObject(1)->has("refresh_token"));
    EXPECT_EQ(stringField(second->getArray("list")->getObject(0), "authorizer_appid"), "wx2");
    EXPECT_EQ(sandbox_.errcode(at("api_get_authorizer_list"), "{" + kAppid + R"(,"offset":0,"count":501})"), 40097);
}

TEST_F(AuthorizationFlow, RefreshGivesANewTokenAndTheSameRefreshToken) {
    const std::string before = sandbox_.authorize("wx1");
    const std::string refresh = "{" + kAppid + R"(,"authorizer_appid":"wx1","authorizer_refresh_token":")" +
                                sandbox_.refreshTokenOf("wx1") + "\"}";

    const auto answer = sandbox_.post(at("api_authorizer_token"), refresh);

    EXPECT_NE(stringField(answer, "authorizer_access_token"), before);
    EXPECT_EQ(stringField(answer, "authorizer_refresh_token"), sandbox_.refreshTokenOf("wx1"));
    EXPECT_EQ(sandbox_.scanErrcode(before, "粤B1"), 0);  // for five more minutes
    sandbox_.control("POST", "/clock", R"({"advance_s":300})");
    EXPECT_EQ(sandbox_.scanErrcode(before, "粤B1"), 40001);
    EXPECT_EQ(sandbox_.scanErrcode(*stringField(answer, "authorizer_access_token"), "粤B1"), 0);
}

TEST_F(AuthorizationFlow, KilledRefreshTokenIsRefusedAndGoneFromTheList) {
    sandbox_.authorize("wx1");
    const std::string refresh = "{" + kAppid + R"(,"authorizer_appid":"wx1","authorizer_refresh_token":")" +
                                sandbox_.refreshTokenOf("wx1") + "\"}";

    sandbox_.control("POST", "/authorizers/wx1:killRefreshToken");

    EXPECT_EQ(sandbox_.errcode(at("api_authorizer_token"), refresh), 61023);
    const auto list =
        sandbox_.post(at("api_get_authorizer_list"), "{" + kAppid + R"(,"offset":0,"count":10})")->getArray("list");
    EXPECT_FALSE(list->getObject(0)->has("refresh_token"));
}

TEST_F(AuthorizationFlow, RotatedRefreshTokenIsFoundInTheList) {
    sandbox_.authorize("wx1");

    sandbox_.control("POST", "/authorizers/wx1:rotateRefreshToken");

    const auto list =
        sandbox_.post(at("api_get_authorizer_list"), "{" + kAppid + R"(,"offset":0,"count":10})")->getArray("list");
    const auto now = stringField(list->getObject(0), "refresh_token");
    ASSERT_TRUE(now);
    EXPECT_NE(*now, sandbox_.refreshTokenOf("wx1"));
    const std::string refresh =
        "{" + kAppid + R"(,"authorizer_appid":"wx1","authorizer_refresh_token":")" + *now + "\"}";
    EXPECT_EQ(sandbox_.errcode(at("api_authorizer_token"), refresh), 0);
}

TEST_F(AuthorizationFlow, TokensOfTheWrongKindAreTold) {
    const std::string account_token = sandbox_.authorize("wx1");

    EXPECT_EQ(
        sandbox_.errcode("/cgi-bin/component/api_create_preauthcode?access_token=" + account_token, "{" + kAppid + "}"),
        61014);
    EXPECT_EQ(sandbox_.scanErrcode(sandbox_.componentToken(), "粤B1"), 61015);
}

TEST_F(AuthorizationFlow, TicketServiceIsRestartedWhenItHasStopped) {
    const std::string body = "{" + kAppid + R"(,"component_secret":"component-secret"})";
    const auto running = sandbox_.post("/cgi-bin/component/api_start_push_ticket", body);
    sandbox_.receiver().answerWith("fail");
    EXPECT_EQ(stringField(sandbox_.control("POST", "/ticket"), "event"), "failed");
    sandbox_.receiver().answerWith("success");

    const auto restarted = sandbox_.post("/cgi-bin/component/api_start_push_ticket", body);

    EXPECT_EQ(integerField(running, "errcode"), 0);
    EXPECT_EQ(stringField(running, "errmsg"), "in a normal state");
    EXPECT_EQ(stringField(restarted, "errmsg"), "ok");
    EXPECT_EQ(
        sandbox_.errcode("/cgi-bin/component/api_start_push_ticket", "{" + kAppid + R"(,"component_secret":"x"})"),
        40125);
}

TEST_F(AuthorizationFlow, PageNamesTheComponentAndSendsTheBrowserBack) {
    sandbox_.control("POST", "/authorizers",
                     R"({"appid":"wx1","kind":"mini_program","sets":[117],"nick_name":"<Shop>"})");
    const std::string link = sandbox_.newLink();
    const std::string target = link.substr(link.find("/cgi-bin"));

    const auto page = sandbox_.platform({}, target);
    const auto confirmed =
        sandbox_.platform({.method = "POST", .body = target.substr(target.find('?') + 1) + "&appid=wx1"},
                          "/sandbox/authorization/confirm");

    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.content_type, StartsWith("text/html"));
    EXPECT_THAT(page.body, HasSubstr("wxc0a1b2c3d4e5f607"));
    EXPECT_THAT(page.body, HasSubstr("&lt;Shop&gt; (wx1, mini_program"));
    EXPECT_EQ(confirmed.status, 302);
    EXPECT_THAT(confirmed.location, StartsWith("https://gateway.test/wechat/authorized?state=s&auth_code="));
    EXPECT_EQ(sandbox_.receiver().newest("InfoType"), "authorized");
}

TEST_F(AuthorizationFlow, PageOfABadLinkSaysWhy) {
    const auto missing = sandbox_.platform({}, "/wxaopen/safe/bindcomponent?component_appid=wxc0a1b2c3d4e5f607");
    const auto unknown = sandbox_.platform(
        {},
        "/wxaopen/safe/"
        "bindcomponent?component_appid=wxc0a1b2c3d4e5f607&pre_auth_code=x&redirect_uri=https%3A%2F%2Fa.test");

    EXPECT_EQ(missing.status, 400);
    EXPECT_EQ(unknown.status, 400);
    EXPECT_THAT(unknown.body, HasSubstr("was not issued here"));
}

TEST_F(AuthorizationFlow, NoLogLineHoldsASecret) {
    const std::string token = sandbox_.authorize("wx1");
    sandbox_.scanErrcode(token, "粤B1");

    const std::string log = sandbox_.logText();

    for (const std::string& secret : {token, sandbox_.componentToken(), sandbox_.refreshTokenOf("wx1"),
                                      sandbox_.receiver().newest("ComponentVerifyTicket"),
                                      sandbox_.receiver().newest("AuthorizationCode"), std::string{"粤B1"}}) {
        EXPECT_THAT(log, Not(HasSubstr(secret)));
    }
    EXPECT_THAT(log, HasSubstr("\"event\":\"call\""));
}

}  // namespace
}  // namespace sandbox
