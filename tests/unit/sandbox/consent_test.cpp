#include "sandbox/consent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/events.h"
#include "tests/support/fake_clock.h"

namespace sandbox {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

const tenants::UtcTime kNow = test_support::beijingNoon();
const ComponentKeys kKeys{.appid = "wxcomponent", .secret = "secret", .push_token = "push", .encoding_aes_key = ""};
const ComponentKeys kOther{.appid = "wxsecond", .secret = "other", .push_token = "push", .encoding_aes_key = ""};

class ConsentTest : public testing::Test {
protected:
    ConsentTest() {
        adoptComponents(state_, {kKeys, kOther});
        Authorizer account;
        account.appid = "wx1";
        account.sets = {kOcrPermissionSet};
        state_.authorizers.emplace("wx1", account);
        link_ = {.component_appid = "wxcomponent",
                 .pre_auth_code = issuePreAuthCode(component(), kNow).text,
                 .redirect_uri = "https://gateway.test/wechat/authorized?state=s"};
    }

    Consent give(const std::optional<std::set<int>>& sets = std::nullopt) {
        auto given = giveConsent(state_, link_, "wx1", sets, kNow);
        if (const auto* const fault = std::get_if<ConsentFault>(&given)) throw std::logic_error(fault->detail);
        return std::get<Consent>(std::move(given));
    }
    bool refused(const std::string& appid = "wx1", tenants::UtcTime now = kNow) {
        return std::holds_alternative<ConsentFault>(giveConsent(state_, link_, appid, std::nullopt, now));
    }

    Component& component() { return state_.component(kKeys.appid); }
    Authorizer& account() { return state_.authorizers.at("wx1"); }
    /// Of the first component; throws where there never was one.
    Authorization& granted() { return account().authorizations.at(kKeys.appid); }

    State state_;
    AuthorizationLink link_;
};

TEST_F(ConsentTest, FirstConsentAuthorizesAndSendsTheEvent) {
    const Consent consent = give();

    EXPECT_TRUE(granted().authorized);
    EXPECT_EQ(granted().sets, (std::set<int>{kOcrPermissionSet}));
    EXPECT_THAT(consent.redirect,
                StartsWith("https://gateway.test/wechat/authorized?state=s&auth_code=queryauthcode%40%40%40"));
    EXPECT_THAT(consent.redirect, HasSubstr("&expires_in=600"));
    ASSERT_TRUE(consent.event);
    EXPECT_EQ(consent.event->info_type, kAuthorizedEvent);
    EXPECT_THAT(consent.event->message_xml, HasSubstr(link_.pre_auth_code));
    EXPECT_EQ(component().outbox.size(), 1U);
}

TEST_F(ConsentTest, RedirectAndEventBringDifferentCodesThatBothWork) {
    give();

    ASSERT_EQ(component().authorization_codes.size(), 2U);
    const std::string first = component().authorization_codes.begin()->first;
    const std::string second = component().authorization_codes.rbegin()->first;
    EXPECT_TRUE(accepted(exchangeCode(state_, component(), first, kNow)));
    EXPECT_TRUE(accepted(exchangeCode(state_, component(), second, kNow)));
}

TEST_F(ConsentTest, RenewalWithoutChangeGivesNewTokensAndNoEvent) {
    give();
    const std::string before = granted().refresh_token;

    const Consent again = give();

    EXPECT_FALSE(again.event);
    EXPECT_NE(granted().refresh_token, before);
}

TEST_F(ConsentTest, RenewalWithOtherSetsSendsTheUpdate) {
    give();

    const Consent again = give(std::set<int>{17});

    ASSERT_TRUE(again.event);
    EXPECT_EQ(again.event->info_type, kUpdateAuthorizedEvent);
    EXPECT_EQ(granted().sets, (std::set<int>{17}));
}

TEST_F(ConsentTest, ConsentAfterWithdrawalIsAFirstOneAgain) {
    give();
    granted().withdraw();

    const Consent again = give();

    ASSERT_TRUE(again.event);
    EXPECT_EQ(again.event->info_type, kAuthorizedEvent);
}

TEST_F(ConsentTest, PreAuthCodeExpires) {
    EXPECT_TRUE(refused("wx1", kNow + kPreAuthCodeLife));
    EXPECT_FALSE(refused("wx1", kNow + kPreAuthCodeLife - 1ms));
}

TEST_F(ConsentTest, ForeignLinksAreRefused) {
    const AuthorizationLink good = link_;

    link_.component_appid = "wxother";
    EXPECT_TRUE(refused());
    link_ = good;
    link_.pre_auth_code = "preauthcode@@@other";
    EXPECT_TRUE(refused());
    link_ = good;
    link_.redirect_uri = "javascript:alert(1)";
    EXPECT_TRUE(refused());
    link_ = good;
    link_.auth_type = "4";
    EXPECT_TRUE(refused());
    link_ = good;
    EXPECT_TRUE(refused("wx2"));
    EXPECT_TRUE(account().authorizations.empty());
}

TEST_F(ConsentTest, AuthTypeChoosesTheKindOfAccount) {
    link_.auth_type = "1";
    EXPECT_TRUE(accountsOffered(state_, link_).empty());
    EXPECT_TRUE(refused());

    account().kind = AccountKind::kService;
    EXPECT_EQ(accountsOffered(state_, link_).size(), 1U);
    EXPECT_FALSE(refused());
}

TEST_F(ConsentTest, BizAppidNamesTheOnlyAccount) {
    link_.biz_appid = "wx2";
    EXPECT_TRUE(refused());

    link_.biz_appid = "wx1";
    link_.auth_type = "1";  // overridden by biz_appid
    EXPECT_FALSE(refused());
}

TEST_F(ConsentTest, FrozenAccountIsNotOffered) {
    account().account_status = 19;

    EXPECT_TRUE(accountsOffered(state_, link_).empty());
    EXPECT_TRUE(refused());
}

TEST_F(ConsentTest, ChangedSetsOfAnAuthorizedAccountSendTheUpdateAndKeepTokens) {
    give();
    const std::string refresh_token = granted().refresh_token;

    const auto event = changeSets(state_, component(), account(), {17}, kNow);

    ASSERT_TRUE(event);
    EXPECT_EQ(event->info_type, kUpdateAuthorizedEvent);
    EXPECT_EQ(granted().refresh_token, refresh_token);
    EXPECT_EQ(account().refusalForOcr(kKeys.appid)->errcode, 61007);
}

TEST_F(ConsentTest, UnchangedSetsAndUnauthorizedAccountsSendNothing) {
    EXPECT_FALSE(changeSets(state_, component(), account(), {17}, kNow));
    give();
    EXPECT_FALSE(changeSets(state_, component(), account(), {17}, kNow));
}

TEST_F(ConsentTest, UnchangedRenewalWithoutALinkIsSilentAndEndsTheTokens) {
    give();
    const std::string before = granted().refresh_token;
    granted().tokens.issue("access", kNow);

    const auto event = reauthorizeAccount(state_, component(), account(), std::nullopt, kNow);

    EXPECT_FALSE(event);
    EXPECT_NE(granted().refresh_token, before);
    EXPECT_EQ(granted().tokens.standingOf("access", kNow), TokenStanding::kNotLatest);
}

TEST_F(ConsentTest, RenewalWithoutALinkTellsChangedSets) {
    give();

    const auto event = reauthorizeAccount(state_, component(), account(), std::set<int>{17}, kNow);

    ASSERT_TRUE(event);
    EXPECT_EQ(event->info_type, kUpdateAuthorizedEvent);
    EXPECT_EQ(granted().sets, (std::set<int>{17}));
}

TEST_F(ConsentTest, SecondComponentGetsTokensOfItsOwn) {
    give();
    Component& second = state_.component(kOther.appid);
    link_ = {.component_appid = kOther.appid,
             .pre_auth_code = issuePreAuthCode(second, kNow).text,
             .redirect_uri = "https://other.test/x"};

    const Consent consent = give(std::set<int>{17});

    ASSERT_TRUE(consent.event);
    EXPECT_EQ(consent.event->info_type, kAuthorizedEvent);
    EXPECT_EQ(consent.event->component_appid, kOther.appid);
    EXPECT_EQ(second.outbox.size(), 1U);
    EXPECT_EQ(granted().sets, (std::set<int>{kOcrPermissionSet}));
    EXPECT_NE(granted().refresh_token, account().authorizations.at(kOther.appid).refresh_token);
}

TEST_F(ConsentTest, PreAuthCodeOfAnotherComponentIsRefused) {
    link_.component_appid = kOther.appid;

    EXPECT_TRUE(refused());
}

TEST(AuthorizationLink, IsReadFromPcAndMobileForms) {
    const auto pc = readAuthorizationUrl(
        "https://mp.weixin.qq.com/cgi-bin/"
        "componentloginpage?component_appid=wxc&pre_auth_code=p%40%40%401&redirect_uri=https%3A%2F%2Fa.test%2Fx%3Fs%"
        "3D1&auth_type=2");
    const auto mobile = readAuthorizationUrl(
        "https://open.weixin.qq.com/wxaopen/safe/"
        "bindcomponent?action=bindcomponent&no_scan=1&component_appid=wxc&pre_auth_code=p&redirect_uri=https%3A%2F%2Fa."
        "test&biz_appid=wx9#wechat_redirect");

    ASSERT_TRUE(pc);
    EXPECT_EQ(pc->pre_auth_code, "p@@@1");
    EXPECT_EQ(pc->redirect_uri, "https://a.test/x?s=1");
    EXPECT_EQ(pc->auth_type, "2");
    ASSERT_TRUE(mobile);
    EXPECT_EQ(mobile->auth_type, "3");
    EXPECT_EQ(mobile->biz_appid, "wx9");
}

TEST(AuthorizationLink, IncompleteLinksAreNone) {
    EXPECT_FALSE(readAuthorizationUrl("https://mp.weixin.qq.com/cgi-bin/componentloginpage"));
    EXPECT_FALSE(readAuthorizationUrl("https://mp.weixin.qq.com/x?component_appid=a&pre_auth_code=b"));
    EXPECT_FALSE(readAuthorizationUrl("https://mp.weixin.qq.com/x?component_appid=a&pre_auth_code=b&redirect_uri=%zz"));
}

}  // namespace
}  // namespace sandbox
