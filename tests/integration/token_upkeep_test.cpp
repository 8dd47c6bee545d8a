#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

constexpr std::string_view kListPath = "/cgi-bin/component/api_get_authorizer_list";
constexpr std::string_view kStartPushPath = "/cgi-bin/component/api_start_push_ticket";

/// What the gateway does by itself, with no scan that asks for it.
class TokenUpkeep : public testing::Test {
protected:
    static InstallationOptions with(std::map<std::string, std::string> settings) {
        settings.emplace("tokens.look_every_ms", "50");
        InstallationOptions options = withPatience();
        options.gateway.merge(settings);
        return options;
    }
    static std::int64_t calls(Installation& installation, std::string_view path, std::int64_t since) {
        return static_cast<std::int64_t>(installation.sandbox().calls(path, since).size());
    }
    /// Runs one to its end and gives it.
    static Json reconcile(Installation& installation) {
        const Json begun = installation.admin().call("POST", "/reconciliations");
        const std::string path = "/reconciliations/" + begun.at("id").text();
        EXPECT_TRUE(eventually(kPatience,
                               [&] { return installation.admin().call("GET", path).at("state").text() != "running"; }));
        return installation.admin().call("GET", path);
    }
};

TEST_F(TokenUpkeep, TokensAreRenewedThoughNobodyScans) {
    // A token lives 7200 s: it is due five seconds after it was made.
    Installation installation{with({{"tokens.renew_before_s", "7195"}, {"tokens.renew_spread_s", "0"}})};
    const Merchant merchant = installation.onboard("Quiet");
    const std::int64_t before = installation.sandbox().lastCallNumber();

    EXPECT_TRUE(eventually(kPatience, [&] { return calls(installation, kRefreshPath, before) >= 2; }));

    EXPECT_GE(calls(installation, kComponentTokenPath, before), 1);
    EXPECT_EQ(calls(installation, kDrivingPath, 0), 0);
    EXPECT_EQ(installation.admin().merchant(merchant.id).at("state").text(), "active");
}

/// A refresh is several calls where the refresh token is lost, each with a deadline of its own; a scan has but one.
TEST_F(TokenUpkeep, ScanEndsAtItsDeadlineWhileTheRefreshThatItWaitedForGoesOn) {
    Installation installation{{.gateway = {{"upstream.call_ms", "4000"}}}};
    const Merchant merchant = installation.onboard("Slow");
    installation.sandbox().scriptAnswer(licenceAnswer("京E00001"));
    ASSERT_TRUE(eventually(kPatience, [&] { return calls(installation, kInfoPath, 0) == 2; }));  // as below
    const std::int64_t before = installation.sandbox().lastCallNumber();
    installation.sandbox().act(merchant.appid, "rotateRefreshToken");
    installation.sandbox().act(merchant.appid, "expireToken");
    installation.sandbox().plan(kRefreshPath, R"("errcode":61023,"delay_ms":3000)");
    installation.sandbox().plan(kListPath, R"("mode":"silent")");
    MerchantClient client = installation.clientOf(merchant.key.text);

    const ScanAnswer answer = client.scan(picture(1));

    EXPECT_EQ(answer.code(), "upstream_timeout") << answer.http.body;
    EXPECT_EQ(calls(installation, kInfoPath, before), 0) << "the scan was kept until the list's own deadline";
    EXPECT_EQ(installation.admin().window(merchant.id).held, 0);
    EXPECT_TRUE(eventually(kPatience, [&] { return calls(installation, kRefreshPath, before) == 2; }));
    EXPECT_EQ(client.scan(picture(2)).errcode, 0);
    EXPECT_EQ(calls(installation, kRefreshPath, before), 2) << "what the first scan waited for served the second";
}

TEST_F(TokenUpkeep, LostRefreshTokenIsReadBackFromTheListInTheMiddleOfAScan) {
    Installation installation{with({})};
    const Merchant merchant = installation.onboard("Lost");
    installation.sandbox().scriptAnswer(licenceAnswer("京E00001"));
    // The landing and the event have a code each: a token that the second exchange brings would need no refresh.
    ASSERT_TRUE(eventually(kPatience, [&] { return calls(installation, kInfoPath, 0) == 2; }));
    const std::int64_t before = installation.sandbox().lastCallNumber();

    installation.sandbox().act(merchant.appid, "expireToken");
    installation.sandbox().plan(kRefreshPath, R"("errcode":61023)");
    installation.sandbox().act(merchant.appid, "rotateRefreshToken");

    EXPECT_EQ(installation.clientOf(merchant.key.text).scan(picture(1)).errcode, 0);
    EXPECT_EQ(calls(installation, kListPath, before), 1);
    EXPECT_EQ(calls(installation, kInfoPath, before), 0);
}

TEST_F(TokenUpkeep, WeChatIsAskedToPushWhenNoTicketCame) {
    Installation installation{with({{"tokens.ticket_late_after_s", "1"}})};

    EXPECT_TRUE(eventually(kPatience, [&] { return calls(installation, kStartPushPath, 0) >= 1; }));

    const Json components = installation.admin().call("GET", "/components").at("components");
    ASSERT_EQ(components.size(), 1U);
    EXPECT_EQ(components.at(0).at("appid").text(), kComponentAppid);
    EXPECT_TRUE(components.at(0).at("ticket_at").isText());
    EXPECT_TRUE(eventually(kPatience, [&] {
        const Json now = installation.admin().call("GET", "/components").at("components").at(0);
        return now.at("token_expires_at").isText() && now.at("troubles").size() == 1;
    }));
}

TEST_F(TokenUpkeep, ReconciliationFindsAndMendsWhatLostEventsLeft) {
    Installation installation{with({})};
    const Merchant changed = installation.onboard("Changed");
    const Merchant gone = installation.onboard("Gone");
    installation.sandbox().planEvents(R"({"drop":2})");
    installation.sandbox().changeAuthorizer(changed.appid, R"({"sets":[17]})");
    installation.sandbox().act(gone.appid, "withdraw");
    EXPECT_EQ(installation.admin().merchant(gone.id).at("state").text(), "active");

    const Json report = reconcile(installation);

    EXPECT_EQ(report.at("state").text(), "done");
    EXPECT_EQ(installation.admin().merchant(gone.id).at("state").text(), "unauthorized");
    EXPECT_EQ(installation.admin().merchant(changed.id).at("state_reason").text(), "permission_117_missing");
    std::vector<std::string> kinds;
    const Json differences = report.at("differences");
    for (std::size_t i = 0; i < differences.size(); ++i) kinds.push_back(differences.at(i).at("kind").text());
    std::ranges::sort(kinds);
    EXPECT_EQ(kinds, (std::vector<std::string>{"granted_sets", "permission_117_missing", "withdrawn"}));
    EXPECT_EQ(reconcile(installation).at("differences").size(), 1U);  // 117 is still missing
}

TEST_F(TokenUpkeep, ReportsOutliveARestart) {
    Installation installation{with({})};
    installation.onboard("Kept");
    const std::string id = reconcile(installation).at("id").text();
    EXPECT_EQ(installation.stopGateway(), 0);
    installation.startGateway();

    const Json all = installation.admin().call("GET", "/reconciliations").at("reconciliations");

    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all.at(0).at("id").text(), id);
}

}  // namespace
}  // namespace integration
