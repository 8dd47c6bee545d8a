#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

using testing::HasSubstr;

class Onboarding : public testing::Test {
protected:
    Onboarding() { installation_.sandbox().scriptAnswer(licenceAnswer("京L00001")); }

    /// The redirect that consent ends with.
    std::string consent(const std::string& merchant, const std::string& appid) {
        return installation_.sandbox().consent(appid, installation_.admin().createLink(merchant));
    }
    HttpAnswer follow(const std::string& redirect) { return browser_.send({.url = redirect}); }

    void expectScans(const std::string& merchant) {
        const Key key = installation_.admin().createKey(merchant);
        EXPECT_EQ(installation_.clientOf(key.text).scan(picture(1)).errcode, 0);
    }

    Installation installation_;
    HttpClient browser_;
    std::string merchant_ = installation_.createMerchant("Comes in");
    std::string appid_ = installation_.sandbox().createAuthorizer();
};

TEST_F(Onboarding, EventAloneIsEnough) {
    EXPECT_EQ(installation_.admin().merchant(merchant_).at("state").text(), "pending");

    consent(merchant_, appid_);

    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));
    const Json shown = installation_.admin().merchant(merchant_);
    EXPECT_EQ(shown.at("appid").text(), appid_);
    EXPECT_EQ(shown.at("granted_sets").size(), 1U);
    EXPECT_EQ(shown.at("granted_sets").at(0).integer(), 117);
    EXPECT_EQ(shown.at("account_kind").text(), "mini_program");
    EXPECT_TRUE(shown.at("verified").flag());
    expectScans(merchant_);
}

TEST_F(Onboarding, RedirectAloneIsEnough) {
    installation_.sandbox().planEvents(R"({"drop":1})");
    const std::string redirect = consent(merchant_, appid_);
    EXPECT_EQ(installation_.admin().merchant(merchant_).at("state").text(), "pending");

    const HttpAnswer landed = follow(redirect);

    EXPECT_EQ(landed.status, 200) << landed.body;
    EXPECT_THAT(landed.header("Content-Type"), HasSubstr("text/html"));
    EXPECT_THAT(landed.body, HasSubstr("授权成功"));
    EXPECT_THAT(landed.body, HasSubstr("Authorization complete"));
    EXPECT_EQ(landed.header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(landed.header("Cache-Control"), "no-store");
    EXPECT_TRUE(installation_.becomesState(merchant_, "active"));
    expectScans(merchant_);
}

TEST_F(Onboarding, EventThenRedirectTwiceIsOneAuthorization) {
    const std::string redirect = consent(merchant_, appid_);
    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));

    EXPECT_EQ(follow(redirect).status, 200);
    EXPECT_EQ(follow(redirect).status, 200) << "a page that is loaded again";

    EXPECT_EQ(installation_.admin().merchant(merchant_).at("state").text(), "active");
    expectScans(merchant_);
}

TEST_F(Onboarding, DuplicateEventsHaveOneEffect) {
    installation_.sandbox().planEvents(R"({"duplicate":1})");

    consent(merchant_, appid_);

    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));
    const auto exchanges = installation_.sandbox().calls("/cgi-bin/component/api_query_auth");
    EXPECT_EQ(exchanges.size(), 1U);
    expectScans(merchant_);
}

TEST_F(Onboarding, LandingWithAnUnknownStateOrWithoutACodeChangesNothing) {
    const std::string redirect = consent(merchant_, appid_);
    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));
    const std::string page = installation_.publicUrl() + "/wechat/authorized";
    const std::string other = installation_.createMerchant("Bystander");

    for (const std::string& query : {std::string{}, std::string{"?state=forged&auth_code=forged"},
                                     std::string{"?state=forged"}, std::string{"?auth_code=forged&expires_in=600"}}) {
        const HttpAnswer landed = follow(page + query);
        EXPECT_EQ(landed.status, 400) << query;
        EXPECT_THAT(landed.body, HasSubstr("<html"));
    }
    EXPECT_EQ(installation_.admin().merchant(merchant_).at("appid").text(), appid_);
    EXPECT_EQ(installation_.admin().merchant(other).at("state").text(), "pending");
}

TEST_F(Onboarding, AccountOfOneMerchantCannotBeTakenByAnother) {
    follow(consent(merchant_, appid_));
    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));
    const std::string other = installation_.createMerchant("Other");

    const HttpAnswer landed = follow(consent(other, appid_));

    EXPECT_NE(landed.status, 200);
    EXPECT_EQ(installation_.admin().merchant(other).at("state").text(), "pending");
    EXPECT_EQ(installation_.admin().merchant(merchant_).at("appid").text(), appid_);
}

TEST_F(Onboarding, ConsentAgainRepairsAMerchantWithoutARefreshToken) {
    follow(consent(merchant_, appid_));
    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));
    const Key key = installation_.admin().createKey(merchant_);
    MerchantClient client = installation_.clientOf(key.text);
    installation_.sandbox().act(appid_, "killRefreshToken");
    installation_.sandbox().act(appid_, "expireToken");
    EXPECT_NE(client.scan(picture(1)).errcode, 0);

    EXPECT_EQ(follow(consent(merchant_, appid_)).status, 200);

    EXPECT_EQ(client.scan(picture(2)).errcode, 0);
    EXPECT_EQ(installation_.admin().entries(merchant_).size(), 1U);
}

TEST_F(Onboarding, WithdrawnMerchantComesBackByANewLink) {
    follow(consent(merchant_, appid_));
    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));
    installation_.sandbox().act(appid_, "withdraw");
    ASSERT_TRUE(installation_.becomesState(merchant_, "unauthorized"));

    follow(consent(merchant_, appid_));

    EXPECT_TRUE(installation_.becomesState(merchant_, "active"));
    expectScans(merchant_);
}

TEST_F(Onboarding, AccountThatMayNotUseOcrIsShownAndRefused) {
    const std::string account =
        installation_.sandbox().createAuthorizer(R"({"kind":"subscription","verified":false,"sets":[117]})");

    follow(consent(merchant_, account));

    ASSERT_TRUE(installation_.becomesState(merchant_, "restricted"));
    EXPECT_EQ(installation_.admin().merchant(merchant_).at("state_reason").text(), "account_not_eligible");
    const Key key = installation_.admin().createKey(merchant_);
    EXPECT_EQ(installation_.clientOf(key.text).scan(picture(1)).errcode, 48001);
}

TEST_F(Onboarding, SetsThatAreGrantedLaterCountAtOnce) {
    const std::string account = installation_.sandbox().createAuthorizer(R"({"kind":"mini_program","sets":[17,18]})");
    follow(consent(merchant_, account));
    ASSERT_TRUE(installation_.becomesState(merchant_, "restricted"));
    EXPECT_EQ(installation_.admin().merchant(merchant_).at("state_reason").text(), "permission_117_missing");
    const Key key = installation_.admin().createKey(merchant_);
    MerchantClient client = installation_.clientOf(key.text);
    EXPECT_EQ(client.scan(picture(1)).errcode, 61007);

    installation_.sandbox().changeAuthorizer(account, R"({"sets":[17,18,117]})");

    EXPECT_EQ(client.scan(picture(2)).errcode, 0);
    EXPECT_TRUE(installation_.becomesState(merchant_, "active"));
}

TEST_F(Onboarding, ForgedPushesAllGetTheSameAnswerAndChangeNothing) {
    follow(consent(merchant_, appid_));
    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));
    const std::string url = installation_.publicUrl() + "/wechat/events";
    const std::string query = "?signature=0&timestamp=1700000000&nonce=1&encrypt_type=aes&msg_signature=";
    const std::string plain_event = "<xml><AppId>" + std::string{kComponentAppid} +
                                    "</AppId><CreateTime>1900000000</CreateTime><InfoType>unauthorized</InfoType>"
                                    "<AuthorizerAppid>" +
                                    appid_ + "</AuthorizerAppid></xml>";
    const std::string sealed_event = "<xml><AppId>" + std::string{kComponentAppid} +
                                     "</AppId><Encrypt>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</Encrypt></xml>";
    const std::vector<std::pair<std::string, std::string>> forgeries{
        {query + std::string(40, '0'), plain_event},
        {query + std::string(40, '0'), sealed_event},
        {query, sealed_event},
        {"", sealed_event},
        {"", ""},
        {query + std::string(40, '0'), "<!DOCTYPE x [<!ENTITY a \"b\">]>" + sealed_event},
        {query + std::string(40, '0'), std::string(60'000, '<')}};

    std::set<std::pair<long, std::string>> answers;
    for (const auto& [forged_query, body] : forgeries) {
        const HttpAnswer answer = browser_.send(
            {.method = "POST", .url = url + forged_query, .headers = {"Content-Type: text/xml"}, .body = body});
        answers.insert({answer.status, answer.body});
    }

    EXPECT_EQ(answers.size(), 1U);
    EXPECT_NE(answers.begin()->second, "success");
    EXPECT_EQ(installation_.admin().merchant(merchant_).at("state").text(), "active");
    expectScans(merchant_);
}

TEST_F(Onboarding, LinkThatThePlatformRefusesIsAnUpstreamProblem) {
    installation_.sandbox().plan("/cgi-bin/component/api_create_preauthcode", R"("errcode":-1)");

    const HttpAnswer answer =
        installation_.admin().send("POST", "/merchants/" + merchant_ + "/authorization-links", "{}");

    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_EQ(Json{answer.body}.at("upstream_code").integer(), -1);
    EXPECT_EQ(installation_.admin().send("POST", "/merchants/" + merchant_ + "/authorization-links", "{}").status, 201);
}

}  // namespace
}  // namespace integration
