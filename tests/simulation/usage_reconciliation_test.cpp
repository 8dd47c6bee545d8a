#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>

#include "tenants/base/period.h"
#include "tests/integration/support/database_view.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"
#include "tests/integration/support/temporary_folder.h"
#include "tests/simulation/shared_clock.h"

/// Every cause of a difference between the ledger, WeChat's count and the statement, made from outside and found in the
/// report of the running gateway, whose clock the test moves to the end of a month.
namespace integration {
namespace {

using namespace std::chrono_literals;

using Numbers = std::map<std::string, std::int64_t>;

const std::string kSecondAppid = "wx5c0ffee5c0ffee02";
constexpr std::chrono::minutes kPause{11};  // more than between two rounds of questions
constexpr std::string_view kQuotaPath = "/cgi-bin/openapi/quota/get";

InstallationOptions options(const std::filesystem::path& clock) {
    return {.gateway = {{"tokens.look_every_ms", "100"},
                        {"further_components", "second"},
                        {"component.second.appid", kSecondAppid},
                        {"component.second.secret", "secret-of-the-second"},
                        {"component.second.push_token", "token-of-the-second"},
                        {"component.second.encoding_aes_key", "secondAesKeyAbcdefghijklmnopqrstuvwxyz01234"}},
            .sandbox = {{"component.2.appid", kSecondAppid},
                        {"component.2.secret", "secret-of-the-second"},
                        {"component.2.push_token", "token-of-the-second"},
                        {"component.2.encoding_aes_key", "secondAesKeyAbcdefghijklmnopqrstuvwxyz01234"}},
            .serving_program = "simulated_gateway",
            .serving_environment = {{"TOLLGATE_SIMULATED_CLOCK", clock}}};
}

class UsageReconciliations : public testing::Test {
protected:
    UsageReconciliations() {
        waitOutMidnight(90s);  // the platform's own day must not turn meanwhile
        installation_.sandbox().call("PATCH", "/component?component=" + kSecondAppid,
                                     "{\"events_url\":" + jsonText(installation_.publicUrl() + "/wechat/events") + "}");
        installation_.sandbox().scriptAnswer(licenceAnswer("京U00001"));
    }

    /// To that long before the month's end in Beijing. After the merchants are there: the platform's pushes carry the time.
    /// The last minutes pass by both clocks: where the test began in a day's last hour, WeChat was asked already, and is again
    /// only after a pause.
    void goBeforeTheEnd(std::chrono::milliseconds left) {
        clock_.leap(std::chrono::floor<std::chrono::milliseconds>(month_.ends() - left - kPause - clock_.now()));
        clock_.advance(kPause);
    }
    std::string lastDay() const { return tenants::beijingDate(month_.ends() - 1h); }

    /// Another merchant, of the second platform, that the account of `first` authorizes too: for the first its calls are
    /// made elsewhere.
    Merchant onboardElsewhere(const Merchant& first) {
        Merchant merchant;
        merchant.id = installation_.admin().createMerchant("Elsewhere", R"("component":")" + kSecondAppid + "\"");
        merchant.appid = first.appid;
        HttpClient browser;
        const std::string link = installation_.admin().createLink(merchant.id);
        EXPECT_EQ(browser.send({.url = installation_.sandbox().consent(first.appid, link)}).status, 200);
        EXPECT_TRUE(installation_.becomesState(merchant.id, "active"));
        merchant.key = installation_.admin().createKey(merchant.id);
        return merchant;
    }
    void scan(const Merchant& merchant, int count = 1, std::int64_t errcode = 0) {
        MerchantClient client = installation_.clientOf(merchant.key.text);
        for (int scan = 0; scan < count; ++scan) ASSERT_EQ(client.scan(picture(++pictures_)).errcode, errcode);
    }
    void loseAnswer(const Merchant& merchant) {
        installation_.sandbox().plan(kDrivingPath, R"("mode":"cut")");
        scan(merchant, 1, -1);
    }
    void decide(const Merchant& merchant, const std::string& request, const std::string& decision) {
        installation_.admin().call("POST", "/merchants/" + merchant.id + "/holds/" + request + ":decide",
                                   R"({"reason":"asked the merchant","decision":")" + decision + "\"}");
    }
    std::string unknownRequest(const Merchant& merchant) {
        return installation_.admin().holds(merchant.id, "unknown").at(0).request_id;
    }
    void correct(const Merchant& merchant, int number) {
        installation_.admin().call(
            "POST", "/merchants/" + merchant.id + "/usage-entries/" + std::to_string(number) + ":correct",
            R"({"reason":"the wrong picture"})");
    }

    Json report(const std::string& query) {
        return installation_.admin().call("GET", "/usage-reconciliations?" + query);
    }
    /// The line of the month's last day.
    Json dayOf(const Merchant& merchant) {
        const Json lines = report("day=" + lastDay() + "&merchant=" + merchant.id).at("usage_reconciliations");
        EXPECT_EQ(lines.size(), 1U);
        return lines.at(0);
    }
    bool isHeard(const Merchant& merchant) { return !dayOf(merchant).at("upstream").at("heard_at").isNull(); }
    /// Whoever was missed, for a token that was just being renewed, is asked again after the pause: twice there is time.
    void waitUntilHeard(const Merchant& merchant) {
        const auto heard = [&] { return isHeard(merchant); };
        while (rounds_left_ > 0 && !eventually(10s, heard)) {
            clock_.advance(kPause);
            --rounds_left_;
        }
        ASSERT_TRUE(eventually(kPatience, heard)) << merchant.id;
    }
    static Numbers numbersIn(const Json& object) {
        Numbers numbers;
        for (const std::string& name : object.names()) {
            if (const std::int64_t number = object.at(name).integer(); number != 0) numbers[name] = number;
        }
        return numbers;
    }
    /// Those that are not 0; their sum is the difference.
    static Numbers causesOf(const Json& side) {
        const Numbers causes = numbersIn(side.at("causes"));
        std::int64_t sum = 0;
        for (const auto& [cause, units] : causes) sum += units;
        EXPECT_EQ(side.at("difference").integer(), sum);
        return causes;
    }

    TemporaryFolder clock_folder_;
    simulation::SharedClock clock_{clock_folder_.path() / "clock"};
    const tenants::Period month_{clock_.now()};
    Installation installation_{options(clock_folder_.path() / "clock")};
    int pictures_ = 0;
    int rounds_left_ = 2;
};

TEST_F(UsageReconciliations, EveryCauseIsFoundAndTheCausesAreTheWholeDifference) {
    const Merchant shop = installation_.onboard("Shop");
    const Merchant elsewhere = onboardElsewhere(shop);
    const Merchant agreeing = installation_.onboard("Agreeing");
    const Merchant silent = installation_.onboard("Silent");
    const Merchant asked_at_noon =
        installation_.onboard("Asked at noon", R"("day_limit":100,"upstream_day_free":1)", 50);
    goBeforeTheEnd(12h);
    installation_.sandbox().plan(kQuotaPath, R"("errcode":-1,"appid":")" + silent.appid + "\"", 10'000);

    scan(shop, 3);
    correct(shop, 1);
    installation_.sandbox().scriptAnswer(R"({"errcode":101001,"errmsg":"certificate not found"})", 1);
    scan(shop, 1, 101001);
    installation_.sandbox().scriptAnswer(licenceAnswer("京U00001"));
    loseAnswer(shop);
    decide(shop, unknownRequest(shop), "not_billed");
    loseAnswer(shop);
    installation_.sandbox().plan(kDrivingPath, R"("errcode":40005)");
    scan(shop, 1, 40005);
    scan(elsewhere, 2);
    scan(agreeing, 2);
    scan(silent, 1);
    scan(asked_at_noon, 2);  // the second one makes Tollgate ask
    EXPECT_EQ(numberIn(installation_.dataFolder() / "tollgate.sqlite", "SELECT used_before FROM upstream_word"), 1);
    installation_.sandbox().plan(kQuotaPath, R"("errcode":-1,"appid":")" + asked_at_noon.appid + "\"", 10'000);
    EXPECT_FALSE(isHeard(shop)) << "half a day before its end nobody has asked";

    goBeforeTheEnd(30min);
    for (const Merchant& merchant : {shop, elsewhere, agreeing}) waitUntilHeard(merchant);
    EXPECT_EQ(dayOf(shop).at("upstream").at("state").text(), "open");
    scan(agreeing, 1);
    goBeforeTheEnd(-1h);

    const Json of_shop = dayOf(shop);
    EXPECT_EQ(numbersIn(of_shop.at("ledger")), (Numbers{{"charges", 3},
                                                        {"not_recognised", 1},
                                                        {"corrections", 1},
                                                        {"waivers", 1},
                                                        {"billed_units", 2},
                                                        {"unknown", 1},
                                                        {"released", 1}}));
    EXPECT_EQ(of_shop.at("upstream").at("state").text(), "last_word");
    EXPECT_EQ(of_shop.at("upstream").at("used").integer(), 8);
    EXPECT_EQ(
        causesOf(of_shop.at("upstream")),
        (Numbers{
            {"not_recognised", 1}, {"corrections", 1}, {"waivers", 1}, {"unknown_holds", 1}, {"used_elsewhere", 2}}));
    EXPECT_TRUE(of_shop.at("statement").isNull());
    EXPECT_EQ(causesOf(dayOf(elsewhere).at("upstream")), (Numbers{{"used_elsewhere", 6}}));
    EXPECT_EQ(causesOf(dayOf(agreeing).at("upstream")), (Numbers{{"settled_later", -1}}));
    const Json of_silent = dayOf(silent).at("upstream");
    EXPECT_EQ(of_silent.at("state").text(), "missing");
    EXPECT_TRUE(of_silent.at("used").isNull());
    EXPECT_TRUE(of_silent.at("causes").isNull()) << "nothing is guessed";
    EXPECT_EQ(dayOf(asked_at_noon).at("upstream").at("state").text(), "stale");

    const Json totals = report("period=" + month_.text()).at("totals");
    EXPECT_EQ(numbersIn(totals.at("days")), (Numbers{{"all", 5}, {"last_word", 3}, {"stale", 1}, {"missing", 1}}));
    EXPECT_EQ(totals.at("ledger").at("charges").integer(), 3 + 2 + 3 + 1 + 2);
    EXPECT_EQ(causesOf(totals.at("upstream")).at("used_elsewhere"), 8);
}

TEST_F(UsageReconciliations, WhatComesAfterTheClosingIsLateOnTheStatementsSide) {
    const Merchant shop = installation_.onboard("Shop");
    goBeforeTheEnd(2h);
    scan(shop, 2);
    loseAnswer(shop);
    goBeforeTheEnd(30min);
    waitUntilHeard(shop);
    goBeforeTheEnd(-1h);
    installation_.admin().call("POST", "/merchants/" + shop.id + "/statements/" + month_.text() + ":close");
    EXPECT_EQ(causesOf(dayOf(shop).at("statement")), Numbers{});

    decide(shop, unknownRequest(shop), "billed");
    EXPECT_EQ(causesOf(dayOf(shop).at("statement")), (Numbers{{"late_entries", -1}}));
    correct(shop, 1);

    const Json day = dayOf(shop);
    EXPECT_EQ(causesOf(day.at("statement")), (Numbers{{"late_entries", -1}, {"late_corrections", 1}}));
    EXPECT_EQ(day.at("statement").at("units").integer(), 2);
    EXPECT_TRUE(day.at("statement").at("agrees").flag());
    EXPECT_EQ(causesOf(day.at("upstream")), (Numbers{{"corrections", 1}}))
        << "WeChat had counted the scan that was decided later";
    EXPECT_EQ(installation_.admin().entries(shop.id).size(), 4U) << "each decision is an entry";
}

TEST_F(UsageReconciliations, OneInAHundredIsWithinWeChatsTolerance) {
    const Merchant shop = installation_.onboard("Shop");
    const Merchant elsewhere = onboardElsewhere(shop);
    goBeforeTheEnd(2h);
    scan(shop, 100);
    scan(elsewhere, 1);
    goBeforeTheEnd(30min);
    waitUntilHeard(shop);
    EXPECT_EQ(causesOf(dayOf(shop).at("upstream")), (Numbers{{"tolerance", 1}}));
}

TEST_F(UsageReconciliations, WhatWeBilledAndWeChatDidNotCountIsUnexplained) {
    // Here the platform's clock goes along, so that its day can turn before ours and it still gets its tickets through.
    installation_.sandbox().call("PATCH", "/component", R"({"platform_stamps":true})");
    const Merchant shop = installation_.onboard("Shop");
    const tenants::UtcTime before = clock_.now();
    goBeforeTheEnd(2h);
    installation_.sandbox().advanceClock(std::chrono::floor<std::chrono::seconds>(clock_.now() - before).count());
    scan(shop, 2);
    installation_.sandbox().advanceClock(3 * 3600);
    scan(shop, 1);  // with a new token
    goBeforeTheEnd(30min);
    waitUntilHeard(shop);
    EXPECT_EQ(causesOf(dayOf(shop).at("upstream")), (Numbers{{"unexplained", -2}}));
}

TEST_F(UsageReconciliations, UnitsOfPacksAreBeyondWeChatsNumber) {
    const Merchant shop = installation_.onboard("Shop", R"("day_limit":100,"upstream_day_free":null)", 2);
    goBeforeTheEnd(2h);
    installation_.sandbox().changeAuthorizer(shop.appid, R"({"pack_units":10})");
    scan(shop, 5);
    goBeforeTheEnd(30min);
    waitUntilHeard(shop);
    EXPECT_EQ(causesOf(dayOf(shop).at("upstream")), (Numbers{{"packs", -3}}));
    EXPECT_TRUE(installation_.admin().merchant(shop.id).at("upstream_day_free").isNull()) << "a word sets no limit";
    scan(shop, 1);
}

}  // namespace
}  // namespace integration
