// Options, quotas, request records, and the ways in which answers differ, over real TLS.

#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/json.h"
#include "tests/unit/sandbox/support/running_sandbox.h"

namespace sandbox {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing_support::RunningSandbox;
using Json = RunningSandbox::Json;

const std::string kComponent = R"("component_appid":"wxc0a1b2c3d4e5f607")";
const std::string kRefreshPath = "/cgi-bin/component/api_authorizer_token";

class AccountApi : public testing::Test {
protected:
    /// `endpoint` of the component with its token.
    std::string at(const std::string& endpoint) {
        return "/cgi-bin/component/" + endpoint + "?component_access_token=" + sandbox_.componentToken();
    }
    Json refresh(const std::string& refresh_token) {
        return sandbox_.post(
            at("api_authorizer_token"),
            "{" + kComponent + R"(,"authorizer_appid":"wx1","authorizer_refresh_token":")" + refresh_token + "\"}");
    }
    Json firstOfList() {
        return sandbox_.post(at("api_get_authorizer_list"), "{" + kComponent + R"(,"offset":0,"count":500})")
            ->getArray("list")
            ->getObject(0);
    }
    Json authorizationInfo() {
        return sandbox_.post(at("api_get_authorizer_info"), "{" + kComponent + R"(,"authorizer_appid":"wx1"})")
            ->getObject("authorization_info");
    }
    std::string ofAccount(const std::string& path) { return path + "?access_token=" + token_; }

    RunningSandbox sandbox_;
    std::string token_ = sandbox_.authorize("wx1");
};

TEST_F(AccountApi, OptionsAreSetAndReadInBothForms) {
    const std::string get = ofAccount("/cgi-bin/component/get_authorizer_option");
    const std::string set = ofAccount("/cgi-bin/component/set_authorizer_option");
    EXPECT_EQ(stringField(sandbox_.post(get, R"({"option_name":"location_report"})"), "option_value"), "0");

    EXPECT_EQ(integerField(sandbox_.post(set, R"({"option_name":"location_report","option_value":"2"})"), "errcode"),
              0);
    const Json older =
        sandbox_.post(at("api_get_authorizer_option"),
                      "{" + kComponent + R"(,"authorizer_appid":"wx1","option_name":"location_report"})");

    EXPECT_EQ(stringField(older, "option_value"), "2");
    EXPECT_EQ(stringField(older, "authorizer_appid"), "wx1");
    EXPECT_EQ(sandbox_.errcode(at("api_set_authorizer_option"),
                               "{" + kComponent +
                                   R"(,"authorizer_appid":"wx1","option_name":"voice_recognize","option_value":"1"})"),
              0);
    EXPECT_EQ(stringField(sandbox_.post(get, R"({"option_name":"voice_recognize"})"), "option_value"), "1");
}

TEST_F(AccountApi, OptionsAreRefusedForWhatIsWrong) {
    const std::string get = ofAccount("/cgi-bin/component/get_authorizer_option");
    const std::string set = ofAccount("/cgi-bin/component/set_authorizer_option");

    EXPECT_EQ(sandbox_.errcode(get, R"({"option_name":"color"})"), 61012);
    EXPECT_EQ(sandbox_.errcode(set, R"({"option_name":"voice_recognize","option_value":"2"})"), 61013);
    EXPECT_EQ(sandbox_.errcode(set, R"({"option_name":"voice_recognize","option_value":""})"), 61013);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/component/get_authorizer_option?access_token=" + sandbox_.componentToken(),
                               R"({"option_name":"voice_recognize"})"),
              61015);
    EXPECT_EQ(sandbox_.errcode(at("api_get_authorizer_option"),
                               "{" + kComponent + R"(,"authorizer_appid":"wx2","option_name":"voice_recognize"})"),
              61003);
    sandbox_.control("POST", "/authorizers/wx1:withdraw");
    EXPECT_EQ(sandbox_.errcode(get, R"({"option_name":"voice_recognize"})"), 61003);
}

TEST_F(AccountApi, QuotaTellsWhatTheOwnerOfThePathUsed) {
    const std::string get = "/cgi-bin/openapi/quota/get?access_token=";
    sandbox_.control("POST", "/limits",
                     R"({"path":"/cgi-bin/component/api_authorizer_token","per_day":5,"per_minute":3})");
    refresh(sandbox_.refreshTokenOf("wx1"));

    const Json quota = sandbox_.post(get + sandbox_.componentToken(), R"({"cgi_path":")" + kRefreshPath + "\"}");

    EXPECT_EQ(integerField(quota, "errcode"), 0);
    EXPECT_EQ(integerField(quota->getObject("quota"), "daily_limit"), 5);
    EXPECT_EQ(integerField(quota->getObject("quota"), "used"), 1);
    EXPECT_EQ(integerField(quota->getObject("quota"), "remain"), 4);
    EXPECT_EQ(integerField(quota->getObject("rate_limit"), "call_count"), 3);
    EXPECT_EQ(sandbox_.errcode(get + token_, R"({"cgi_path":")" + kRefreshPath + "\"}"), 76022);
    EXPECT_EQ(sandbox_.errcode(get + sandbox_.componentToken(), R"({"cgi_path":"/cv/ocr/driving"})"), 76022);
    EXPECT_EQ(sandbox_.errcode(get + sandbox_.componentToken(), R"({"cgi_path":"/nowhere"})"), 76021);
    EXPECT_EQ(sandbox_.errcode(get + sandbox_.componentToken(), "{}"), 76021);
}

TEST_F(AccountApi, LimitsAreHeldAndClearedByEachForm) {
    const std::string ask = "{" + kComponent + "}";
    const std::string target = at("api_create_preauthcode");
    const auto used_up = [&] { return sandbox_.errcode(target, ask) == 0 && sandbox_.errcode(target, ask) == 45009; };
    sandbox_.control("POST", "/limits", R"({"path":"/cgi-bin/component/api_create_preauthcode","per_day":1})");
    sandbox_.post("/cgi-bin/clear_quota?access_token=" + sandbox_.componentToken(),
                  R"({"appid":"wxc0a1b2c3d4e5f607"})");

    EXPECT_TRUE(used_up());
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/openapi/quota/clear?access_token=" + sandbox_.componentToken(),
                               R"({"cgi_path":"/cgi-bin/component/api_create_preauthcode"})"),
              0);
    EXPECT_TRUE(used_up());
    EXPECT_EQ(
        sandbox_.errcode("/cgi-bin/component/clear_quota/v2", "{" + kComponent + R"(,"appsecret":"component-secret"})"),
        0);
    EXPECT_TRUE(used_up());
    EXPECT_EQ(sandbox_.errcode(at("clear_quota"), ask), 0);
    EXPECT_TRUE(used_up());
}

TEST_F(AccountApi, ClearingIsRefusedForWhatIsWrongAndAfterTenTimes) {
    const std::string clear = "/cgi-bin/clear_quota?access_token=";
    const std::string v2 = "/cgi-bin/component/clear_quota/v2";

    EXPECT_EQ(sandbox_.errcode(clear + sandbox_.componentToken(), R"({"appid":"wx1"})"), 40013);
    EXPECT_EQ(sandbox_.errcode(v2, "{" + kComponent + R"(,"appsecret":"other"})"), 40125);
    EXPECT_EQ(sandbox_.errcode(v2, "{" + kComponent + "}"), 41004);
    EXPECT_EQ(sandbox_.errcode(v2, "{" + kComponent + R"(,"appsecret":"component-secret","appid":"wx2"})"), 61003);
    for (int count = 0; count < 9; ++count) EXPECT_EQ(sandbox_.errcode(clear + token_, R"({"appid":"wx1"})"), 0);
    EXPECT_EQ(sandbox_.errcode(v2, "{" + kComponent + R"(,"appsecret":"component-secret","appid":"wx1"})"), 0);
    EXPECT_EQ(sandbox_.errcode(clear + token_, R"({"appid":"wx1"})"), 48006);
}

TEST_F(AccountApi, MinuteLimitComesBeforeThePictureIsLookedAt) {
    sandbox_.control("POST", "/limits", R"({"path":"/cv/ocr/driving","appid":"wx1","per_minute":1})");
    const std::string other = sandbox_.authorize("wx2");

    EXPECT_EQ(sandbox_.scanErrcode(token_, "粤B1"), 0);
    EXPECT_EQ(sandbox_.errcode(ofAccount("/cv/ocr/driving"), ""), 45011);
    EXPECT_EQ(sandbox_.scanErrcode(other, "粤B1"), 0);
    EXPECT_EQ(sandbox_.control("DELETE", "/limits")->getArray("limits")->size(), 0U);
    EXPECT_EQ(sandbox_.scanErrcode(token_, "粤B1"), 0);
}

TEST_F(AccountApi, LimitsAreReadStrictly) {
    for (const char* body : {"{}", R"({"path":"/p"})", R"({"path":"p","per_day":1})", R"({"path":"/p","per_day":-1})",
                             R"({"path":"/p","per_minute":"1"})", R"({"path":"/p","per_day":1,"appid":7})",
                             R"({"path":"/p","per_hour":1})", "[]"}) {
        EXPECT_EQ(sandbox_.controlRaw("POST", "/limits", body).status, 400) << body;
    }
}

TEST_F(AccountApi, RidLeadsToTheRequestForItsOwnComponentOnly) {
    const Json refused = sandbox_.post(ofAccount("/cv/ocr/driving"), "{}");
    const std::string errmsg = *stringField(refused, "errmsg");
    const std::string rid = errmsg.substr(errmsg.rfind(' ') + 1);
    const std::string get = "/cgi-bin/openapi/rid/get?access_token=";

    const Json found = sandbox_.post(get + sandbox_.componentToken(), R"({"rid":")" + rid + "\"}");

    const Json request = found->getObject("request");
    EXPECT_THAT(*stringField(request, "request_url"), HasSubstr("/cv/ocr/driving?access_token=" + token_));
    EXPECT_EQ(stringField(request, "request_body"), "{}");
    EXPECT_THAT(*stringField(request, "response_body"), HasSubstr(rid));
    EXPECT_EQ(stringField(request, "client_ip"), "127.0.0.1");
    EXPECT_EQ(stringField(sandbox_.calls("?path=/cv/ocr/driving").back(), "rid"), rid);
    EXPECT_EQ(sandbox_.errcode(get + token_, R"({"rid":"6661aaaa-1234abcd-0badcafe"})"), 76001);
    EXPECT_EQ(sandbox_.errcode(get + token_, R"({"rid":"mine"})"), 76002);
    const Json foreign = sandbox_.post("/cv/ocr/driving?access_token=nobody", "{}");
    const std::string foreign_errmsg = *stringField(foreign, "errmsg");
    EXPECT_EQ(
        sandbox_.errcode(get + token_, R"({"rid":")" + foreign_errmsg.substr(foreign_errmsg.rfind(' ') + 1) + "\"}"),
        76003);
}

TEST_F(AccountApi, HintsStandBeforeTheRidInEveryOtherRefusal) {
    std::set<bool> hinted;
    for (int count = 0; count < 2; ++count) {
        const std::string errmsg = *stringField(sandbox_.post("/cv/ocr/driving", ""), "errmsg");
        EXPECT_THAT(errmsg, MatchesRegex("access_token missing( hint: \\[[A-Za-z0-9]{14}\\])? "
                                         "rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}"));
        hinted.insert(errmsg.find("hint") != std::string::npos);
    }
    EXPECT_EQ(hinted.size(), 2U);
}

TEST_F(AccountApi, RefreshTokenIsLeftOutWhereThatIsAsked) {
    sandbox_.control("PATCH", "/authorizers/wx1", R"({"hidden_refresh_token":["refresh","info","list"]})");

    const Json refreshed = refresh(sandbox_.refreshTokenOf("wx1"));
    EXPECT_TRUE(refreshed->has("authorizer_access_token"));
    EXPECT_FALSE(refreshed->has("authorizer_refresh_token"));
    EXPECT_FALSE(authorizationInfo()->has("authorizer_refresh_token"));
    EXPECT_FALSE(firstOfList()->has("refresh_token"));

    sandbox_.control("PATCH", "/authorizers/wx1", R"({"hidden_refresh_token":["list"]})");
    EXPECT_EQ(stringField(authorizationInfo(), "authorizer_refresh_token"), sandbox_.refreshTokenOf("wx1"));
    EXPECT_FALSE(firstOfList()->has("refresh_token"));
    EXPECT_EQ(sandbox_.controlRaw("PATCH", "/authorizers/wx1", R"({"hidden_refresh_token":["everywhere"]})").status,
              400);
}

TEST_F(AccountApi, RotatingComponentGetsAnotherRefreshTokenEachTime) {
    const std::string before = sandbox_.refreshTokenOf("wx1");
    EXPECT_EQ(stringField(refresh(before), "authorizer_refresh_token"), before);

    sandbox_.control("PATCH", "/component", R"({"rotates_refresh_tokens":true})");
    const std::string rotated = *stringField(refresh(before), "authorizer_refresh_token");

    EXPECT_NE(rotated, before);
    EXPECT_TRUE(refresh(before)->has("authorizer_access_token"));  // five minutes more
    sandbox_.control("POST", "/clock", R"({"advance_s":300})");
    EXPECT_EQ(integerField(refresh(before), "errcode"), 61023);
}

TEST_F(AccountApi, SilentReauthorizationChangesTheRefreshTokenWithoutAnEvent) {
    const std::size_t pushes = sandbox_.receiver().messages().size();

    const Json renewed = sandbox_.control("POST", "/authorizers/wx1:reauthorize");

    EXPECT_EQ(stringField(renewed, "event"), "none");
    EXPECT_EQ(sandbox_.receiver().messages().size(), pushes);
    EXPECT_EQ(sandbox_.scanErrcode(token_, "粤B1"), 40001);
    EXPECT_EQ(integerField(refresh(sandbox_.refreshTokenOf("wx1")), "errcode"), 61023);
    EXPECT_EQ(stringField(sandbox_.control("POST", "/authorizers/wx1:reauthorize", R"({"sets":[17]})"), "event"),
              "delivered");
    EXPECT_EQ(sandbox_.receiver().newest("InfoType"), "updateauthorized");
    EXPECT_EQ(sandbox_.controlRaw("POST", "/authorizers/wx1:reauthorize", R"({"sets":7})").status, 400);
}

TEST_F(AccountApi, LegacyAnswersMisspellAndTypeAsTheyUsedTo) {
    sandbox_.control("PATCH", "/quirks", R"({"legacy_answers":true})");

    const std::string read = sandbox_.scan(token_, "粤B1").body;
    const std::string refused = sandbox_.scan(token_, "no card").body;

    EXPECT_THAT(read, HasSubstr("\"errcode\":\"0\""));
    EXPECT_THAT(read, HasSubstr("\"vhicle_type\""));
    EXPECT_THAT(read, Not(HasSubstr("vehicle_type")));
    EXPECT_THAT(refused, HasSubstr("\"errcode\":\"101001\""));
    sandbox_.control("PATCH", "/quirks", R"({"legacy_answers":false})");
    EXPECT_THAT(sandbox_.scan(token_, "粤B1").body, HasSubstr("\"vehicle_type\""));
}

TEST_F(AccountApi, StrictMethodsRefuseGetOnTheOcrPath) {
    const std::string target =
        ofAccount("/cv/ocr/driving") + "&img_url=https%3A%2F%2Fsamples.tollgate.test%2Fsample-1.jpg";
    EXPECT_THAT(sandbox_.platform({}, target).body, HasSubstr("\"errcode\":0"));

    sandbox_.control("PATCH", "/quirks", R"({"strict_methods":true})");

    EXPECT_THAT(sandbox_.platform({}, target).body, HasSubstr("\"errcode\":43002"));
    EXPECT_EQ(sandbox_.errcode(target, ""), 0);
    for (const char* body : {R"({"strict_methods":1})", R"({"legacy_answers":"yes"})", R"({"quirk":true})", "[]"})
        EXPECT_EQ(sandbox_.controlRaw("PATCH", "/quirks", body).status, 400) << body;
}

TEST_F(AccountApi, ListComesInPages) {
    for (int number = 2; number <= 4; ++number) sandbox_.authorize("wx" + std::to_string(number));
    const auto page = [this](const std::string& fields) {
        return sandbox_.post(at("api_get_authorizer_list"), "{" + kComponent + "," + fields + "}");
    };

    const Json first = page(R"("offset":0,"count":3)");
    const Json second = page(R"("offset":3,"count":3)");

    EXPECT_EQ(integerField(first, "total_count"), 4);
    EXPECT_EQ(first->getArray("list")->size(), 3U);
    EXPECT_EQ(second->getArray("list")->size(), 1U);
    EXPECT_EQ(stringField(second->getArray("list")->getObject(0), "authorizer_appid"), "wx4");
    EXPECT_EQ(page(R"("offset":9,"count":500)")->getArray("list")->size(), 0U);
    for (const char* fields : {R"("offset":0,"count":501)", R"("offset":-1,"count":1)", R"("offset":0,"count":0)"})
        EXPECT_EQ(integerField(page(fields), "errcode"), 40097) << fields;
}

TEST_F(AccountApi, CountersTellWhomAComponentsCallsAreAbout) {
    sandbox_.authorize("wx2");
    sandbox_.control("DELETE", "/counters");
    refresh(sandbox_.refreshTokenOf("wx1"));
    refresh(sandbox_.refreshTokenOf("wx1"));
    refresh("refreshtoken@@@other");

    const auto counters = sandbox_.control("GET", "/counters?path=" + kRefreshPath)->getArray("counters");

    ASSERT_EQ(counters->size(), 1U);
    const Json counter = counters->getObject(0);
    EXPECT_EQ(stringField(counter, "appid"), "wxc0a1b2c3d4e5f607");
    EXPECT_EQ(stringField(counter, "authorizer_appid"), "wx1");
    EXPECT_EQ(integerField(counter, "calls"), 3);
    EXPECT_EQ(integerField(counter->getObject("answers"), "0"), 2);
    EXPECT_EQ(integerField(counter->getObject("answers"), "61023"), 1);
    EXPECT_EQ(sandbox_.control("DELETE", "/counters")->getArray("counters")->size(), 0U);
}

TEST_F(AccountApi, SlowerAnswerOfTheEarlierRefreshCarriesTheTokenThatDiesFirst) {
    const std::string refresh_token = sandbox_.refreshTokenOf("wx1");
    sandbox_.control("POST", "/faults",
                     R"({"path":")" + kRefreshPath + R"(","appid":"wx1","mode":"delay","delay_ms":300})");
    Json early;
    bool early_answered = false;
    std::thread slow{[&] {
        early = refresh(refresh_token);
        early_answered = true;
    }};
    while (sandbox_.control("GET", "/faults")->getArray("faults")->size() > 0) std::this_thread::yield();
    const auto calls_of_refresh = [this] { return sandbox_.calls("?path=" + kRefreshPath); };
    while (calls_of_refresh().back()->get("answer").toString() == "pending") std::this_thread::yield();

    const Json late = refresh(refresh_token);
    slow.join();

    ASSERT_TRUE(early_answered);
    const std::string first = *stringField(early, "authorizer_access_token");
    const std::string second = *stringField(late, "authorizer_access_token");
    EXPECT_EQ(sandbox_.scanErrcode(first, "粤B1"), 0);
    EXPECT_EQ(sandbox_.scanErrcode(second, "粤B1"), 0);
    sandbox_.control("POST", "/clock", R"({"advance_s":300})");
    EXPECT_EQ(sandbox_.scanErrcode(first, "粤B1"), 40001);
    EXPECT_EQ(sandbox_.scanErrcode(second, "粤B1"), 0);
}

}  // namespace
}  // namespace sandbox
