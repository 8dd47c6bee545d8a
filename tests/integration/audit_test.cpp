#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlan = R"({"id":"std","name":"Standard","price_micro_yuan":50000})";

/// What an operator does, and what the audit says of it.
class Audit : public testing::Test {
protected:
    AdminClient& admin() { return installation_.admin(); }
    std::string of(const std::string& rest) const { return "/merchants/" + merchant_.id + rest; }
    Json entries(const std::string& query = {}) {
        return admin().call("GET", "/audit-entries" + query).at("audit_entries");
    }
    std::int64_t newest() { return entries().at(0).at("number").integer(); }

    /// Exactly one line more, which says so; gives it.
    Json expectOne(const HttpAnswer& answer, const std::string& action, const std::string& target) {
        SCOPED_TRACE(action);
        EXPECT_THAT((std::vector<long>{200, 201, 202}), testing::Contains(answer.status)) << answer.body;
        const Json all = entries();
        Json entry = all.at(0);
        EXPECT_EQ(entry.at("number").integer(), last_ + 1) << entry.at("action").text();
        last_ = entry.at("number").integer();
        EXPECT_EQ(entry.at("action").text(), action);
        EXPECT_THAT(entry.at("target").text(), testing::MatchesRegex(target));
        EXPECT_EQ(entry.at("request_id").text(), answer.header("X-Request-Id"));
        EXPECT_EQ(entry.at("actor").text(), actor_);
        EXPECT_NE(entry.at("at").text(), "");
        EXPECT_GE(entries("?action=" + action).size(), 1U);
        return entry;
    }
    /// Closings run behind what asks for them. Their end is a line too, of which `last_` is told.
    void waitUntilClosed(const std::string& period) {
        ASSERT_TRUE(eventually(kPatience,
                               [&] { return admin().call("GET", "/periods/" + period).at("state").text() == "done"; }));
        const Json ends = entries("?action=period.finish");
        ASSERT_EQ(ends.size(), 1U);
        EXPECT_EQ(ends.at(0).at("target").text(), "closed-periods/" + period);
        EXPECT_EQ(ends.at(0).at("actor").text(), "tollgate");
        EXPECT_FALSE(ends.at(0).at("content").at("finished_ms").isNull());
        last_ = ends.at(0).at("number").integer();
    }
    void expectNone(const HttpAnswer& answer, long status, const std::string& what) {
        EXPECT_EQ(answer.status, status) << what << answer.body;
        EXPECT_EQ(newest(), last_) << what;
    }

    Installation installation_;
    Merchant merchant_ = installation_.onboard("Audited");
    std::int64_t last_ = newest();
    std::string actor_ = entries().at(0).at("actor").text();
};

TEST_F(Audit, EveryRouteThatChangesLeavesOneLineWithWhoWhatAndTheCall) {
    EXPECT_THAT(actor_, testing::StartsWith("adm_"));
    const HttpAnswer made = admin().send("POST", "/merchants", R"({"name":"Another","day_limit":5})");
    const Json created = expectOne(made, "merchant.create", "");
    EXPECT_EQ(created.at("merchant").text(), Json{made.body}.at("id").text());
    EXPECT_EQ(created.at("content").at("day_limit").integer(), 5);
    const Json suspended = expectOne(admin().send("PATCH", of(""), R"({"suspended":true,"suspended_reason":"unpaid"})"),
                                     "merchant.update", "");
    EXPECT_EQ(suspended.at("merchant").text(), merchant_.id);
    EXPECT_EQ(suspended.at("reason").text(), "unpaid");
    EXPECT_EQ(suspended.at("content").at("suspended").integer(), 1);
    expectOne(admin().send("PATCH", of(""), R"({"suspended":false})"), "merchant.update", "");
    expectOne(admin().send("PATCH", of(""), R"({"upstream_pack_units":7})"), "merchant.update", "");
    expectOne(admin().send("POST", of("/quota:reopen"), "{}"), "quota.reopen", "quota");
    const HttpAnswer key = admin().send("POST", of("/keys"), R"({"label":"till"})");
    const Json key_made = expectOne(key, "key.create", "keys/key_.*");
    EXPECT_EQ(key_made.at("content").at("label").text(), "till");
    const std::string key_id = Json{key.body}.at("id").text();
    expectOne(admin().send("POST", of("/keys/" + key_id + ":revoke")), "key.revoke", "keys/" + key_id);
    expectOne(admin().send("POST", of("/authorization-links"), "{}"), "authorization_link.create",
              "authorization-links/[0-9a-f]*");

    const HttpAnswer plan = admin().send("POST", "/plans", R"({"id":"bare","name":"Bare"})");
    EXPECT_TRUE(expectOne(plan, "plan.create", "plans/bare").at("merchant").isNull());
    const Json version = expectOne(admin().send("POST", "/plans/bare/versions", R"({"price_micro_yuan":45000})"),
                                   "plan_version.create", "plan-versions/bare@1");
    EXPECT_EQ(version.at("content").at("tiers").at(0).at(2).integer(), 45000);
    expectOne(admin().send("POST", of("/plan-assignments"), R"({"plan_version":"bare@1"})"), "plan_assignment.create",
              "plan-assignments/asg_.*");
    const HttpAnswer later =
        admin().send("POST", of("/plan-assignments"), R"({"plan_version":null,"starts_at":"2099-01-01T00:00:00Z"})");
    expectOne(later, "plan_assignment.create", "plan-assignments/asg_.*");
    const std::string assignment = Json{later.body}.at("id").text();
    const Json cancelled = expectOne(admin().send("DELETE", of("/plan-assignments/" + assignment)),
                                     "plan_assignment.cancel", "plan-assignments/" + assignment);
    EXPECT_FALSE(cancelled.at("content").at("cancelled_ms").isNull());
    const HttpAnswer pack =
        admin().send("POST", of("/packs"), R"({"units":9,"expires_at":"2099-01-01T00:00:00Z","price_micro_yuan":77})");
    EXPECT_EQ(expectOne(pack, "pack.create", "packs/pack_.*").at("content").at("price_micro_yuan").integer(), 77);
    expectOne(admin().send("POST", of("/packs/" + Json{pack.body}.at("id").text() + ":expire")), "pack.expire",
              "packs/pack_.*");

    const HttpAnswer closing = admin().send("POST", "/periods/2020-01:close");
    waitUntilClosed("2020-01");
    const Json begun = entries("?action=period.close").at(0);
    EXPECT_EQ(begun.at("number").integer(), last_ - 1);
    EXPECT_EQ(begun.at("target").text(), "periods/2020-01");
    EXPECT_EQ(begun.at("actor").text(), actor_);
    EXPECT_EQ(begun.at("request_id").text(), closing.header("X-Request-Id"));
    expectOne(admin().send("POST", "/exports", R"({"format":"csv","period":"2020-01"})"), "export.create",
              "exports/exp_.*");
    expectOne(admin().send("POST", "/reconciliations", "{}"), "reconciliation.create", "reconciliations/rec_.*");

    const HttpAnswer with_terms = admin().send("POST", "/plans", kPlan);
    ASSERT_EQ(with_terms.status, 201) << with_terms.body;
    const Json two = entries();
    EXPECT_EQ(two.at(0).at("number").integer(), last_ + 2) << "a plan and its first version";
    EXPECT_EQ(two.at(0).at("action").text(), "plan_version.create");
    EXPECT_EQ(two.at(1).at("action").text(), "plan.create");
    EXPECT_EQ(two.at(1).at("request_id").text(), with_terms.header("X-Request-Id"));
}

TEST_F(Audit, WhatIsRefusedAndWhatChangesNothingLeavesNoLine) {
    admin().call("POST", "/plans", kPlan);
    admin().call("POST", "/periods/2020-01:close");
    waitUntilClosed("2020-01");

    expectNone(admin().send("POST", "/merchants", R"({"day_limit":5})"), 400, "no name");
    expectNone(admin().send("PATCH", "/merchants/mer_none", R"({"day_limit":5})"), 404, "no such merchant");
    expectNone(admin().send("PATCH", of(""), R"({"day_limit":5})", {"If-Match: \"99\""}), 412, "changed meanwhile");
    expectNone(admin().send("POST", of("/keys"), R"({"expires_at":"2020-01-01T00:00:00Z"})"), 400, "expired key");
    expectNone(admin().send("POST", of("/keys/key_none:revoke")), 404, "no such key");
    expectNone(admin().send("POST", "/merchants/mer_none/authorization-links", "{}"), 404, "link of nobody");
    expectNone(admin().send("POST", "/merchants/mer_none/quota:reopen", "{}"), 404, "quota of nobody");
    expectNone(admin().send("POST", "/plans", kPlan), 409, "plan is there");
    expectNone(admin().send("POST", "/plans/none/versions", R"({"price_micro_yuan":1})"), 404, "no such plan");
    expectNone(admin().send("POST", of("/plan-assignments"), R"({"plan_version":"std@9"})"), 404, "no such version");
    expectNone(admin().send("DELETE", of("/plan-assignments/asg_9")), 404, "no such assignment");
    expectNone(admin().send("POST", of("/packs"), R"({"units":0,"expires_at":"2099-01-01T00:00:00Z"})"), 400,
               "no units");
    expectNone(admin().send("POST", of("/packs/pack_none:expire")), 404, "no such pack");
    expectNone(admin().send("POST", of("/statements/2020-01:close")), 404, "the merchant was not there");
    expectNone(admin().send("POST", "/periods/2099-01:close"), 409, "period that is not over");
    expectNone(admin().send("POST", "/exports", R"({"format":"xml"})"), 400, "no such format");
    expectNone(admin().send("POST", "/reconciliations", R"({"component":"wx_none"})"), 400, "no such component");

    expectNone(admin().send("POST", "/periods/2020-01:close"), 200, "closed before");
    ASSERT_EQ(admin().send("PATCH", of(""), R"({"name":"Once"})").status, 200);
    ASSERT_EQ(newest(), ++last_);
    expectNone(admin().send("PATCH", of(""), R"({"name":"Once"})"), 200, "the same again");
    ASSERT_EQ(admin().send("POST", of("/keys/" + merchant_.key.id + ":revoke")).status, 200);
    ASSERT_EQ(newest(), ++last_);
    expectNone(admin().send("POST", of("/keys/" + merchant_.key.id + ":revoke")), 200, "revoked twice");

    AdminClient stranger{installation_.adminUrl(), "tga_nobody"};
    EXPECT_EQ(stranger.send("POST", "/merchants", R"({"name":"intruder"})").status, 401);
    EXPECT_EQ(newest(), last_);
}

TEST_F(Audit, IsFilteredByMerchantAndActionAndHasNoSecret) {
    const std::string other = installation_.createMerchant("Other");
    const Key key = admin().createKey(other);
    const std::string link =
        admin().call("POST", "/merchants/" + other + "/authorization-links", "{}").at("launch_url").text();

    const Json of_other = entries("?merchant=" + other);
    std::vector<std::string> actions;
    for (std::size_t at = 0; at < of_other.size(); ++at) actions.push_back(of_other.at(at).at("action").text());
    EXPECT_EQ(actions, (std::vector<std::string>{"authorization_link.create", "key.create", "merchant.create"}));
    const Json keys = entries("?action=key.create");
    ASSERT_EQ(keys.size(), 2U);
    EXPECT_EQ(entries("?action=key.create&merchant=" + other).size(), 1U);
    for (const char* wrong : {"key", "KEY.CREATE", "nope"}) {
        const HttpAnswer refused = admin().send("GET", std::string{"/audit-entries?action="} + wrong);
        EXPECT_EQ(refused.status, 400) << "an empty list would look as if nothing had been done";
        EXPECT_THAT(Json{refused.body}.at("detail").text(), testing::StartsWith("action must be"));
    }
    EXPECT_GT(entries("?action=").size(), 1U);
    const Json page = admin().call("GET", "/audit-entries?page_size=1&action=key.create");
    const std::string token = percentEncoded(page.at("next_page_token").text());
    EXPECT_EQ(entries("?page_size=1&action=key.create&page_token=" + token).at(0).at("number").integer(),
              keys.at(1).at("number").integer());
    EXPECT_EQ(admin().send("GET", "/audit-entries?action=key.revoke&page_token=" + token).status, 400);
    EXPECT_EQ(admin().send("GET", "/audit-entries?merchant=mer_none").status, 404);

    const std::string everything = admin().send("GET", "/audit-entries?page_size=500").body;
    EXPECT_THAT(everything, Not(HasSubstr(key.text)));
    EXPECT_THAT(everything, Not(HasSubstr(merchant_.key.text)));
    EXPECT_THAT(everything, Not(HasSubstr(installation_.adminToken())));
    const std::string state = link.substr(link.rfind('=') + 1);
    ASSERT_GT(state.size(), 10U) << link;
    EXPECT_THAT(everything, Not(HasSubstr(state)));
}

TEST_F(Audit, CommandsAreNamedAndTheWholeOfItVerifies) {
    ASSERT_EQ(installation_.stopGateway(), 0);
    const Finished closed = runToEnd(installation_.gatewayCommand({"period", "close", "2020-01"}));
    ASSERT_EQ(closed.exit_code, 0) << closed.standard_error;
    installation_.startGateway();

    const Json period = entries("?action=period.close").at(0);
    EXPECT_EQ(period.at("actor").text(), "cli");
    EXPECT_EQ(period.at("request_id").text(), "");
    EXPECT_EQ(entries("?action=period.finish").at(0).at("actor").text(), "cli");
    EXPECT_EQ(entries("?action=admin_token.create").at(0).at("actor").text(), "cli");
    const Finished verified = runToEnd(installation_.gatewayCommand({"ledger", "verify"}));
    EXPECT_EQ(verified.exit_code, 0) << verified.standard_error;
    const Json newest = entries().at(0);
    EXPECT_EQ(verified.standard_output,
              "audit=" + std::to_string(newest.at("number").integer()) + ":" + newest.at("hash").text() + "\n");
}

}  // namespace
}  // namespace integration
