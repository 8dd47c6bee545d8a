#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

/// The modern form of the scan, and the merchant's own numbers.
class ModernRoute : public testing::Test {
protected:
    HttpAnswer scan(const std::string& picture, std::vector<std::string> headers = {}) {
        headers.push_back(multipartHeader());
        return send({.method = "POST",
                     .url = installation_.publicUrl() + "/v1/licences:scan",
                     .headers = std::move(headers),
                     .body = multipartBody({{"img", picture, "licence.jpg", "image/jpeg"}})});
    }
    HttpAnswer scanWithKey(std::int64_t number, const std::string& key) {
        return scan(picture(number), {"Idempotency-Key: \"" + key + "\""});
    }
    HttpAnswer get(const std::string& path) { return send({.url = installation_.publicUrl() + path}); }
    HttpAnswer send(HttpRequest request) {
        request.headers.push_back("Authorization: Bearer " + merchant_.key.text);
        return http_.send(request);
    }
    static void expectProblem(const HttpAnswer& answer, long status, const std::string& code) {
        EXPECT_EQ(answer.status, status) << answer.failure << answer.body;
        EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
        EXPECT_EQ(answer.header("Tollgate-Error"), code);
        if (answer.header("Content-Type") != "application/problem+json") return;
        const Json problem{answer.body};
        EXPECT_EQ(problem.at("status").integer(), status);
        EXPECT_EQ(problem.at("code").text(), code);
        EXPECT_EQ(problem.at("request_id").text(), answer.header("X-Request-Id"));
    }
    std::size_t charges() { return installation_.admin().entries(merchant_.id).size(); }

    Installation installation_;
    Merchant merchant_ = [this] {
        installation_.sandbox().scriptAnswer(licenceAnswer("京M00001"));
        return installation_.onboard("Modern", R"("day_limit":3)");
    }();
    HttpClient http_;
};

TEST_F(ModernRoute, AnswerCarriesWechatsWordsAndAReceiptThatTheLedgerKeeps) {
    const HttpAnswer answer = scan(picture(1), {"X-Request-Id: mine-1"});

    ASSERT_EQ(answer.status, 200) << answer.failure << answer.body;
    EXPECT_THAT(answer.body, HasSubstr("{\"licence\":" + licenceAnswer("京M00001") + ",\"receipt\":{"));
    const Json receipt = Json{answer.body}.at("receipt");
    EXPECT_EQ(receipt.at("merchant").text(), merchant_.id);
    EXPECT_EQ(receipt.at("entry").integer(), 1);
    EXPECT_EQ(receipt.at("request_id").text(), "mine-1");
    EXPECT_THAT(receipt.at("period").text(), MatchesRegex("20[0-9][0-9]-[01][0-9]"));
    const Json entry =
        installation_.admin().call("GET", "/merchants/" + merchant_.id + "/usage-entries").at("usage_entries").at(0);
    EXPECT_EQ(entry.at("hash").text(), receipt.at("hash").text());
    EXPECT_EQ(entry.at("id").text(), receipt.at("id").text());
    EXPECT_EQ(entry.at("period").text(), receipt.at("period").text());
    EXPECT_EQ(answer.header("Tollgate-Receipt"), merchant_.id + "=1:" + receipt.at("hash").text());
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");

    // The header is what `ledger verify` takes, beside the gateway that runs.
    const Finished good =
        runToEnd({programFile("tollgate").string(), "ledger", "verify", "--config",
                  installation_.configurationFile().string(), "--expect", answer.header("Tollgate-Receipt")});
    EXPECT_EQ(good.exit_code, 0) << good.standard_error;
}

TEST_F(ModernRoute, EveryAnswerSaysWhatIsLeft) {
    const HttpAnswer first = scan(picture(1));
    EXPECT_THAT(first.header("RateLimit-Policy"), HasSubstr("\"day\";q=3;w=86400"));
    EXPECT_THAT(first.header("RateLimit"), HasSubstr("\"day\";r=2;t="));
    scan(picture(2));
    EXPECT_THAT(scan(picture(3)).header("RateLimit"), HasSubstr("\"day\";r=0;t="));

    const HttpAnswer refused = scan(picture(4));

    expectProblem(refused, 429, "merchant_quota_exceeded");
    EXPECT_THAT(refused.body, HasSubstr("\"violated-policies\":[\"day\"]"));
    EXPECT_EQ(Json{refused.body}.at("type").text(), "https://iana.org/assignments/http-problem-types#quota-exceeded");
    EXPECT_THAT(refused.header("RateLimit"), HasSubstr("\"day\";r=0;t="));
    EXPECT_NE(refused.header("Retry-After"), "");
    EXPECT_EQ(charges(), 3U);
}

TEST_F(ModernRoute, AddressInsteadOfAPictureIsTheSameScan) {
    const HttpAnswer answer = send({.method = "POST",
                                    .url = installation_.publicUrl() + "/v1/licences:scan",
                                    .headers = {"Content-Type: application/json"},
                                    .body = R"({"img_url":"https://samples.tollgate.test/sample-1.jpg"})"});

    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(charges(), 1U);
}

TEST_F(ModernRoute, RefusalsHaveRealStatuses) {
    const std::string url = installation_.publicUrl() + "/v1/licences:scan";
    expectProblem(http_.send({.method = "POST", .url = url, .body = ""}), 401, "credential_missing");
    HttpRequest wrong{.method = "POST", .url = url, .headers = {"Authorization: Bearer tgk_wrong"}, .body = ""};
    expectProblem(http_.send(wrong), 401, "credential_invalid");
    expectProblem(send({.method = "POST", .url = url, .body = ""}), 400, "image_missing");
    expectProblem(scan("no picture"), 400, "image_invalid");
    expectProblem(scan(picture(1, 2 * 1024 * 1024)), 413, "image_too_large");
    expectProblem(scan(picture(1), {"Idempotency-Key: a b"}), 400, "invalid_input");
    EXPECT_EQ(send({.method = "GET", .url = url}).status, 405);
    installation_.sandbox().scriptAnswer(R"({"errcode":101001,"errmsg":"not found"})");
    const HttpAnswer nothing = scan(picture(2));
    expectProblem(nothing, 422, "not_recognised");
    EXPECT_EQ(Json{nothing.body}.at("upstream_code").integer(), 101001);
    EXPECT_EQ(charges(), 0U);
}

TEST_F(ModernRoute, RepeatGetsTheSameAnswerAndReceiptAndOtherRequestsUnderItsKeyAreRefused) {
    const HttpAnswer first = scanWithKey(1, "k-1");
    ASSERT_EQ(first.status, 200) << first.body;

    const HttpAnswer again = scanWithKey(1, "k-1");

    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.header("Tollgate-Receipt"), first.header("Tollgate-Receipt"));
    EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
    expectProblem(scanWithKey(2, "k-1"), 422, "idempotency_mismatch");
    EXPECT_EQ(charges(), 1U);
}

TEST_F(ModernRoute, RepeatWhileTheFirstRunsIs409) {
    installation_.sandbox().plan(kDrivingPath, R"("mode":"delay","delay_ms":2000)");
    Crowd first{
        1, [&](int) {
            HttpClient client;
            const HttpRequest request{
                .method = "POST",
                .url = installation_.publicUrl() + "/v1/licences:scan",
                .headers = {"Authorization: Bearer " + merchant_.key.text, "Idempotency-Key: k-2", multipartHeader()},
                .body = multipartBody({{"img", picture(1), "licence.jpg", "image/jpeg"}})};
            EXPECT_EQ(client.send(request).status, 200);
        }};
    ASSERT_TRUE(eventually(kPatience, [this] { return !installation_.sandbox().calls(kDrivingPath).empty(); }));

    const HttpAnswer meanwhile = scanWithKey(1, "k-2");
    first.join();

    expectProblem(meanwhile, 409, "idempotency_in_flight");
    EXPECT_EQ(meanwhile.header("Retry-After"), "1");
}

TEST_F(ModernRoute, UsageIsTheSumOfTheEntriesByDayAndByPrice) {
    installation_.admin().call("POST", "/plans", R"({"id":"std","name":"Standard","price_micro_yuan":45000})");
    installation_.admin().call("POST", "/merchants/" + merchant_.id + "/plan-assignments",
                               R"({"plan_version":"std@1"})");
    ASSERT_EQ(scan(picture(1)).status, 200);
    const std::string period = Json{scan(picture(2)).body}.at("receipt").at("period").text();
    const HttpAnswer corrected = installation_.admin().send(
        "POST", "/merchants/" + merchant_.id + "/usage-entries/1:correct", R"({"reason":"twice"})");
    ASSERT_EQ(corrected.status, 200) << corrected.body;

    const Json usage{get("/v1/usage?period=" + period).body};

    EXPECT_EQ(usage.at("merchant").text(), merchant_.id);
    EXPECT_EQ(usage.at("period").text(), period);
    EXPECT_EQ(usage.at("units").integer(), 1);
    EXPECT_EQ(usage.at("entries").integer(), 3);
    EXPECT_TRUE(usage.at("statement_number").isNull()) << "the month runs";
    EXPECT_EQ(usage.at("amount_micro_yuan").integer(), 45'000);
    EXPECT_EQ(usage.at("currency").text(), "CNY");
    ASSERT_EQ(usage.at("lines").size(), 1U);
    const Json line = usage.at("lines").at(0);
    EXPECT_EQ(line.at("plan_version").text(), "std@1");
    EXPECT_EQ(line.at("tier").integer(), 1);
    EXPECT_EQ(line.at("unit_price_micro_yuan").integer(), 45'000);
    EXPECT_EQ(line.at("units").integer(), 1);
    EXPECT_EQ(line.at("amount_micro_yuan").integer(), 45'000);
    ASSERT_GE(usage.at("days").size(), 1U);
    EXPECT_THAT(usage.at("days").at(0).at("day").text(), testing::StartsWith(period));
    EXPECT_EQ(Json{get("/v1/usage").body}.at("units").integer(), 1) << "the month of now";
    const Json before{get("/v1/usage?period=2020-01").body};
    EXPECT_EQ(before.at("entries").integer(), 0);
    EXPECT_EQ(before.at("days").size(), 0U);
    for (const char* wrong : {"2026-13", "2026-1", "now", ""}) {
        expectProblem(get(std::string{"/v1/usage?period="} + wrong), 400, "invalid_input");
    }
    EXPECT_EQ(http_.send({.url = installation_.publicUrl() + "/v1/usage"}).status, 401);
}

TEST_F(ModernRoute, QueryParameterThatIsUnknownOrRepeatedIs400AndNamed) {
    for (const auto& [path, detail] : std::vector<std::pair<std::string, std::string>>{
             {"/v1/usage?periode=2026-11", "unknown query parameter periode (known here: period, access_token)"},
             {"/v1/usage?period=2026-11&period=2026-10", "query parameter period is given twice"},
             {"/v1/quota?period=2026-11", "unknown query parameter period (known here: access_token)"},
             {"/v1/statements?page_size=1", "unknown query parameter page_size (known here: access_token)"}}) {
        const HttpAnswer answer = get(path);
        expectProblem(answer, 400, "invalid_input");
        EXPECT_EQ(Json{answer.body}.at("detail").text(), detail) << path;
    }
    EXPECT_EQ(http_.send({.url = installation_.publicUrl() + "/v1/quota?access_token=" + merchant_.key.text}).status,
              200);
    HttpRequest wechats{.url = installation_.publicUrl() +
                               "/cgi-bin/token?grant_type=client_credential&appid=x&secret=y&z=1"};
    EXPECT_NE(http_.send(wechats).body.find("40125"), std::string::npos) << "these take what WeChat takes";
}

TEST_F(ModernRoute, QuotaShowsEachWindowInBothZones) {
    ASSERT_EQ(scan(picture(1)).status, 200);

    const HttpAnswer answer = get("/v1/quota");

    ASSERT_EQ(answer.status, 200) << answer.body;
    const Json quota{answer.body};
    EXPECT_EQ(quota.at("merchant").text(), merchant_.id);
    ASSERT_EQ(quota.at("windows").size(), 3U);
    const Json day = quota.at("windows").at(0);
    EXPECT_EQ(day.at("policy").text(), "day");
    EXPECT_EQ(day.at("limit").integer(), 3);
    EXPECT_EQ(day.at("used").integer(), 1);
    EXPECT_EQ(day.at("held").integer(), 0);
    EXPECT_EQ(day.at("unknown").integer(), 0);
    EXPECT_EQ(day.at("used_elsewhere").integer(), 0);
    EXPECT_THAT(day.at("resets_at").text(), MatchesRegex("20..-..-..T16:00:00Z"));
    EXPECT_THAT(day.at("resets_at_beijing").text(), MatchesRegex("20..-..-..T00:00:00\\+08:00"));
    EXPECT_EQ(quota.at("windows").at(1).at("policy").text(), "month");
    EXPECT_EQ(quota.at("windows").at(2).at("policy").text(), "upstream_day");
    EXPECT_EQ(http_.send({.url = installation_.publicUrl() + "/v1/quota"}).status, 401);
}

}  // namespace
}  // namespace integration
