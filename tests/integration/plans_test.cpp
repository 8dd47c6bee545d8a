#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

using testing::HasSubstr;

constexpr const char* kStandard =
    R"({"id":"std","name":"Standard","included_units":10,"tiers":[{"up_to_units":1000,"price_micro_yuan":50000},)"
    R"({"up_to_units":null,"price_micro_yuan":40000}],"monthly_minimum_micro_yuan":9000000,"day_limit":2})";

class Plans : public testing::Test {
protected:
    void SetUp() override {
        waitOutMidnight(std::chrono::seconds{60});
        installation_.sandbox().scriptAnswer(licenceAnswer("京P00001"));
    }
    AdminClient& admin() { return installation_.admin(); }
    std::string of(const Merchant& merchant, const std::string& rest) { return "/merchants/" + merchant.id + rest; }
    void expectRefused(const std::string& method, const std::string& path, const std::string& body, long status) {
        const HttpAnswer answer = admin().send(method, path, body);
        EXPECT_EQ(answer.status, status) << method << " " << path << " " << body << ": " << answer.body;
        EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
    }
    std::string log() {
        std::ifstream file{installation_.gatewayLog()};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    bool logSays(const std::string& text) {
        return eventually(kPatience, [&] { return log().find(text) != std::string::npos; });
    }
    std::size_t callsToOcr() { return installation_.sandbox().calls(kDrivingPath).size(); }

    // Few looks at what is due: in the last hour of a day WeChat is asked about its quota without a scan.
    Installation installation_{{.gateway = {{"tokens.look_every_ms", "60000"}}}};
};

TEST_F(Plans, PlanIsMadeShownAndGetsVersionsThatStay) {
    const HttpAnswer made = admin().send("POST", "/plans", kStandard);
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.header("Location"), "/admin/v1/plans/std");
    const Json plan{made.body};
    EXPECT_EQ(plan.at("versions").integer(), 1);
    const Json first = plan.at("latest_version");
    EXPECT_EQ(first.at("id").text(), "std@1");
    EXPECT_EQ(first.at("included_units").integer(), 10);
    EXPECT_EQ(first.at("monthly_minimum_micro_yuan").integer(), 9'000'000);
    EXPECT_EQ(first.at("tiers").at(0).at("up_to_units").integer(), 1000);
    EXPECT_EQ(first.at("tiers").at(1).at("price_micro_yuan").integer(), 40'000);
    EXPECT_TRUE(first.at("tiers").at(1).at("up_to_units").isNull());
    EXPECT_EQ(first.at("day_limit").integer(), 2);
    EXPECT_TRUE(first.at("month_limit").isNull());

    const HttpAnswer second = admin().send("POST", "/plans/std/versions", R"({"price_micro_yuan":45000})");
    ASSERT_EQ(second.status, 201) << second.body;
    EXPECT_EQ(Json{second.body}.at("id").text(), "std@2");
    EXPECT_EQ(second.header("Location"), "/admin/v1/plans/std/versions/2");
    installation_.stopGateway();
    installation_.startGateway();

    const HttpAnswer shown = admin().send("GET", "/plans/std");
    EXPECT_EQ(Json{shown.body}.at("versions").integer(), 2);
    EXPECT_EQ(Json{shown.body}.at("etag").text(), shown.header("ETag"));
    EXPECT_NE(shown.header("ETag"), made.header("ETag"));
    EXPECT_EQ(admin().call("GET", "/plans/std/versions/1").at("day_limit").integer(), 2);
    const Json page = admin().call("GET", "/plans/std/versions?page_size=1");
    EXPECT_EQ(page.at("versions").at(0).at("number").integer(), 2);
    const Json rest = admin().call(
        "GET", "/plans/std/versions?page_size=1&page_token=" + percentEncoded(page.at("next_page_token").text()));
    EXPECT_EQ(rest.at("versions").at(0).at("number").integer(), 1);
    EXPECT_EQ(rest.at("next_page_token").text(), "");
}

TEST_F(Plans, PlansArePagedInOrder) {
    for (const char* id : {"c", "a", "b"}) {
        admin().call("POST", "/plans", R"({"id":")" + std::string{id} + R"(","name":"x"})");
    }
    const Json page = admin().call("GET", "/plans?page_size=2");
    EXPECT_EQ(page.at("plans").at(1).at("id").text(), "b");
    EXPECT_TRUE(page.at("plans").at(0).at("latest_version").isNull());
    const Json rest =
        admin().call("GET", "/plans?page_size=2&page_token=" + percentEncoded(page.at("next_page_token").text()));
    EXPECT_EQ(rest.at("plans").size(), 1U);
}

TEST_F(Plans, WhatMakesNoSenseIsRefusedAndChangesNothing) {
    admin().call("POST", "/plans", kStandard);
    const std::string merchant = installation_.createMerchant("Steady");
    const std::string mine = "/merchants/" + merchant;
    for (const char* body :
         {"", "{}", "[]", R"({"name":""})", R"({"id":"a b","name":"x"})", R"({"id":"a@1","name":"x"})",
          R"({"name":"x","tiers":[]})", R"({"name":"x","tiers":[{"up_to_units":1,"price_micro_yuan":1}]})",
          R"({"name":"x","tiers":[{"price_micro_yuan":1.5}]})", R"({"name":"x","tiers":[{"price_yuan":1}]})",
          R"({"name":"x","tiers":[7]})", R"({"name":"x","price_micro_yuan":1,"tiers":[{"price_micro_yuan":1}]})",
          R"({"name":"x","price_micro_yuan":-1})", R"({"name":"x","price_micro_yuan":1,"day_limit":"9"})",
          R"({"name":"x","price_micro_yuan":1,"packs_only":1})", R"({"name":"x","day_limit":1})",
          R"({"name":"x","price_micro_yuan":1,"per_second_limit":0})", R"({"name":"x","price_yuan":1})"}) {
        expectRefused("POST", "/plans", body, 400);
    }
    for (const auto& [terms, detail] : std::vector<std::pair<std::string, std::string>>{
             {R"("price_micro_yuan":1.5)", "price_micro_yuan must be a whole number"},
             {R"("price_micro_yuan":"100")", "price_micro_yuan must be a whole number"},
             {R"("tiers":[{"price_micro_yuan":0.1}])", "price_micro_yuan must be a whole number"},
             {R"("tiers":[{"up_to_units":null}])", "each tier needs price_micro_yuan"},
             {R"("day_limit":5)", "price_micro_yuan is needed, or tiers, an array of objects with it"},
             {R"("price_micro_yuan":-1)", "price_micro_yuan must be from 0 to 1000000000: 1,000 CNY a scan."}}) {
        const HttpAnswer answer = admin().send("POST", "/plans", R"({"name":"x",)" + terms + "}");
        EXPECT_EQ(Json{answer.body}.at("detail").text(), detail) << terms;
    }
    const HttpAnswer local_time =
        admin().send("POST", mine + "/plan-assignments", R"({"plan_version":"std@1","starts_at":"2099-01-01 00:00"})");
    EXPECT_EQ(local_time.status, 400);
    EXPECT_EQ(Json{local_time.body}.at("detail").text(),
              "starts_at must be a time in UTC such as 2026-11-22T14:36:15Z");
    expectRefused("POST", "/plans", kStandard, 409);
    expectRefused("POST", "/plans/std/versions", R"({"name":"x","price_micro_yuan":1})", 400);
    expectRefused("POST", "/plans/none/versions", R"({"price_micro_yuan":1})", 404);
    expectRefused("GET", "/plans/none", "", 404);
    expectRefused("GET", "/plans/std/versions/9", "", 404);
    expectRefused("GET", "/plans/std/versions/x", "", 404);
    for (const char* body : {"{}", R"({"plan_version":"std"})", R"({"plan_version":"std@01"})", R"({"plan_version":7})",
                             R"({"plan_version":"std@1","starts_at":"tomorrow"})",
                             R"({"plan_version":"std@1","starts_at":"2020-01-01T00:00:00Z"})"}) {
        expectRefused("POST", mine + "/plan-assignments", body, 400);
    }
    expectRefused("POST", mine + "/plan-assignments", R"({"plan_version":"std@2"})", 404);
    expectRefused("DELETE", mine + "/plan-assignments/asg_1", "", 404);
    for (const char* body : {"{}", R"({"units":0,"expires_at":"2099-01-01T00:00:00Z"})", R"({"units":5})",
                             R"({"units":5,"expires_at":"2020-01-01T00:00:00Z"})",
                             R"({"units":5,"expires_at":"2099-01-01T00:00:00Z","price_micro_yuan":-1})"}) {
        expectRefused("POST", mine + "/packs", body, 400);
    }
    expectRefused("POST", mine + "/packs/pack_none:expire", "", 404);
    for (const char* rest : {"/plan-assignments", "/packs"}) {
        expectRefused("GET", "/merchants/mer_none" + std::string{rest}, "", 404);
        expectRefused("POST", "/merchants/mer_none" + std::string{rest}, "{}", 404);
    }
    for (const char* body : {R"({"upstream_day_free":-1})", R"({"upstream_day_free":"100"})",
                             R"({"upstream_pack_units":null})", R"({"upstream_pack_units":1.5})"}) {
        expectRefused("PATCH", mine, body, 400);
    }

    EXPECT_EQ(admin().call("GET", "/plans").at("plans").size(), 1U);
    EXPECT_EQ(admin().call("GET", "/plans/std").at("versions").integer(), 1);
    EXPECT_EQ(admin().call("GET", mine + "/plan-assignments").at("plan_assignments").size(), 0U);
    EXPECT_EQ(admin().call("GET", mine + "/packs").at("packs").size(), 0U);
}

TEST_F(Plans, AssignedPlanLimitsItsScansAndIsWrittenIntoTheirEntries) {
    admin().call("POST", "/plans", kStandard);
    const Merchant merchant = installation_.onboard("Planned");
    MerchantClient client = installation_.clientOf(merchant.key.text);
    ASSERT_EQ(client.scan(picture(1)).errcode, 0);

    const Json assigned = admin().call("POST", of(merchant, "/plan-assignments"), R"({"plan_version":"std@1"})");

    EXPECT_EQ(assigned.at("state").text(), "in_force");
    EXPECT_EQ(client.scan(picture(2)).errcode, 0);
    const ScanAnswer refused = client.scan(picture(3));
    EXPECT_EQ(refused.errcode, 45009);
    EXPECT_EQ(refused.code(), "merchant_quota_exceeded");
    EXPECT_EQ(admin().window(merchant.id).limit, 2);
    const Json entries = admin().call("GET", of(merchant, "/usage-entries")).at("usage_entries");
    EXPECT_EQ(entries.at(0).at("plan_version").text(), "std@1");
    EXPECT_TRUE(entries.at(1).at("plan_version").isNull());
    EXPECT_EQ(admin().call("GET", of(merchant, "/quota")).at("plan_version").text(), "std@1");

    admin().call("POST", of(merchant, "/plan-assignments"), R"({"plan_version":null})");
    EXPECT_EQ(client.scan(picture(4)).errcode, 0) << "without the plan only the merchant's own limit counts";
    EXPECT_EQ(callsToOcr(), 3U);
}

TEST_F(Plans, ScheduledAssignmentsAreListedNewestFirstAndCancelled) {
    admin().call("POST", "/plans", kStandard);
    const Merchant merchant = installation_.onboard("Scheduled");
    const std::string list = of(merchant, "/plan-assignments");
    admin().call("POST", list, R"({"plan_version":"std@1"})");
    const Json scheduled = admin().call("POST", list, R"({"plan_version":null,"starts_at":"2099-01-01T00:00:00Z"})");
    EXPECT_EQ(scheduled.at("state").text(), "scheduled");

    const Json first = admin().call("GET", list + "?page_size=1");
    EXPECT_EQ(first.at("plan_assignments").at(0).at("id").text(), scheduled.at("id").text());
    const Json second =
        admin().call("GET", list + "?page_size=1&page_token=" + percentEncoded(first.at("next_page_token").text()));
    const Json now = second.at("plan_assignments").at(0);
    EXPECT_EQ(now.at("state").text(), "in_force");
    EXPECT_EQ(second.at("next_page_token").text(), "");

    EXPECT_EQ(admin().send("DELETE", list + "/" + scheduled.at("id").text()).status, 200);
    expectRefused("DELETE", list + "/" + now.at("id").text(), "", 409);
    EXPECT_EQ(admin().call("GET", list).at("plan_assignments").at(0).at("state").text(), "cancelled");
}

TEST_F(Plans, PrepaidUnitsPayFirstToExpireFirstAndEndWhereThePlanHasNothingElse) {
    admin().call("POST", "/plans", R"({"id":"prepaid","name":"Prepaid","price_micro_yuan":0,"packs_only":true})");
    const Merchant merchant = installation_.onboard("Prepaid");
    MerchantClient client = installation_.clientOf(merchant.key.text);
    admin().call("POST", of(merchant, "/plan-assignments"), R"({"plan_version":"prepaid@1"})");
    const ScanAnswer nothing = client.scan(picture(1));
    EXPECT_EQ(nothing.errcode, 45009);
    EXPECT_EQ(nothing.http.header("Retry-After"), "") << "nobody knows when there is a next pack";

    const Json late = admin().call("POST", of(merchant, "/packs"),
                                   R"({"units":1,"expires_at":"2099-01-01T00:00:00Z","price_micro_yuan":80000})");
    const Json early = admin().call("POST", of(merchant, "/packs"),
                                    R"({"units":1,"expires_at":"2098-01-01T00:00:00Z","note":"order 7"})");
    for (int number = 2; number <= 3; ++number) EXPECT_EQ(client.scan(picture(number)).errcode, 0);
    EXPECT_EQ(client.scan(picture(4)).errcode, 45009);

    const Json entries = admin().call("GET", of(merchant, "/usage-entries")).at("usage_entries");
    EXPECT_EQ(entries.at(1).at("pack").text(), early.at("id").text());
    EXPECT_EQ(entries.at(0).at("pack").text(), late.at("id").text());
    const Json packs = admin().call("GET", of(merchant, "/packs")).at("packs");
    ASSERT_EQ(packs.size(), 2U);
    EXPECT_EQ(packs.at(0).at("id").text(), early.at("id").text());
    EXPECT_EQ(packs.at(0).at("note").text(), "order 7");
    EXPECT_EQ(packs.at(0).at("state").text(), "used_up");
    EXPECT_EQ(packs.at(0).at("left").integer(), 0);
    EXPECT_EQ(packs.at(1).at("price_micro_yuan").integer(), 80'000);

    const Json ended =
        admin().call("POST", of(merchant, "/packs"), R"({"units":9,"expires_at":"2099-01-01T00:00:00Z"})");
    EXPECT_EQ(admin().call("POST", of(merchant, "/packs/" + ended.at("id").text() + ":expire")).at("state").text(),
              "expired");
    EXPECT_EQ(client.scan(picture(5)).errcode, 45009);
    EXPECT_EQ(callsToOcr(), 2U);
}

TEST_F(Plans, WarningsAreLoggedAndShownOnceALevel) {
    const Merchant merchant = installation_.onboard("Warned", R"("day_limit":20)");
    MerchantClient client = installation_.clientOf(merchant.key.text);
    const auto dayWindow = [&] { return admin().call("GET", of(merchant, "/quota")).at("windows").at(0); };

    for (int number = 1; number <= 15; ++number) ASSERT_EQ(client.scan(picture(number)).errcode, 0);
    EXPECT_EQ(dayWindow().at("warned_percent").integer(), 0);
    for (int number = 16; number <= 21; ++number) client.scan(picture(number));

    EXPECT_EQ(dayWindow().at("warned_percent").integer(), 95);
    EXPECT_TRUE(logSays(R"("percent":95)"));
    const std::string text = log();
    std::size_t warnings = 0;
    for (auto at = text.find("quota_warning"); at != std::string::npos; at = text.find("quota_warning", at + 1)) {
        ++warnings;
    }
    EXPECT_EQ(warnings, 2U) << "80 and 95 percent, once each";
    EXPECT_THAT(text,
                HasSubstr(R"("merchant":")" + merchant.id + R"(","policy":"day","pack":"","percent":80,"limit":20)"));
}

TEST_F(Plans, PackThatRunsOutWarnsOnceALevelAndShowsIt) {
    const Merchant merchant = installation_.onboard("Prepaid", R"("day_limit":1000)");
    MerchantClient client = installation_.clientOf(merchant.key.text);
    const Json pack =
        admin().call("POST", of(merchant, "/packs"), R"({"units":20,"expires_at":"2099-01-01T00:00:00Z"})");
    const auto warned = [&] {
        return admin().call("GET", of(merchant, "/packs")).at("packs").at(0).at("warned_percent").integer();
    };

    for (int number = 1; number <= 15; ++number) ASSERT_EQ(client.scan(picture(number)).errcode, 0);
    EXPECT_EQ(warned(), 0);
    ASSERT_EQ(client.scan(picture(16)).errcode, 0);
    EXPECT_EQ(warned(), 80);
    for (int number = 17; number <= 21; ++number) ASSERT_EQ(client.scan(picture(number)).errcode, 0);

    EXPECT_EQ(warned(), 95);
    EXPECT_TRUE(logSays(R"("percent":95)"));
    const std::string text = log();
    const std::string told = R"("policy":"pack","pack":")" + pack.at("id").text() + R"(","percent":)";
    for (const char* level : {"80", "95"}) {
        const std::size_t first = text.find(told + level);
        ASSERT_NE(first, std::string::npos) << level;
        EXPECT_EQ(text.find(told + level, first + 1), std::string::npos) << "once";
    }
}

TEST_F(Plans, WeChatsQuotaIsCountedAndTheScanBeyondItIsNoCall) {
    const Merchant merchant = installation_.onboard("Counted", R"("day_limit":1000,"upstream_day_free":2)", 2);
    MerchantClient client = installation_.clientOf(merchant.key.text);
    for (int number = 1; number <= 2; ++number) ASSERT_EQ(client.scan(picture(number)).errcode, 0);

    const ScanAnswer refused = client.scan(picture(3));

    EXPECT_EQ(refused.errcode, 101003);
    EXPECT_EQ(refused.code(), "upstream_quota_exceeded");
    EXPECT_NE(refused.http.header("Retry-After"), "");
    EXPECT_EQ(callsToOcr(), 2U);
    EXPECT_TRUE(logSays("upstream quota: 2 in all, by us 2 used and 0 held, elsewhere 0"));
    EXPECT_EQ(admin().window(merchant.id, "upstream_day").limit, 2);

    // The merchant buys ten recognitions at WeChat, and the operator tells Tollgate of three.
    installation_.sandbox().changeAuthorizer(merchant.appid, R"({"pack_units":10})");
    const Json changed = admin().call("PATCH", "/merchants/" + merchant.id, R"({"upstream_pack_units":3})");
    EXPECT_EQ(changed.at("upstream_pack_units").integer(), 3);
    for (int number = 4; number <= 6; ++number) EXPECT_EQ(client.scan(picture(number)).errcode, 0);
    EXPECT_EQ(client.scan(picture(7)).errcode, 101003);
    EXPECT_EQ(callsToOcr(), 5U);
    EXPECT_EQ(admin().merchant(merchant.id).at("upstream_pack_units").integer(), 0);
    installation_.killGateway();
    installation_.startGateway();
    EXPECT_EQ(admin().merchant(merchant.id).at("upstream_pack_units").integer(), 0) << "counted down for good";

    admin().call("POST", of(merchant, "/quota:reopen"));
    EXPECT_EQ(installation_.clientOf(merchant.key.text).scan(picture(8)).errcode, 0);
}

TEST_F(Plans, BeforeItRefusesByItsOwnCountTollgateAsksWeChat) {
    const Merchant merchant = installation_.onboard("Asked", R"("day_limit":1000,"upstream_day_free":2)", 5);
    MerchantClient client = installation_.clientOf(merchant.key.text);

    for (int number = 1; number <= 5; ++number) EXPECT_EQ(client.scan(picture(number)).errcode, 0);
    EXPECT_EQ(client.scan(picture(6)).errcode, 101003);

    EXPECT_EQ(callsToOcr(), 5U);
    EXPECT_EQ(admin().merchant(merchant.id).at("upstream_day_free").integer(), 5);
    EXPECT_EQ(installation_.sandbox().calls("/cgi-bin/openapi/quota/get").size(), 1U);
}

TEST_F(Plans, CallsThatOthersMadeOnTheSameQuotaAreShownAsSuch) {
    const Merchant merchant = installation_.onboard("Shared", R"("day_limit":1000,"upstream_day_free":10)", 3);
    MerchantClient client = installation_.clientOf(merchant.key.text);
    for (int number = 1; number <= 3; ++number) ASSERT_EQ(client.scan(picture(number)).errcode, 0);

    EXPECT_EQ(client.scan(picture(4)).errcode, 101003);
    EXPECT_EQ(client.scan(picture(5)).errcode, 101003);

    EXPECT_EQ(callsToOcr(), 4U) << "WeChat said so once";
    const Json windows = admin().call("GET", of(merchant, "/quota")).at("windows");
    const Json upstream = windows.at(windows.size() - 1);
    EXPECT_EQ(upstream.at("policy").text(), "upstream_day");
    EXPECT_EQ(upstream.at("limit").integer(), 3);
    EXPECT_EQ(upstream.at("used_elsewhere").integer(), 7);
    EXPECT_TRUE(logSays("upstream quota: 10 in all, by us 3 used and 0 held, elsewhere 7"));
}

TEST_F(Plans, NewMerchantHasTheFreeCallsOfTheSettings) {
    const std::string merchant = installation_.createMerchant("Fresh");
    EXPECT_EQ(admin().merchant(merchant).at("upstream_day_free").integer(), 100);
    admin().call("PATCH", "/merchants/" + merchant, R"({"upstream_day_free":null})");
    EXPECT_TRUE(admin().merchant(merchant).at("upstream_day_free").isNull());
}

TEST_F(Plans, PlanAllowsSoManyAtOnce) {
    admin().call("POST", "/plans", R"({"id":"one","name":"One","price_micro_yuan":0,"in_flight_limit":1})");
    const Merchant merchant = installation_.onboard("One by one");
    admin().call("POST", of(merchant, "/plan-assignments"), R"({"plan_version":"one@1"})");
    installation_.sandbox().plan(kDrivingPath, R"("mode":"delay","delay_ms":4000)");
    Crowd slow{1, [&](int) { EXPECT_EQ(installation_.clientOf(merchant.key.text).scan(picture(1)).errcode, 0); }};
    ASSERT_TRUE(
        eventually(kPatience, [&] { return callsToOcr() == 1 || !admin().holds(merchant.id, "held").empty(); }));

    const ScanAnswer second = installation_.clientOf(merchant.key.text).scan(picture(2));
    slow.join();

    EXPECT_EQ(second.errcode, 45011);
    EXPECT_EQ(second.code(), "rate_limited");
    EXPECT_EQ(installation_.clientOf(merchant.key.text).scan(picture(3)).errcode, 0);
}

}  // namespace
}  // namespace integration
