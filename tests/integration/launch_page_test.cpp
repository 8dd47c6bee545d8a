#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

/// From the operator's link over the pages that the merchant's administrator sees to a merchant that scans.
namespace integration {
namespace {

using testing::HasSubstr;

/// The address behind the button whose address begins so, as a browser follows it.
std::string linkOn(const std::string& html, const std::string& path) {
    const std::size_t at = html.find(path);
    if (at == std::string::npos) return {};
    const std::size_t begin = html.rfind('"', at) + 1;
    std::string address = html.substr(begin, html.find('"', begin) - begin);
    for (std::size_t found = address.find("&amp;"); found != std::string::npos; found = address.find("&amp;", found)) {
        address.replace(found, 5, "&");
        ++found;
    }
    return address;
}

class LaunchPage : public testing::Test {
protected:
    LaunchPage() { installation_.sandbox().scriptAnswer(licenceAnswer("京L00003")); }

    Json invite(const std::string& fields = "{}") {
        return installation_.admin().call("POST", "/merchants/" + merchant_ + "/authorization-links", fields);
    }
    HttpAnswer open(const std::string& url) { return browser_.send({.url = url}); }
    std::string consentOn(const HttpAnswer& page, const std::string& appid) {
        return installation_.sandbox().consent(appid, linkOn(page.body, "/cgi-bin/componentloginpage"));
    }
    Json merchant() { return installation_.admin().merchant(merchant_); }

    Installation installation_;
    HttpClient browser_;
    std::string merchant_ = installation_.createMerchant("Launch");
    std::string appid_ = installation_.sandbox().createAuthorizer();
};

TEST_F(LaunchPage, ClickConsentAndLandingMakeAMerchantThatScans) {
    EXPECT_EQ(merchant().at("state").text(), "pending");
    EXPECT_THAT(merchant().at("next_step").text(), HasSubstr("launch_url"));
    const std::string launch_url = invite().at("launch_url").text();
    ASSERT_TRUE(launch_url.starts_with(installation_.publicUrl() + "/wechat/launch?component=")) << launch_url;

    const HttpAnswer page = open(launch_url);
    ASSERT_EQ(page.status, 200) << page.body;
    EXPECT_EQ(page.header("Referrer-Policy"), "strict-origin");
    EXPECT_EQ(open(installation_.publicUrl() + "/wechat/pages.css").status, 200);
    const HttpAnswer landed = open(consentOn(page, appid_));

    EXPECT_EQ(landed.status, 200);
    EXPECT_THAT(landed.body, HasSubstr("Authorization complete"));
    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));
    EXPECT_EQ(merchant().at("next_step").text(), "");
    const Key key = installation_.admin().createKey(merchant_);
    EXPECT_EQ(installation_.clientOf(key.text).scan(picture(1)).errcode, 0);
    EXPECT_EQ(open(launch_url).status, 410) << "it has served";
}

TEST_F(LaunchPage, BothButtonsLeadToTheSameConsentPage) {
    const HttpAnswer page = open(invite().at("launch_url").text());

    for (const char* path : {"/cgi-bin/componentloginpage", "/wxaopen/safe/bindcomponent"}) {
        HttpClient platform{installation_.authorityFile()};
        const HttpAnswer shown = platform.send({.url = linkOn(page.body, path)});
        EXPECT_EQ(shown.status, 200) << path;
        EXPECT_THAT(shown.body, HasSubstr(appid_)) << path;
    }
}

TEST_F(LaunchPage, MerchantPutsRightWhatIsMissingBySameLink) {
    const std::string launch_url = invite().at("launch_url").text();
    const std::string account = installation_.sandbox().createAuthorizer(R"({"kind":"mini_program","sets":[17,18]})");
    const HttpAnswer landed = open(consentOn(open(launch_url), account));
    EXPECT_THAT(landed.body, HasSubstr("was not granted"));
    ASSERT_TRUE(installation_.becomesState(merchant_, "restricted"));
    EXPECT_EQ(merchant().at("state_reason").text(), "permission_117_missing");
    EXPECT_THAT(merchant().at("next_step").text(), HasSubstr("leaves permission set 117 ticked"));

    installation_.sandbox().changeAuthorizer(account, R"({"sets":[17,18,117]})");
    const HttpAnswer again = open(consentOn(open(launch_url), account));

    EXPECT_THAT(again.body, HasSubstr("Authorization complete"));
    EXPECT_TRUE(installation_.becomesState(merchant_, "active"));
}

TEST_F(LaunchPage, SetThatGoesToAnotherProviderIsToldFromOneThatWasNeverTicked) {
    open(consentOn(open(invite().at("launch_url").text()), appid_));
    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));

    installation_.sandbox().changeAuthorizer(appid_, R"({"sets":[17]})");

    ASSERT_TRUE(installation_.becomesState(merchant_, "restricted"));
    EXPECT_EQ(merchant().at("state_reason").text(), "permission_117_missing");
    EXPECT_THAT(merchant().at("next_step").text(), HasSubstr("another provider"));
    EXPECT_THAT(merchant().at("next_step").text(), HasSubstr("was granted and is gone"));
}

TEST_F(LaunchPage, LinkForOneAccountOffersNoOther) {
    const std::string other = installation_.sandbox().createAuthorizer();
    const Json issued = invite(R"({"biz_appid":")" + appid_ + R"(","auth_type":2})");
    const HttpAnswer page = open(issued.at("launch_url").text());
    EXPECT_THAT(page.body, HasSubstr(appid_));

    HttpClient platform{installation_.authorityFile()};
    const HttpAnswer shown = platform.send({.url = linkOn(page.body, "/cgi-bin/componentloginpage")});
    EXPECT_THAT(shown.body, HasSubstr(appid_));
    EXPECT_THAT(shown.body, testing::Not(HasSubstr(other)));
}

TEST_F(LaunchPage, OptionsThatMakeNoSenseAreRefused) {
    for (const char* fields :
         {R"({"auth_type":0})", R"({"auth_type":4})", R"({"auth_type":"2"})", R"({"biz_appid":""})",
          R"({"biz_appid":"wx 1"})", R"({"biz_appid":1})", R"({"type":1})"}) {
        EXPECT_EQ(installation_.admin().send("POST", "/merchants/" + merchant_ + "/authorization-links", fields).status,
                  400)
            << fields;
    }
}

TEST_F(LaunchPage, AccountOfAnotherMerchantIsRefusedAndItsOwnerScansOn) {
    const std::string owner = installation_.createMerchant("Owner");
    installation_.sandbox().planEvents(R"({"drop":1})");
    open(installation_.sandbox().consent(appid_, installation_.admin().createLink(owner)));
    ASSERT_TRUE(installation_.becomesState(owner, "active"));

    const HttpAnswer landed =
        open(consentOn(open(invite(R"({"biz_appid":")" + appid_ + "\"}").at("launch_url").text()), appid_));

    EXPECT_EQ(landed.status, 409);
    EXPECT_THAT(landed.body, HasSubstr("belongs to another merchant"));
    EXPECT_EQ(merchant().at("state").text(), "pending");
    const Key key = installation_.admin().createKey(owner);
    EXPECT_EQ(installation_.clientOf(key.text).scan(picture(2)).errcode, 0) << "its owner has the new tokens";
}

TEST_F(LaunchPage, UnknownOrTooOftenOpenedIsSaidSo) {
    EXPECT_EQ(open(installation_.publicUrl() + "/wechat/launch").status, 404);
    EXPECT_EQ(open(installation_.publicUrl() + "/wechat/launch?state=inv_forged").status, 404);
    const std::string launch_url = invite().at("launch_url").text();
    for (int opening = 0; opening < 20; ++opening) ASSERT_EQ(open(launch_url).status, 200) << opening;

    EXPECT_EQ(open(launch_url).status, 429);
}

TEST_F(LaunchPage, WeChatThatIsBusyIsSaidSo) {
    const std::string launch_url = invite().at("launch_url").text();
    installation_.sandbox().plan("/cgi-bin/component/api_create_preauthcode", R"("errcode":-1)");

    EXPECT_EQ(open(launch_url).status, 503);
    EXPECT_EQ(open(launch_url).status, 200);
}

}  // namespace
}  // namespace integration
