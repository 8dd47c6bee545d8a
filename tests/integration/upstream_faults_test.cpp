#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::milliseconds kCallDeadline{1500};
// Of a sanitized build on a busy machine; without a deadline these calls take a minute and more.
constexpr std::chrono::milliseconds kTolerance{4000};

InstallationOptions withShortDeadline() {
    return {.gateway = {{"upstream.call_ms", std::to_string(kCallDeadline.count())}}};
}

/// An errmsg without its request id.
std::string wordsOf(const ScanAnswer& answer) {
    return answer.errmsg.substr(0, answer.errmsg.rfind(" rid: "));
}

class FaultyUpstream : public testing::Test {
protected:
    std::size_t callsToOcr() { return installation_.sandbox().calls(kDrivingPath).size(); }
    Window window(const std::string& policy = "day") { return installation_.admin().window(merchant_.id, policy); }
    std::vector<Hold> holds(const std::string& state) { return installation_.admin().holds(merchant_.id, state); }

    Installation installation_{withShortDeadline()};
    Merchant merchant_ = [this] {
        installation_.sandbox().scriptAnswer(licenceAnswer("京G00001"));
        return installation_.onboard("Faults");
    }();
    MerchantClient client_ = installation_.clientOf(merchant_.key.text);
};

class LostAnswer : public FaultyUpstream, public testing::WithParamInterface<const char*> {};

TEST_P(LostAnswer, EndsWithinTheDeadlineAsUnknownAndIsNotCharged) {
    installation_.sandbox().plan(kDrivingPath, "\"mode\":" + jsonText(GetParam()));

    const ScanAnswer answer = client_.scanWithKey(picture(1), "lost");

    EXPECT_EQ(answer.errcode, -1) << answer.http.failure << answer.http.body;
    EXPECT_LE(answer.http.took, kCallDeadline + kTolerance);
    EXPECT_TRUE(answer.code() == "upstream_timeout" || answer.code() == "upstream_unreachable") << answer.code();
    EXPECT_TRUE(installation_.admin().entries(merchant_.id).empty());
    const auto unknown = holds("unknown");
    ASSERT_EQ(unknown.size(), 1U);
    EXPECT_EQ(unknown.at(0).request_id, "lost");
    EXPECT_NE(unknown.at(0).reason, "");
    EXPECT_EQ(window().used, 0);
    EXPECT_EQ(window().held, 1);
    EXPECT_EQ(window().unknown, 1);
    EXPECT_EQ(callsToOcr(), 1U);

    const ScanAnswer repeated = client_.scanWithKey(picture(1), "lost");

    EXPECT_EQ(repeated.errcode, -1);
    EXPECT_EQ(repeated.code(), answer.code());
    EXPECT_EQ(wordsOf(repeated), wordsOf(answer));
    EXPECT_THAT(wordsOf(answer),
                testing::AllOf(HasSubstr("outcome is unknown."), Not(HasSubstr("could not be reached"))));
    EXPECT_EQ(callsToOcr(), 1U) << "an unknown scan was repeated";

    EXPECT_EQ(client_.scan(picture(2)).errcode, 0) << "the next scan is not spoilt";
    EXPECT_EQ(installation_.admin().entries(merchant_.id).size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Modes, LostAnswer,
                         testing::Values("cut", "reset", "early_reset", "silent", "drip", "http500", "not_json"),
                         [](const auto& mode) { return std::string{mode.param}; });

TEST_F(FaultyUpstream, SuccessWithoutALicenceIsUnknown) {
    installation_.sandbox().scriptAnswer(R"({"errcode":0,"errmsg":"ok"})");

    const ScanAnswer answer = client_.scan(picture(1));

    EXPECT_EQ(answer.errcode, -1);
    EXPECT_EQ(answer.code(), "upstream_unreachable");
    EXPECT_EQ(holds("unknown").size(), 1U);
    EXPECT_TRUE(installation_.admin().entries(merchant_.id).empty());
}

TEST_F(FaultyUpstream, RefusedConnectionGivesTheUnitBack) {
    ASSERT_EQ(client_.scan(picture(1)).errcode, 0);  // there is a token, and a connection that will be dead
    ASSERT_EQ(installation_.stopSandbox(), 0);

    const ScanAnswer answer = client_.scanWithKey(picture(2), "refused");

    EXPECT_EQ(answer.errcode, -1);
    EXPECT_EQ(answer.code(), "upstream_unreachable");
    ASSERT_EQ(holds("released").size(), 1U);
    EXPECT_EQ(holds("released").at(0).request_id, "refused");
    EXPECT_EQ(window().used, 1);
    EXPECT_EQ(window().held, 0);
    EXPECT_EQ(window("upstream_day").held, 0);

    installation_.startSandbox();
    installation_.sandbox().scriptAnswer(licenceAnswer("京G00002"));

    EXPECT_EQ(client_.scanWithKey(picture(2), "refused").errcode, 0) << "a released request may run again";
    EXPECT_EQ(installation_.admin().entries(merchant_.id).size(), 2U);
}

TEST_F(FaultyUpstream, UsedUpMarketQuotaIsNotAskedAgainUntilItIsReopened) {
    installation_.sandbox().plan(kDrivingPath, R"("errcode":101003)");
    ASSERT_EQ(client_.scan(picture(1)).errcode, 101003);

    const ScanAnswer locally = client_.scan(picture(2));

    EXPECT_EQ(locally.errcode, 101003);
    EXPECT_EQ(locally.code(), "upstream_quota_exceeded");
    EXPECT_NE(locally.http.header("Retry-After"), "");
    EXPECT_EQ(callsToOcr(), 1U);
    EXPECT_EQ(window().held, 0);

    installation_.admin().call("POST", "/merchants/" + merchant_.id + "/quota:reopen");

    EXPECT_EQ(client_.scan(picture(3)).errcode, 0);
    EXPECT_EQ(callsToOcr(), 2U);
}

TEST_F(FaultyUpstream, PlatformsOwnCounterEndsInTheSameRefusal) {
    installation_.sandbox().changeAuthorizer(merchant_.appid, R"({"day_free":2})");

    EXPECT_EQ(client_.scan(picture(1)).errcode, 0);
    EXPECT_EQ(client_.scan(picture(2)).errcode, 0);
    EXPECT_EQ(client_.scan(picture(3)).errcode, 101003);
    EXPECT_EQ(client_.scan(picture(4)).errcode, 101003);
    EXPECT_EQ(callsToOcr(), 3U);
    EXPECT_EQ(installation_.admin().entries(merchant_.id).size(), 2U);
}

/// What the platform answers, and what becomes of it.
struct Refusal {
    int errcode;
    int shown;
    const char* code;
    const char* hold;
};
void PrintTo(const Refusal& refusal, std::ostream* out) {
    *out << refusal.errcode;
}

class RefusingUpstream : public FaultyUpstream, public testing::WithParamInterface<Refusal> {};

TEST_P(RefusingUpstream, IsToldToTheMerchantAndCostsNothing) {
    installation_.sandbox().plan(kDrivingPath, "\"errcode\":" + std::to_string(GetParam().errcode));

    const ScanAnswer answer = client_.scan(picture(1));

    EXPECT_EQ(answer.errcode, GetParam().shown) << answer.http.body;
    EXPECT_EQ(answer.code(), GetParam().code);
    EXPECT_THAT(answer.errmsg, testing::EndsWith(". rid: " + answer.requestId()));
    EXPECT_TRUE(installation_.admin().entries(merchant_.id).empty());
    EXPECT_EQ(holds(GetParam().hold).size(), 1U);
    EXPECT_EQ(window().used, 0);
    EXPECT_EQ(window().held, 0);
    EXPECT_EQ(callsToOcr(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Errcodes, RefusingUpstream,
    testing::Values(
        Refusal{-1, -1, "upstream_busy", "released"}, Refusal{45009, 101003, "upstream_quota_exceeded", "released"},
        Refusal{101003, 101003, "upstream_quota_exceeded", "released"},
        Refusal{101001, 101001, "not_recognised", "settled"}, Refusal{48001, 48001, "account_not_eligible", "released"},
        Refusal{61007, 61007, "permission_117_missing", "released"},
        Refusal{61003, 61003, "merchant_not_authorized", "released"}, Refusal{45011, 45011, "rate_limited", "released"},
        Refusal{40005, 40005, "image_invalid", "released"}, Refusal{40009, 40006, "image_too_large", "released"},
        Refusal{101000, 101000, "image_url_invalid", "released"}, Refusal{47001, 47001, "upstream_refused", "released"},
        Refusal{61004, -1, "upstream_refused", "released"}),
    [](const auto& refusal) {
        return refusal.param.errcode < 0 ? std::string{"Busy"} : "Errcode" + std::to_string(refusal.param.errcode);
    });

TEST_F(FaultyUpstream, DoubtedGrantsAreReadAgainBeforeTheNextScan) {
    installation_.sandbox().plan(kDrivingPath, R"("errcode":61007)");
    ASSERT_EQ(client_.scan(picture(1)).errcode, 61007);
    const std::int64_t before = installation_.sandbox().lastCallNumber();

    EXPECT_EQ(client_.scan(picture(2)).errcode, 0);

    EXPECT_EQ(installation_.sandbox().calls(kInfoPath, before).size(), 1U);
}

TEST_F(FaultyUpstream, WithdrawalWhoseEventWasLostIsLearntFromTheRefusal) {
    installation_.sandbox().planEvents(R"({"drop":1})");
    installation_.sandbox().act(merchant_.appid, "withdraw");

    EXPECT_EQ(client_.scan(picture(1)).errcode, 61003);
    EXPECT_EQ(callsToOcr(), 1U);
    EXPECT_EQ(client_.scan(picture(2)).errcode, 61003);
    EXPECT_EQ(callsToOcr(), 1U) << "the second refusal is our own";
    EXPECT_EQ(installation_.admin().merchant(merchant_.id).at("state").text(), "unauthorized");
}

}  // namespace
}  // namespace integration
