#include <gmock/gmock.h>

#include <map>
#include <string>

#include "gateway/api/authorized_page.h"
#include "gateway/api/launch_page.h"
#include "gateway/api/merchant_page.h"
#include "tests/support/world.h"
#include "tests/unit/gateway/api/route_caller.h"

/// What a merchant's administrator sees: the launch page and the landing page.
namespace gateway::api {
namespace {

using tenants::AccountKind;
using tenants::MerchantId;
using test_support::FakePlatform;
using test_support::World;
using testing::HasSubstr;
using testing::Not;

class MerchantPages : public testing::Test {
protected:
    MerchantPages() {
        launch_page_.addRoutes(caller_.router());
        authorized_page_.addRoutes(caller_.router());
        addPageStyleRoute(caller_.router());
    }

    http::Response open(const tenants::IssuedInvitation& invited) {
        return caller_.call("GET", invited.launch_url.substr(std::string{"https://gw.example.com"}.size()));
    }
    http::Response land(const std::string& state, const std::string& code) {
        return caller_.call("GET", "/wechat/authorized?state=" + state + "&auth_code=" + code + "&expires_in=600");
    }
    /// Consent on a new link's page, and the browser's landing.
    http::Response consent() {
        const std::string state = world_.newState();
        return land(state, world_.platform.consent(world_.appid.text()));
    }
    static void expectStrict(const http::Response& page, const std::string& referrer_policy) {
        EXPECT_EQ(headerOf(page, "Content-Type"), "text/html; charset=utf-8");
        EXPECT_EQ(headerOf(page, "Cache-Control"), "no-store");
        EXPECT_EQ(headerOf(page, "Referrer-Policy"), referrer_policy);
        EXPECT_EQ(headerOf(page, "X-Content-Type-Options"), "nosniff");
        EXPECT_THAT(headerOf(page, "Content-Security-Policy"), HasSubstr("default-src 'none'; style-src 'self';"));
        EXPECT_THAT(headerOf(page, "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
        EXPECT_THAT(page.body, Not(HasSubstr("<script")));
        EXPECT_THAT(page.body, Not(HasSubstr("style=")));
    }

    World world_;
    RouteCaller caller_;
    LaunchPage launch_page_{world_.platforms, caller_.log()};
    AuthorizedPage authorized_page_{world_.platforms, world_.store.merchants, world_.clock, caller_.log()};
};

TEST_F(MerchantPages, LaunchPageHasBothButtonsAndLetsWeChatSeeWhereTheClickCameFrom) {
    const tenants::IssuedInvitation invited = world_.invite();

    const http::Response page = open(invited);

    EXPECT_EQ(page.status, 200);
    expectStrict(page, "strict-origin");
    EXPECT_THAT(page.body, HasSubstr("<a href=\"https://mp.weixin.qq.com/cgi-bin/componentloginpage?component_appid="
                                     "wxcomponent&amp;pre_auth_code="));
    EXPECT_THAT(page.body, HasSubstr("<a href=\"https://open.weixin.qq.com/wxaopen/safe/bindcomponent?"));
    EXPECT_THAT(page.body, HasSubstr("授权行驶证识别服务"));
    EXPECT_THAT(page.body, HasSubstr("Authorize vehicle licence recognition"));
    EXPECT_THAT(page.body, HasSubstr("117"));
    EXPECT_THAT(page.body, Not(HasSubstr("inv_"))) << "its own state";
    EXPECT_THAT(page.body, Not(HasSubstr(world_.merchant.text())));
    EXPECT_THAT(page.body, Not(HasSubstr("noreferrer")));
}

TEST_F(MerchantPages, LaunchPageNamesTheOneAccountThatItIsFor) {
    EXPECT_THAT(open(world_.invite({tenants::AccountChoice::kBoth, world_.appid})).body,
                HasSubstr("<code>" + world_.appid.text() + "</code>"));
    EXPECT_THAT(open(world_.invite()).body, Not(HasSubstr("<code>")));
}

TEST_F(MerchantPages, LaunchPageSaysWhatToDoInsteadForEachThingThatIsInTheWay) {
    const auto expect = [](const http::Response& page, int status, const std::string& chinese,
                           const std::string& english) {
        EXPECT_EQ(page.status, status) << english;
        EXPECT_THAT(page.body, HasSubstr(chinese));
        EXPECT_THAT(page.body, HasSubstr(english));
        EXPECT_THAT(page.body, Not(HasSubstr("weixin.qq.com")));
        expectStrict(page, "no-referrer");
    };
    for (const std::string query : {"", "?state=", "?state=inv_<script>alert(1)</script>", "?other=1"}) {
        const http::Response page = caller_.call("GET", "/wechat/launch" + query);
        expect(page, 404, "链接不存在", "There is no such link");
        EXPECT_THAT(page.body, Not(HasSubstr("alert")));
    }
    const tenants::IssuedInvitation busy = world_.invite();
    world_.platform.failNext("pre_auth_code", FakePlatform::unreachable());
    expect(open(busy), 503, "暂时繁忙", "WeChat or this service is busy");
    const tenants::IssuedInvitation crowded = world_.invite();
    for (int opening = 0; opening < tenants::OpeningLimit{}.openings_max; ++opening) (void)open(crowded);
    expect(open(crowded), 429, "打开次数过多", "Opened too often");
    const tenants::IssuedInvitation served = world_.invite();
    ASSERT_TRUE(world_.land(World::linkPart(served.link.pc_url, "state%3D", "&"),
                            world_.platform.consent(world_.appid.text())));
    expect(open(served), 410, "此链接已完成授权", "This link has done its work");
    world_.clock.advance(std::chrono::hours{7 * 24});
    expect(open(busy), 410, "链接已过期", "This link has expired");
}

TEST_F(MerchantPages, LandingSaysThatItWorked) {
    const http::Response page = consent();

    EXPECT_EQ(page.status, 200);
    expectStrict(page, "no-referrer");
    EXPECT_THAT(page.body, HasSubstr("授权成功"));
    EXPECT_THAT(page.body, HasSubstr("Authorization complete"));
}

// Pitfalls 25 and 31: the set is not ticked, the verification is not there yet.
TEST_F(MerchantPages, LandingSaysWhatIsMissingForEachObstacle) {
    const auto expectConsentSays = [this](const std::string& chinese, const std::string& english) {
        const http::Response page = consent();
        EXPECT_EQ(page.status, 200);
        EXPECT_THAT(page.body, HasSubstr(chinese));
        EXPECT_THAT(page.body, HasSubstr(english));
        EXPECT_THAT(page.body, Not(HasSubstr("Authorization complete")));
    };
    const std::string appid = world_.appid.text();

    world_.platform.grant(appid, {17});
    expectConsentSays("没有授予权限集 117", "was not granted");
    world_.platform.grant(appid, {17, 117});
    ASSERT_TRUE(world_.authorize());
    world_.platform.grant(appid, {17});
    expectConsentSays("独占该权限集", "went to another provider that holds it alone");
    world_.platform.grant(appid, {117});
    world_.platform.describe(appid, {AccountKind::kSubscription, false, 1, "shop"});
    expectConsentSays("账号尚未认证", "The account is not verified");
    world_.platform.describe(appid, {AccountKind::kUnsupported, true, 1, "shop"});
    expectConsentSays("此账号类型不能使用 OCR", "This kind of account cannot use OCR");
    world_.platform.describe(appid, {AccountKind::kMiniProgram, true, 19, "shop"});
    expectConsentSays("账号被微信限制", "WeChat has limited the account");
    world_.platform.failNext("info", FakePlatform::unreachable());
    world_.platform.describe(appid, {AccountKind::kMiniProgram, true, 1, "shop"});
    world_.change([](tenants::Authorization& next) { next.account = {}; });
    expectConsentSays("正在核对账号信息", "the account is being checked");
    auto suspended = *world_.store.merchants.find(world_.merchant);
    suspended.suspended = true;
    ASSERT_TRUE(tenants::runBlocking(world_.store.merchants.update(suspended, world_.clock.now())));
    expectConsentSays("服务已暂停", "the service is suspended");
}

TEST_F(MerchantPages, LandingOfAnAccountWithoutATokenIsNotComplete) {
    const std::string state = world_.newState();
    const std::string code = world_.platform.consent(world_.appid.text());
    ASSERT_EQ(land(state, code).status, 200);
    world_.platform.hideRefreshToken(world_.appid.text());
    world_.change([](tenants::Authorization& next) {
        next.access_token = nullptr;
        next.refresh_token = nullptr;
    });

    const http::Response page = land(state, code);

    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("微信尚未提供访问凭证"));
    EXPECT_THAT(page.body, HasSubstr("WeChat has given no token yet"));
    EXPECT_THAT(page.body, Not(HasSubstr("Authorization complete")));
}

TEST_F(MerchantPages, LandingSaysWhyAConsentCouldNotBeTakenOver) {
    const auto expect = [](const http::Response& page, int status, const std::string& chinese,
                           const std::string& english) {
        EXPECT_EQ(page.status, status) << english;
        EXPECT_THAT(page.body, HasSubstr(chinese));
        EXPECT_THAT(page.body, HasSubstr(english));
        expectStrict(page, "no-referrer");
    };
    const auto code = [this] { return world_.platform.consent(world_.appid.text()); };
    expect(land("st_unknown", code()), 400, "链接无效或已过期", "not valid any more");
    expect(caller_.call("GET", "/wechat/authorized"), 400, "链接无效或已过期", "not valid any more");
    expect(land(world_.newState(), "queryauthcode@@@forged"), 400, "链接无效或已过期", "not valid any more");
    world_.platform.failNext("query_auth", FakePlatform::unreachable());
    expect(land(world_.newState(), code()), 503, "暂时无法完成授权", "could not be finished yet");
    world_.platform.failNext("info", FakePlatform::refusal(61003));
    expect(land(world_.newState(), code()), 409, "授权已取消", "was cancelled");
    ASSERT_TRUE(world_.authorize());
    world_.addMerchant(MerchantId{"mer_2"}, 5);
    const auto other = tenants::runBlocking(world_.onboarding.invite(MerchantId{"mer_2"}, {}));
    expect(land(World::linkPart(other->link.pc_url, "state%3D", "&"), code()), 409, "此账号不能用于这个链接",
           "belongs to another merchant");
}

TEST_F(MerchantPages, TroubleOfOurOwnIsAPageToo) {
    for (const char* target : {"/wechat/launch", "/wechat/authorized"}) {
        const http::Response page = caller_.refuse("GET", target, http::Refusal::kHandlerFailed);
        EXPECT_EQ(page.status, 503);
        EXPECT_THAT(page.body, HasSubstr("this service is busy"));
        expectStrict(page, "no-referrer");
    }
}

TEST_F(MerchantPages, NothingOfTheAddressComesBack) {
    const http::Response page =
        caller_.call("GET", "/wechat/authorized?state=%3Cscript%3Ehere&auth_code=%22onload%3Dhere");

    EXPECT_THAT(page.body, Not(HasSubstr("here")));
    EXPECT_THAT(page.body, Not(HasSubstr("onload")));
}

TEST_F(MerchantPages, StyleSheetIsOurOwn) {
    const http::Response style = caller_.call("GET", "/wechat/pages.css");

    EXPECT_EQ(style.status, 200);
    EXPECT_EQ(headerOf(style, "Content-Type"), "text/css; charset=utf-8");
    EXPECT_THAT(style.body, Not(HasSubstr("url(")));
}

TEST(HtmlEscaped, MarkupIsEscapedInTextAndAttributes) {
    EXPECT_EQ(htmlEscaped("<a href=\"x\" b='y'>&amp;行"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;行");
}

}  // namespace
}  // namespace gateway::api
