#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "tenants/base/clock.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

using testing::HasSubstr;

void expectProblem(const HttpAnswer& answer, long status, const std::string& what) {
    EXPECT_EQ(answer.status, status) << what << ": " << answer.failure << answer.body;
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json") << what;
    if (answer.status != status) return;
    const Json problem{answer.body};
    EXPECT_EQ(problem.at("status").integer(), status) << what;
    EXPECT_NE(problem.at("code").text(), "") << what;
    EXPECT_EQ(problem.at("request_id").text(), answer.header("X-Request-Id")) << what;
    EXPECT_EQ(problem.at("instance").text(), "urn:tollgate:request:" + answer.header("X-Request-Id")) << what;
    EXPECT_NE(problem.at("title").text(), "") << what;
    EXPECT_NE(problem.at("detail").text(), "") << what;
}

class AdminApi : public testing::Test {
protected:
    HttpAnswer send(const std::string& method, const std::string& path, const std::string& body = {},
                    std::vector<std::string> headers = {}) {
        return installation_.admin().send(method, path, body, std::move(headers));
    }

    Installation installation_;
};

TEST_F(AdminApi, NobodyGetsInWithoutAToken) {
    const std::string merchant = installation_.createMerchant("Guarded");
    const Key key = installation_.admin().createKey(merchant);
    for (const std::string& token : {std::string{}, std::string{"wrong"}, key.text, installation_.adminToken() + "x",
                                     installation_.adminToken().substr(1)}) {
        AdminClient stranger{installation_.adminUrl(), token};
        for (const std::string& path :
             {std::string{"/merchants"}, "/merchants/" + merchant, "/merchants/" + merchant + "/keys",
              "/merchants/" + merchant + "/usage-entries"}) {
            const HttpAnswer answer = stranger.send("GET", path);
            expectProblem(answer, 401, path + " with \"" + token + "\"");
            EXPECT_THAT(answer.header("WWW-Authenticate"), HasSubstr("Bearer"));
        }
        expectProblem(stranger.send("POST", "/merchants", R"({"name":"intruder"})"), 401, "POST");
        expectProblem(stranger.send("PATCH", "/merchants/" + merchant, R"({"day_limit":1})"), 401, "PATCH");
    }
    EXPECT_EQ(installation_.admin().call("GET", "/merchants").at("merchants").size(), 1U);
}

TEST_F(AdminApi, WhatDoesNotExistIs404) {
    const std::string merchant = installation_.createMerchant("Only");
    for (const char* path : {"/merchants/mer_none", "/merchants/mer_none/keys", "/merchants/mer_none/usage-entries",
                             "/merchants/mer_none/holds", "/merchants/mer_none/quota", "/plants"}) {
        expectProblem(send("GET", path), 404, path);
    }
    expectProblem(send("POST", "/merchants/mer_none/keys", "{}"), 404, "key of nobody");
    expectProblem(send("POST", "/merchants/mer_none/authorization-links", "{}"), 404, "link of nobody");
    expectProblem(send("PATCH", "/merchants/mer_none", R"({"day_limit":1})"), 404, "change of nobody");
    expectProblem(send("POST", "/merchants/" + merchant + "/keys/key_none:revoke"), 404, "no such key");
}

TEST_F(AdminApi, BadBodiesAre400AndChangeNothing) {
    const std::string merchant = installation_.admin().createMerchant("Steady", "\"day_limit\":7");
    for (const char* body :
         {"{", "[]", "\"text\"", "{\"nmae\":\"x\"}", "{}", "{\"name\":\"\"}", "{\"name\":\"  \"}", "{\"name\":7}",
          "{\"name\":\"a\\u0000b\"}", "{\"name\":\"x\",\"day_limit\":-1}", "{\"name\":\"x\",\"day_limit\":1.5}",
          "{\"name\":\"x\",\"day_limit\":\"9\"}", "{\"name\":\"x\",\"day_limit\":99999999999999999999}"}) {
        expectProblem(send("POST", "/merchants", body), 400, body);
    }
    for (const char* body : {"{\"day_limt\":1}", "{\"name\":\"\"}", "{\"name\":\" \"}", "{\"day_limit\":true}",
                             "{\"suspended\":\"yes\"}", "nonsense"}) {
        expectProblem(send("PATCH", "/merchants/" + merchant, body), 400, body);
    }
    expectProblem(send("POST", "/merchants/" + merchant + "/keys", R"({"expires_at":"tomorrow"})"), 400, "expires_at");
    expectProblem(send("POST", "/merchants/" + merchant + "/keys", R"({"expires_at":"2020-01-01T00:00:00Z"})"), 400,
                  "expired before it is made");
    expectProblem(send("POST", "/merchants/" + merchant + "/keys", R"({"lable":"x"})"), 400, "unknown member");

    EXPECT_EQ(installation_.admin().merchant(merchant).at("day_limit").integer(), 7);
    EXPECT_EQ(installation_.admin().call("GET", "/merchants").at("merchants").size(), 1U);
}

TEST_F(AdminApi, IfMatchGuardsAChange) {
    const std::string merchant = installation_.createMerchant("Versions");
    const std::string path = "/merchants/" + merchant;
    const HttpAnswer shown = send("GET", path);
    const std::string etag = shown.header("ETag");
    EXPECT_EQ(Json{shown.body}.at("etag").text(), etag);

    EXPECT_EQ(send("PATCH", path, R"({"day_limit":1})", {"If-Match: " + etag}).status, 200);
    expectProblem(send("PATCH", path, R"({"day_limit":2})", {"If-Match: " + etag}), 412, "stale etag");

    EXPECT_EQ(installation_.admin().merchant(merchant).at("day_limit").integer(), 1);
    EXPECT_NE(send("GET", path).header("ETag"), etag);
}

TEST_F(AdminApi, PagesHoldEveryMerchantOnce) {
    std::set<std::string> created;
    for (int number = 0; number < 5; ++number) created.insert(installation_.createMerchant(std::to_string(number)));
    std::set<std::string> seen;
    std::string token;
    int pages = 0;
    do {
        const Json page =
            installation_.admin().call("GET", "/merchants?page_size=2&page_token=" + percentEncoded(token));
        EXPECT_LE(page.at("merchants").size(), 2U);
        for (std::size_t i = 0; i < page.at("merchants").size(); ++i) {
            EXPECT_TRUE(seen.insert(page.at("merchants").at(i).at("id").text()).second);
        }
        token = page.at("next_page_token").text();
        ++pages;
    } while (!token.empty() && pages < 10);

    EXPECT_EQ(seen, created);
    EXPECT_EQ(pages, 3);
}

TEST_F(AdminApi, PageTokensThatAreForgedOrOfAnotherListAre400) {
    for (int number = 0; number < 3; ++number) installation_.createMerchant(std::to_string(number));
    const std::string merchant = installation_.createMerchant("Lists");
    std::string token = installation_.admin().call("GET", "/merchants?page_size=1").at("next_page_token").text();
    ASSERT_NE(token, "");

    expectProblem(send("GET", "/merchants/" + merchant + "/usage-entries?page_token=" + token), 400, "other list");
    token.at(token.size() / 2) = token.at(token.size() / 2) == 'A' ? 'B' : 'A';
    expectProblem(send("GET", "/merchants?page_token=" + token), 400, "forged");
    expectProblem(send("GET", "/merchants?page_token=x"), 400, "short");
    expectProblem(send("GET", "/merchants?page_token=%2B%2B"), 400, "not base64url");
    expectProblem(send("GET", "/merchants?page_size=-1"), 400, "negative size");
    expectProblem(send("GET", "/merchants?page_size=many"), 400, "no number");
    EXPECT_EQ(send("GET", "/merchants?page_size=100000").status, 200) << "more than the maximum is lowered to it";
    expectProblem(send("GET", "/merchants/" + merchant + "/holds?state=lost"), 400, "unknown state");
}

TEST_F(AdminApi, QueryParameterThatIsUnknownOrRepeatedIs400AndNamed) {
    const std::string merchant = installation_.createMerchant("Queries");
    const auto expect_named = [&](const std::string& method, const std::string& path, const std::string& detail) {
        const HttpAnswer answer = send(method, path);
        expectProblem(answer, 400, path);
        EXPECT_EQ(Json{answer.body}.at("code").text(), "invalid_input") << path;
        EXPECT_EQ(Json{answer.body}.at("detail").text(), detail) << path;
    };

    expect_named("GET", "/merchants?pagesize=3",
                 "unknown query parameter pagesize (known here: page_size, page_token)");
    expect_named("GET", "/merchants?page_size=3&page_size=3", "query parameter page_size is given twice");
    expect_named("GET", "/audit-entries?actoin=key.create",
                 "unknown query parameter actoin (known here: merchant, action, page_size, page_token)");
    expect_named("GET", "/merchants/" + merchant + "/holds?state=held&state=unknown",
                 "query parameter state is given twice");
    expect_named("GET", "/usage-reconciliations?period=2026-11&merchnat=" + merchant,
                 "unknown query parameter merchnat (known here: period, day, merchant, page_size, page_token)");
    for (const char* path : {"/usage-entries", "/plan-assignments", "/packs", "/statements"}) {
        expect_named("GET", "/merchants/" + merchant + path + "?state=held",
                     "unknown query parameter state (known here: page_size, page_token)");
    }
    for (const char* path : {"/keys", "/quota", ""}) {
        expect_named("GET", "/merchants/" + merchant + path + "?page_size=2",
                     "unknown query parameter page_size (none is known here)");
    }
    expect_named("POST", "/periods/2020-01:close?merchant=" + merchant,
                 "unknown query parameter merchant (none is known here)");
    EXPECT_EQ(send("GET", "/periods/2020-01").status, 404) << "it was not closed for all instead";
    expect_named("GET", "/merchants?page_token=%zz", "the query has broken percent-encoding or too many parameters");
    EXPECT_EQ(send("GET", "/merchants?").status, 200);
    EXPECT_EQ((AdminClient{installation_.adminUrl(), "wrong"}.send("GET", "/merchants?pagesize=3").status), 401);
}

TEST_F(AdminApi, MethodThatAPathDoesNotTakeIs405AndNamesThoseThatItTakes) {
    const HttpAnswer answer = send("PUT", "/merchants", "{}");

    expectProblem(answer, 405, "PUT");
    EXPECT_EQ(answer.header("Allow"), "GET, HEAD, POST");
    EXPECT_EQ(Json{answer.body}.at("detail").text(), "This path takes GET, HEAD, POST only.");
}

TEST_F(AdminApi, PeriodThatIsClosedAlreadySaysSoAndIsNotClosedAnew) {
    const HttpAnswer begun = send("POST", "/periods/2020-01:close");
    ASSERT_EQ(begun.status, 202) << begun.body;
    EXPECT_EQ(begun.header("Location"), "/admin/v1/periods/2020-01");
    ASSERT_TRUE(eventually(kPatience,
                           [this] { return Json{send("GET", "/periods/2020-01").body}.at("state").text() == "done"; }));
    const std::string done = send("GET", "/periods/2020-01").body;
    EXPECT_FALSE(Json{done}.at("started_at").isNull());
    EXPECT_FALSE(Json{done}.at("finished_at").isNull());

    const HttpAnswer again = send("POST", "/periods/2020-01:close");

    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body, done);
    const std::string closed_at = Json{done}.at("finished_at").text();
    ASSERT_EQ(installation_.stopGateway(), 0);
    const Finished command = runToEnd(installation_.gatewayCommand({"period", "close", "2020-01"}));
    EXPECT_EQ(command.exit_code, 0) << command.standard_error;
    EXPECT_EQ(command.standard_output, "2020-01 was closed for all merchants before, at " + closed_at + "\n");
    installation_.startGateway();
    const HttpAnswer later = send("POST", "/periods/2020-01:close");
    EXPECT_EQ(later.status, 200);
    EXPECT_EQ(Json{later.body}.at("state").text(), "done");
    EXPECT_EQ(Json{later.body}.at("finished_at").text(), closed_at);
}

TEST_F(AdminApi, ChangedDayLimitHoldsInTheOpenWindow) {
    waitOutMidnight(std::chrono::seconds{60});
    installation_.sandbox().scriptAnswer(licenceAnswer("京K00001"));
    const Merchant merchant = installation_.onboard("Limits", "\"day_limit\":2");
    MerchantClient client = installation_.clientOf(merchant.key.text);
    ASSERT_EQ(client.scan(picture(1)).errcode, 0);
    ASSERT_EQ(client.scan(picture(2)).errcode, 0);
    ASSERT_EQ(client.scan(picture(3)).errcode, 45009);

    installation_.admin().call("PATCH", "/merchants/" + merchant.id, R"({"day_limit":3})");

    EXPECT_EQ(client.scan(picture(4)).errcode, 0);
    EXPECT_EQ(client.scan(picture(5)).errcode, 45009);
    EXPECT_EQ(installation_.admin().window(merchant.id).limit, 3);

    const HttpAnswer lowered = send("PATCH", "/merchants/" + merchant.id, R"({"day_limit":1})");

    EXPECT_EQ(lowered.status, 200) << lowered.body;
    EXPECT_EQ(client.scan(picture(6)).errcode, 45009);
    EXPECT_EQ(installation_.admin().window(merchant.id).used, 3) << "what was used stays used";
}

TEST_F(AdminApi, MerchantsRowsAreItsOwn) {
    installation_.sandbox().scriptAnswer(licenceAnswer("京K00002"));
    const Merchant one = installation_.onboard("One");
    const Merchant other = installation_.onboard("Other");
    for (int number = 0; number < 3; ++number) {
        ASSERT_EQ(installation_.clientOf(one.key.text).scan(picture(number)).errcode, 0);
    }

    EXPECT_TRUE(installation_.admin().entries(other.id).empty());
    EXPECT_TRUE(installation_.admin().holds(other.id).empty());
    EXPECT_EQ(installation_.admin().window(other.id).used, 0);
    EXPECT_EQ(installation_.admin().call("GET", "/merchants/" + other.id + "/keys").at("keys").size(), 1U);
    expectProblem(send("POST", "/merchants/" + other.id + "/keys/" + one.key.id + ":revoke"), 404, "another's key");
    EXPECT_EQ(installation_.clientOf(one.key.text).scan(picture(9)).errcode, 0) << "the key was revoked after all";

    const std::string token = installation_.admin()
                                  .call("GET", "/merchants/" + one.id + "/usage-entries?page_size=1")
                                  .at("next_page_token")
                                  .text();
    expectProblem(send("GET", "/merchants/" + other.id + "/usage-entries?page_token=" + token), 400, "another's page");
}

TEST_F(AdminApi, KeyIsShownOnceAndListedWithoutItsText) {
    const std::string merchant = installation_.createMerchant("Keys");
    const Key key = installation_.admin().createKey(merchant, "till");
    ASSERT_TRUE(key.text.starts_with("tgk_"));

    const HttpAnswer list = send("GET", "/merchants/" + merchant + "/keys");

    const Json shown = Json{list.body}.at("keys").at(0);
    EXPECT_EQ(shown.at("id").text(), key.id);
    EXPECT_EQ(shown.at("label").text(), "till");
    EXPECT_EQ(shown.at("state").text(), "active");
    EXPECT_FALSE(shown.has("key"));
    EXPECT_EQ(list.body.find(key.text), std::string::npos);
    installation_.admin().revokeKey(merchant, key.id);
    EXPECT_EQ(Json{send("GET", "/merchants/" + merchant + "/keys").body}.at("keys").at(0).at("state").text(),
              "revoked");
}

TEST_F(AdminApi, KeyExpires) {
    constexpr std::chrono::seconds kLife{4};

    installation_.sandbox().scriptAnswer(licenceAnswer("京K00003"));
    const Merchant merchant = installation_.onboard("Expiry");
    const Json key = installation_.admin().call(
        "POST", "/merchants/" + merchant.id + "/keys",
        R"({"label":"old","expires_at":")" + tenants::rfc3339(tenants::SystemClock{}.now() + kLife) + "\"}");
    MerchantClient client = installation_.clientOf(key.at("key").text());

    EXPECT_TRUE(eventually(kPatience, [&] { return client.scan(picture(1)).errcode == 40001; }));

    const Json keys = installation_.admin().call("GET", "/merchants/" + merchant.id + "/keys").at("keys");
    EXPECT_EQ(keys.at(keys.size() - 1).at("state").text(), "expired");
}

}  // namespace
}  // namespace integration
