#include "gateway/wechat/platform_client.h"

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gtest/gtest.h>

#include "tests/unit/gateway/wechat/scripted_caller.h"

namespace gateway::wechat {
namespace {

using namespace std::chrono_literals;
using tenants::ErrorCode;
using tenants::runBlocking;
using tenants::shareSecret;

class StillClock final : public tenants::Clock {
public:
    tenants::UtcTime now() const override { return tenants::UtcTime{1717747320s}; }
    tenants::SteadyTime steady() const override { return tenants::SteadyTime{1000s}; }
};

class PlatformClientTest : public testing::Test {
protected:
    static Poco::JSON::Object::Ptr sentBody(const ScriptedCaller::Call& call) {
        return Poco::JSON::Parser{}.parse(call.body).extract<Poco::JSON::Object::Ptr>();
    }

    auto queryAuth() { return runBlocking(client_.queryAuth(token_, shareSecret("code"))); }
    auto refresh() { return runBlocking(client_.refreshAuthorizer(token_, appid_, shareSecret("refreshtoken@@@old"))); }
    auto info() { return runBlocking(client_.authorizerInfo(token_, appid_)); }

    /// One call of each endpoint, for what holds for all of them.
    std::vector<std::function<tenants::Error()>> everyCall() {
        const auto error_of = [](const auto& result) {
            return result ? tenants::Error{ErrorCode::kConflict, "answered although it must not"} : result.error();
        };
        return {
            [this, error_of] { return error_of(runBlocking(client_.componentToken(shareSecret("ticket")))); },
            [this, error_of] { return error_of(runBlocking(client_.preAuthCode(token_))); },
            [this, error_of] { return error_of(queryAuth()); },
            [this, error_of] { return error_of(refresh()); },
            [this, error_of] { return error_of(info()); },
            [this, error_of] { return error_of(runBlocking(client_.authorizerList(token_, 0, 500))); },
        };
    }

    StillClock clock_;
    ScriptedCaller caller_;
    PlatformClient client_{caller_, clock_, {"wxcomponent", shareSecret("component-secret")}};
    tenants::SharedSecret token_ = shareSecret("71_a+b/c");
    tenants::AppId appid_{"wx9f8e7d6c5b4a3021"};
};

TEST_F(PlatformClientTest, ComponentTokenIsAskedWithSecretAndTicketAndNoToken) {
    caller_.answerJson(R"({"component_access_token":"61_component","expires_in":7200})");

    const auto fresh = runBlocking(client_.componentToken(shareSecret("ticket@@@\"quoted\"")));

    ASSERT_TRUE(fresh);
    EXPECT_EQ(fresh->token->expose(), "61_component");
    EXPECT_EQ(fresh->expires_in, 7200s);
    ASSERT_EQ(caller_.calls().size(), 1U);
    const auto& call = caller_.calls().front();
    EXPECT_EQ(call.method, "POST");
    EXPECT_EQ(call.target, "/cgi-bin/component/api_component_token");
    EXPECT_EQ(call.content_type, "application/json; charset=utf-8");
    EXPECT_EQ(call.deadline, clock_.steady() + 8s);
    const auto body = sentBody(call);
    EXPECT_EQ(body->size(), 3U);
    EXPECT_EQ(body->getValue<std::string>("component_appid"), "wxcomponent");
    EXPECT_EQ(body->getValue<std::string>("component_appsecret"), "component-secret");
    EXPECT_EQ(body->getValue<std::string>("component_verify_ticket"), "ticket@@@\"quoted\"");
}

TEST_F(PlatformClientTest, PreAuthCodeIsAskedUnderTheEncodedToken) {
    caller_.answerJson(R"({"pre_auth_code":"preauthcode@@@1","expires_in":"600"})");

    const auto fresh = runBlocking(client_.preAuthCode(token_));

    ASSERT_TRUE(fresh);
    EXPECT_EQ(fresh->token->expose(), "preauthcode@@@1");
    EXPECT_EQ(fresh->expires_in, 600s);
    EXPECT_EQ(caller_.calls().front().target, "/cgi-bin/component/api_create_preauthcode?access_token=71_a%2Bb%2Fc");
    EXPECT_EQ(caller_.calls().front().body, R"({"component_appid":"wxcomponent"})");
}

TEST_F(PlatformClientTest, GrantIsReadWithTokensAndExactSets) {
    caller_.answerJson(
        R"({"authorization_info":{"authorizer_appid":"wx1","authorizer_access_token":"a","expires_in":7200,
        "authorizer_refresh_token":"r","func_info":[{"funcscope_category":{"id":17}},
        {"funcscope_category":{"id":"117","type":0,"name":"n"},"confirm_info":{"need_confirm":0}},
        {"funcscope_category":{}},{"other":{"id":9}},{"funcscope_category":{"id":1.5}},"117",118]}})");

    const auto grant = queryAuth();

    ASSERT_TRUE(grant);
    EXPECT_EQ(grant->appid, tenants::AppId{"wx1"});
    EXPECT_EQ(grant->tokens.access_token->expose(), "a");
    EXPECT_EQ(grant->tokens.expires_in, 7200s);
    EXPECT_EQ(grant->tokens.refresh_token->expose(), "r");
    EXPECT_EQ(grant->granted_sets, (std::set<int>{17, 117}));
    const auto body = sentBody(caller_.calls().front());
    EXPECT_EQ(body->getValue<std::string>("authorization_code"), "code");
}

TEST_F(PlatformClientTest, GrantWithoutApiRightsHasNoTokens) {
    caller_.answerJson(
        R"({"authorization_info":{"authorizer_appid":"wx1","authorizer_access_token":"","func_info":[]}})");

    const auto grant = queryAuth();

    ASSERT_TRUE(grant);
    EXPECT_EQ(grant->tokens.access_token, nullptr);
    EXPECT_EQ(grant->tokens.refresh_token, nullptr);
    EXPECT_TRUE(grant->granted_sets.empty());
}

TEST_F(PlatformClientTest, OldSpellingOfTheAppIdIsTolerated) {
    caller_.answerJson(R"({"authorization_info":{"authorization_appid":"wx1"}})");

    const auto grant = queryAuth();

    ASSERT_TRUE(grant);
    EXPECT_EQ(grant->appid, tenants::AppId{"wx1"});
}

TEST_F(PlatformClientTest, RefreshSendsAppIdAndRefreshTokenAndGivesWhatCameBack) {
    caller_.answerJson(
        R"({"authorizer_access_token":"72_new","expires_in":7200,"authorizer_refresh_token":"refreshtoken@@@new"})");

    const auto tokens = refresh();

    ASSERT_TRUE(tokens);
    EXPECT_EQ(tokens->access_token->expose(), "72_new");
    EXPECT_EQ(tokens->refresh_token->expose(), "refreshtoken@@@new");
    const auto body = sentBody(caller_.calls().front());
    EXPECT_EQ(body->getValue<std::string>("authorizer_appid"), "wx9f8e7d6c5b4a3021");
    EXPECT_EQ(body->getValue<std::string>("authorizer_refresh_token"), "refreshtoken@@@old");
    EXPECT_EQ(caller_.calls().front().target, "/cgi-bin/component/api_authorizer_token?access_token=71_a%2Bb%2Fc");
}

TEST_F(PlatformClientTest, RefreshWithoutARefreshTokenInTheAnswerGivesNone) {
    caller_.answerJson(R"({"authorizer_access_token":"72_new","expires_in":7200})");

    const auto tokens = refresh();

    ASSERT_TRUE(tokens);
    EXPECT_EQ(tokens->refresh_token, nullptr);
}

TEST_F(PlatformClientTest, InfoIsReadWithFactsGrantsAndRefreshToken) {
    caller_.answerJson(
        R"({"authorizer_info":{"nick_name":"示例","service_type_info":{"id":0},"verify_type_info":{"id":0},
        "account_status":18,"MiniProgramInfo":{"network":{}},"idc":1},"authorization_info":{
        "authorizer_appid":"wx9f8e7d6c5b4a3021","authorizer_refresh_token":"refreshtoken@@@1",
        "func_info":[{"funcscope_category":{"id":117}}]}})");

    const auto read = info();

    ASSERT_TRUE(read);
    EXPECT_EQ(read->account.kind, tenants::AccountKind::kMiniProgram);
    EXPECT_TRUE(read->account.verified);
    EXPECT_EQ(read->account.account_status, 18);
    EXPECT_EQ(read->account.nick_name, "示例");
    EXPECT_EQ(read->granted_sets, std::set<int>{117});
    EXPECT_EQ(read->refresh_token->expose(), "refreshtoken@@@1");
}

TEST_F(PlatformClientTest, InfoAboutAnotherAccountIsRefused) {
    caller_.answerJson(R"({"authorizer_info":{},"authorization_info":{"authorizer_appid":"wxsomebodyelse",
        "func_info":[{"funcscope_category":{"id":117}}]}})");

    const auto read = info();

    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::kUpstreamUnreachable);
}

TEST_F(PlatformClientTest, RefusalGivesNumberAndRequestIdButNotTheText) {
    for (const auto& call : everyCall()) {
        caller_.answerJson(R"({"errcode":61023,"errmsg":"refresh_token is invalid rid: 6661aaaa-1234abcd-0badcafe"})");

        const tenants::Error error = call();

        EXPECT_EQ(error.code, ErrorCode::kUpstreamRefused);
        ASSERT_TRUE(error.upstream);
        EXPECT_EQ(error.upstream->errcode, 61023);
        EXPECT_EQ(error.upstream->rid, "6661aaaa-1234abcd-0badcafe");
        EXPECT_EQ(error.for_caller.find("refresh_token is invalid"), std::string::npos);
    }
}

TEST_F(PlatformClientTest, RefusalInTextFormIsARefusal) {
    caller_.answerJson(R"({"errcode":"40001","errmsg":"x","component_access_token":"t","expires_in":7200})");

    const auto fresh = runBlocking(client_.componentToken(shareSecret("ticket")));

    ASSERT_FALSE(fresh);
    EXPECT_EQ(fresh.error().upstream->errcode, 40001);
}

TEST_F(PlatformClientTest, BusyPlatformIsToldApart) {
    for (const auto& call : everyCall()) {
        caller_.answerJson(R"({"errcode":-1,"errmsg":"system error"})");

        const tenants::Error error = call();

        EXPECT_EQ(error.code, ErrorCode::kUpstreamBusy);
        EXPECT_EQ(error.upstream->errcode, -1);
    }
}

TEST_F(PlatformClientTest, ContentTypeOfTheAnswerDoesNotMatter) {
    for (const std::string type : {"", "text/plain", "application/json; encoding=utf-8"}) {
        caller_.answer(HttpsAnswer{200, type, R"({"pre_auth_code":"p","expires_in":600})"});

        EXPECT_TRUE(runBlocking(client_.preAuthCode(token_))) << type;
    }
}

TEST_F(PlatformClientTest, WhatIsNoWholeAnswerIsUnreachable) {
    for (const auto& call : everyCall()) {
        for (const HttpsAnswer& answer :
             {HttpsAnswer{503, "", R"({"errcode":40001})"}, HttpsAnswer{412, "", ""}, HttpsAnswer{302, "", "{}"},
              HttpsAnswer{200, "", ""}, HttpsAnswer{200, "", "<html>"}, HttpsAnswer{200, "", "[]"},
              HttpsAnswer{200, "", R"({"errcode":40001)"}, HttpsAnswer{200, "", R"({"errcode":null})"},
              HttpsAnswer{200, "", R"({"expires_in":99999999999999999999999})"},
              HttpsAnswer{200, "", R"({"a":"\u0000"})"}}) {
            caller_.answer(answer);

            const tenants::Error error = call();

            EXPECT_EQ(error.code, ErrorCode::kUpstreamUnreachable) << answer.status << answer.body;
            EXPECT_FALSE(error.upstream) << answer.body;
        }
    }
}

TEST_F(PlatformClientTest, FailedCallIsUnreachableOrTimedOut) {
    for (const auto& call : everyCall()) {
        caller_.answer(HttpsFailure{Sent::kNothing, false, "refused"});
        const tenants::Error refused = call();
        caller_.answer(HttpsFailure{Sent::kSomething, true, "deadline"});
        const tenants::Error late = call();

        EXPECT_EQ(refused.code, ErrorCode::kUpstreamUnreachable);
        EXPECT_NE(refused.for_log.find("refused"), std::string::npos);
        EXPECT_EQ(late.code, ErrorCode::kUpstreamTimeout);
        EXPECT_NE(late.for_log.find("deadline"), std::string::npos);
    }
}

TEST_F(PlatformClientTest, SuccessThatLacksANeededFieldIsNoAnswer) {
    for (const auto& call : everyCall()) {
        for (
            const std::string body :
            {R"({})", R"({"errcode":0,"errmsg":"ok"})",
             R"({"component_access_token":"","pre_auth_code":"","authorizer_access_token":"","expires_in":7200})",
             R"({"component_access_token":"t","pre_auth_code":"t","authorizer_access_token":"t"})",
             R"({"component_access_token":"t","pre_auth_code":"t","authorizer_access_token":"t","expires_in":0})",
             R"({"component_access_token":"t","pre_auth_code":"t","authorizer_access_token":"t","expires_in":-7200})",
             R"({"component_access_token":"t","pre_auth_code":"t","authorizer_access_token":"t","expires_in":999999999999999999})",
             R"({"component_access_token":1,"pre_auth_code":null,"authorizer_access_token":["t"],"expires_in":7200})",
             R"({"authorizer_info":[],"authorization_info":"x"})",
             R"({"authorization_info":{"authorizer_appid":"wx1","authorizer_access_token":"t"}})"}) {
            caller_.answerJson(body);

            const tenants::Error error = call();

            EXPECT_EQ(error.code, ErrorCode::kUpstreamUnreachable) << body;
            EXPECT_NE(error.for_log.find("lacks"), std::string::npos) << body;
        }
    }
}

TEST_F(PlatformClientTest, NoErrorTextHoldsASecret) {
    for (const auto& call : everyCall()) {
        caller_.answerJson(R"({"errcode":40001,"errmsg":"71_a+b/c component-secret ticket code refreshtoken@@@old"})");

        const tenants::Error error = call();

        for (const std::string secret : {"71_a", "component-secret", "refreshtoken@@@"}) {
            EXPECT_EQ(error.for_log.find(secret), std::string::npos);
            EXPECT_EQ(error.for_caller.find(secret), std::string::npos);
        }
    }
}

TEST_F(PlatformClientTest, ComponentWithoutAppIdOrSecretIsRefusedAtStart) {
    EXPECT_THROW(PlatformClient(caller_, clock_, {"", shareSecret("s")}), std::invalid_argument);
    EXPECT_THROW(PlatformClient(caller_, clock_, {"wx", nullptr}), std::invalid_argument);
    EXPECT_THROW(PlatformClient(caller_, clock_, {"wx", shareSecret("")}), std::invalid_argument);
}

TEST_F(PlatformClientTest, PushesAreStartedWithTheSecretUnderItsOtherNameAndNoToken) {
    // Both texts come with errcode 0: the service was down, or it ran already.
    for (const char* text : {"ok", "in a normal state"}) {
        caller_.answerJson(std::string{R"({"errcode":0,"errmsg":")"} + text + R"("})");
        EXPECT_TRUE(runBlocking(client_.startPushTicket())) << text;
    }

    const auto& call = caller_.calls().front();
    EXPECT_EQ(call.target, "/cgi-bin/component/api_start_push_ticket");
    const auto body = sentBody(call);
    EXPECT_EQ(body->size(), 2U);
    EXPECT_EQ(body->getValue<std::string>("component_appid"), "wxcomponent");
    EXPECT_EQ(body->getValue<std::string>("component_secret"), "component-secret");
}

TEST_F(PlatformClientTest, PushesThatCannotBeStartedAreAnError) {
    caller_.answerJson(R"({"errcode":40013,"errmsg":"invalid appid"})");
    caller_.answer(HttpsFailure{.reason = "reset"});

    EXPECT_EQ(runBlocking(client_.startPushTicket()).error().upstream->errcode, 40013);
    EXPECT_EQ(runBlocking(client_.startPushTicket()).error().code, ErrorCode::kUpstreamUnreachable);
}

TEST_F(PlatformClientTest, ListIsAskedByOffsetAndCountAndToleratesWhatEntriesLack) {
    caller_.answerJson(R"({"total_count":4,"list":[
        {"authorizer_appid":"wx1","refresh_token":"refreshtoken@@@1","auth_time":1717747200},
        {"authorizer_appid":"wx2","refresh_token":""},
        {"authorization_appid":"wx3"},
        {"refresh_token":"refreshtoken@@@nobody"}]})");

    const auto page = runBlocking(client_.authorizerList(token_, 500, 500));

    ASSERT_TRUE(page);
    EXPECT_EQ(page->total, 4);
    EXPECT_EQ(page->entries, 4U);
    ASSERT_EQ(page->authorizers.size(), 3U);
    EXPECT_EQ(page->authorizers[0].appid.text(), "wx1");
    EXPECT_EQ(page->authorizers[0].refresh_token->expose(), "refreshtoken@@@1");
    EXPECT_EQ(page->authorizers[1].refresh_token, nullptr);
    EXPECT_EQ(page->authorizers[2].appid.text(), "wx3");
    const auto& call = caller_.calls().front();
    EXPECT_EQ(call.target, "/cgi-bin/component/api_get_authorizer_list?access_token=71_a%2Bb%2Fc");
    const auto body = sentBody(call);
    EXPECT_EQ(body->getValue<int>("offset"), 500);
    EXPECT_EQ(body->getValue<int>("count"), 500);
}

TEST_F(PlatformClientTest, ListWithoutItsNumberOrItsEntriesIsNoAnswer) {
    for (const char* body : {R"({"list":[]})", R"({"total_count":-1,"list":[]})", R"({"total_count":1})",
                             R"({"total_count":1,"list":{}})"}) {
        caller_.answerJson(body);
        const auto page = runBlocking(client_.authorizerList(token_, 0, 500));
        ASSERT_FALSE(page) << body;
        EXPECT_EQ(page.error().code, ErrorCode::kUpstreamUnreachable) << body;
    }
}

}  // namespace
}  // namespace gateway::wechat
