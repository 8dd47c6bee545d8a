#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kTokenPath = "/cgi-bin/token";
const std::string kStablePath = "/cgi-bin/stable_token";

class GatewayTokens : public testing::Test {
protected:
    HttpAnswer get(const std::string& path, const std::string& query) {
        return http_.send({.url = installation_.publicUrl() + path + query});
    }
    HttpAnswer post(const std::string& path, const std::string& body,
                    const std::string& content_type = "application/json") {
        return http_.send({.method = "POST",
                           .url = installation_.publicUrl() + path,
                           .headers = {"Content-Type: " + content_type},
                           .body = body});
    }
    std::string queryOf(const std::string& appid, const std::string& secret) const {
        return "grant_type=client_credential&appid=" + appid + "&secret=" + secret;
    }
    std::string query() const { return queryOf(merchant_.appid, merchant_.key.text); }
    std::string jsonOf(const std::string& more = {}) const {
        return R"({"grant_type":"client_credential","appid":")" + merchant_.appid + R"(","secret":")" +
               merchant_.key.text + "\"" + more + "}";
    }
    std::string tokenOf(const HttpAnswer& answer) {
        EXPECT_EQ(answer.status, 200) << answer.failure;
        EXPECT_THAT(answer.body, HasSubstr("\"access_token\":\"tgt_")) << answer.body;
        EXPECT_EQ(answer.header("Cache-Control"), "no-store");
        const Json json{answer.body};
        EXPECT_GT(json.at("expires_in").integer(), 0);
        EXPECT_LE(json.at("expires_in").integer(), 7200);
        return json.at("access_token").text();
    }
    void expectRefused(const HttpAnswer& answer, int errcode, const std::string& code) {
        EXPECT_EQ(answer.status, 200) << answer.failure;
        EXPECT_THAT(answer.body, StartsWith("{\"errcode\":" + std::to_string(errcode) + ",\"errmsg\":")) << answer.body;
        EXPECT_THAT(answer.body, HasSubstr(". rid: " + answer.header("X-Request-Id") + "\"}"));
        EXPECT_EQ(answer.header("Tollgate-Error"), code);
    }
    ScanAnswer scan(const std::string& token) { return installation_.clientOf(token).scan(picture(1)); }

    Installation installation_;
    Merchant merchant_ = [this] {
        installation_.sandbox().scriptAnswer(licenceAnswer("京T00001"));
        return installation_.onboard("Tokens");
    }();
    HttpClient http_;
};

TEST_F(GatewayTokens, TokenScansUnderItsKeyInTheQueryAndAsBearer) {
    const HttpAnswer issued = get(kTokenPath, "?" + query());
    const std::string token = tokenOf(issued);
    EXPECT_EQ(Json{issued.body}.at("expires_in").integer(), 7200);
    EXPECT_EQ(percentEncoded(token), token) << "clients put it into a query as it is";
    EXPECT_LT(token.size(), 512U);

    EXPECT_EQ(scan(token).errcode, 0);
    HttpRequest bearer{.method = "POST",
                       .headers = {multipartHeader(), "Authorization: Bearer " + token},
                       .body = multipartBody({{"img", picture(2), "a.jpg", "image/jpeg"}})};
    EXPECT_EQ(installation_.clientOf("").sendPlain(bearer, "").errcode, 0);
    const HttpAnswer cloud = post("/openapi/ocr.vehicleLicense?access_token=" + token,
                                  R"({"imgUrl":"https://samples.tollgate.test/sample-1.jpg"})");
    EXPECT_THAT(cloud.body, StartsWith(R"({"errCode":0,)"));

    const auto entries = installation_.admin().entries(merchant_.id);
    ASSERT_EQ(entries.size(), 3U);
    for (const Entry& entry : entries) EXPECT_EQ(entry.key_id, merchant_.key.id);
}

TEST_F(GatewayTokens, EveryWayOfAskingGivesAToken) {
    const std::string form = "application/x-www-form-urlencoded";

    EXPECT_EQ(scan(tokenOf(post(kTokenPath + "?" + query(), ""))).errcode, 0);
    EXPECT_EQ(scan(tokenOf(post(kTokenPath, query(), form))).errcode, 0);
    EXPECT_EQ(scan(tokenOf(post(kTokenPath, jsonOf()))).errcode, 0);
    EXPECT_EQ(scan(tokenOf(post(kStablePath, jsonOf()))).errcode, 0);
    EXPECT_EQ(scan(tokenOf(post(kStablePath, jsonOf(R"(,"force_refresh":false)"), form))).errcode, 0);
    EXPECT_EQ(scan(tokenOf(post(kStablePath, query(), form))).errcode, 0);
    EXPECT_EQ(scan(tokenOf(post(kStablePath + "?" + query(), ""))).errcode, 0);
}

TEST_F(GatewayTokens, StableTokenIsSharedUntilARefreshIsForced) {
    const std::string first = tokenOf(post(kStablePath, jsonOf()));
    const std::string again = tokenOf(post(kStablePath, jsonOf(R"(,"force_refresh":false)")));
    const std::string forced = tokenOf(post(kStablePath, jsonOf(R"(,"force_refresh":true)")));

    EXPECT_EQ(again, first);
    EXPECT_NE(forced, first);
    EXPECT_EQ(tokenOf(post(kStablePath, jsonOf())), forced);
    EXPECT_EQ(scan(first).errcode, 0);
    EXPECT_EQ(scan(forced).errcode, 0);
}

TEST_F(GatewayTokens, RequestsAreRefusedInWechatsOwnNumbers) {
    const std::string wrong_secret = merchant_.key.text.substr(0, merchant_.key.text.size() - 1) + "!";
    const Merchant other = installation_.onboard("Other");

    expectRefused(get(kTokenPath, ""), 41002, "appid_missing");
    expectRefused(get(kTokenPath, "?grant_type=client_credential&secret=x"), 41002, "appid_missing");
    expectRefused(get(kTokenPath, "?grant_type=client_credential&appid=wx1"), 41004, "credential_missing");
    expectRefused(get(kTokenPath, "?appid=wx1&secret=x"), 40002, "grant_type_invalid");
    expectRefused(get(kTokenPath, "?grant_type=password&appid=wx1&secret=x"), 40002, "grant_type_invalid");
    expectRefused(get(kTokenPath, "?" + queryOf(merchant_.appid, wrong_secret)), 40125, "credential_invalid");
    expectRefused(get(kTokenPath, "?" + queryOf("wx0000000000000000", wrong_secret)), 40125, "credential_invalid");
    expectRefused(get(kTokenPath, "?" + queryOf("wx0000000000000000", merchant_.key.text)), 40013, "appid_invalid");
    expectRefused(get(kTokenPath, "?" + queryOf(other.appid, merchant_.key.text)), 40013, "appid_invalid");
    expectRefused(get(kTokenPath, "?" + queryOf(merchant_.appid, other.key.text)), 40013, "appid_invalid");
    expectRefused(get(kTokenPath, "?secret=x&" + query()), 47001, "invalid_input");
    expectRefused(get(kTokenPath, "?" + query() + "&appid=" + merchant_.appid), 47001, "invalid_input");
    expectRefused(post(kStablePath, "{\"appid\":"), 47001, "invalid_input");
    expectRefused(post(kStablePath, "[]"), 47001, "invalid_input");
    expectRefused(post(kStablePath, "{}"), 41002, "appid_missing");
    expectRefused(post(kStablePath, std::string(100'000, ' ')), 47001, "invalid_input");
    expectRefused(get(kStablePath, "?" + query()), 43002, "method_not_allowed");
    const std::string token = tokenOf(get(kTokenPath, "?" + query()));
    expectRefused(get(kTokenPath, "?" + queryOf(merchant_.appid, token)), 40125, "credential_invalid");
}

TEST_F(GatewayTokens, TokenEndsWithItsKeyAtOnce) {
    const Key second = installation_.admin().createKey(merchant_.id, "second");
    const std::string doomed = tokenOf(get(kTokenPath, "?" + query()));
    const std::string other = tokenOf(get(kTokenPath, "?" + queryOf(merchant_.appid, second.text)));
    ASSERT_EQ(scan(doomed).errcode, 0);

    installation_.admin().revokeKey(merchant_.id, merchant_.key.id);

    const ScanAnswer refused = scan(doomed);
    EXPECT_EQ(refused.errcode, 40001);
    EXPECT_EQ(refused.code(), "credential_invalid");
    EXPECT_EQ(scan(other).errcode, 0);
    expectRefused(get(kTokenPath, "?" + query()), 40125, "credential_invalid");
}

TEST_F(GatewayTokens, TokenOutlivesARestartOfTheGateway) {
    const std::string token = tokenOf(get(kTokenPath, "?" + query()));
    ASSERT_EQ(installation_.stopGateway(), 0);
    installation_.startGateway();

    EXPECT_EQ(scan(token).errcode, 0);
}

TEST_F(GatewayTokens, AlteredTokensAreRefused) {
    const std::string token = tokenOf(get(kTokenPath, "?" + query()));
    for (const std::size_t at : {std::size_t{6}, token.size() / 2, token.size() - 1}) {
        std::string altered = token;
        altered[at] = altered[at] == '0' ? '1' : '0';
        EXPECT_EQ(scan(altered).errcode, 40001) << at;
    }
    EXPECT_EQ(scan(token + "0").errcode, 40001);
    EXPECT_EQ(scan(token.substr(0, token.size() - 1)).errcode, 40001);
    EXPECT_TRUE(installation_.sandbox().calls(kDrivingPath).empty());
}

TEST_F(GatewayTokens, MerchantThatCannotScanGetsATokenAndTheScanSaysWhy) {
    installation_.admin().call("PATCH", "/merchants/" + merchant_.id, R"({"suspended":true})");
    const ScanAnswer suspended = scan(tokenOf(get(kTokenPath, "?" + query())));
    EXPECT_EQ(suspended.errcode, 50002);
    EXPECT_EQ(suspended.code(), "merchant_suspended");
    installation_.admin().call("PATCH", "/merchants/" + merchant_.id, R"({"suspended":false})");

    installation_.sandbox().act(merchant_.appid, "withdraw");
    ASSERT_TRUE(installation_.becomesState(merchant_.id, "unauthorized"));
    const ScanAnswer withdrawn = scan(tokenOf(get(kTokenPath, "?" + query())));
    EXPECT_EQ(withdrawn.errcode, 61003);
    EXPECT_EQ(withdrawn.code(), "merchant_not_authorized");
}

}  // namespace
}  // namespace integration
