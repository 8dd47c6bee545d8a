#include <gtest/gtest.h>

#include <string>

#include "tests/integration/support/database_view.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

/// Consents and withdrawals whose events the platform holds up, repeats or swaps.
namespace integration {
namespace {

class OnboardingOrder : public testing::Test {
protected:
    OnboardingOrder() { installation_.sandbox().scriptAnswer(licenceAnswer("京L00002")); }

    std::string consent() {
        return installation_.sandbox().consent(appid_, installation_.admin().createLink(merchant_));
    }
    void follow(const std::string& redirect) { EXPECT_EQ(browser_.send({.url = redirect}).status, 200); }
    std::int64_t events(const std::string& condition) {
        return numberIn(installation_.dataFolder() / "tollgate.sqlite",
                        "SELECT count(*) FROM platform_event WHERE appid = '" + appid_ + "' AND " + condition);
    }
    /// So many events came, and all of them were handled.
    bool handled(std::int64_t count) {
        return eventually(kPatience, [this, count] {
            return events("handled_ms IS NOT NULL") == count && events("handled_ms IS NULL") == 0;
        });
    }
    void expectScans() {
        const Key key = installation_.admin().createKey(merchant_);
        EXPECT_EQ(installation_.clientOf(key.text).scan(picture(1)).errcode, 0);
    }

    Installation installation_;
    HttpClient browser_;
    std::string merchant_ = installation_.createMerchant("Order");
    std::string appid_ = installation_.sandbox().createAuthorizer();
};

TEST_F(OnboardingOrder, EventThatIsHeldUpComesAfterTheRedirectAndChangesNothing) {
    installation_.sandbox().planEvents(R"({"delay_ms":400})");
    follow(consent());
    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));

    ASSERT_TRUE(handled(1));

    EXPECT_EQ(installation_.admin().merchant(merchant_).at("state").text(), "active");
    expectScans();
}

TEST_F(OnboardingOrder, WithdrawalThatOvertakesItsConsentStands) {
    installation_.sandbox().planEvents(R"({"reorder":2})");
    consent();                                        // not followed, and its event is held
    installation_.sandbox().advanceClock(5);          // so that the two have different seconds
    installation_.sandbox().act(appid_, "withdraw");  // now both are sent, this one first

    ASSERT_TRUE(handled(2));

    EXPECT_NE(installation_.admin().merchant(merchant_).at("state").text(), "active");
}

TEST_F(OnboardingOrder, ConsentThatOvertakesAWithdrawalStands) {
    follow(consent());
    ASSERT_TRUE(handled(1));
    installation_.sandbox().advanceClock(5);
    installation_.sandbox().planEvents(R"({"reorder":2})");
    installation_.sandbox().act(appid_, "withdraw");  // held
    installation_.sandbox().advanceClock(5);
    consent();  // sent before it, and not followed

    ASSERT_TRUE(handled(3));

    EXPECT_TRUE(installation_.becomesState(merchant_, "active"));
    expectScans();
}

TEST_F(OnboardingOrder, DuplicatesOfEverythingAreOneOfEach) {
    installation_.sandbox().planEvents(R"({"duplicate":3})");
    follow(consent());
    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));
    installation_.sandbox().advanceClock(5);
    installation_.sandbox().act(appid_, "withdraw");
    ASSERT_TRUE(installation_.becomesState(merchant_, "unauthorized"));
    installation_.sandbox().advanceClock(5);
    follow(consent());

    ASSERT_TRUE(installation_.becomesState(merchant_, "active"));
    ASSERT_TRUE(handled(3));
    expectScans();
}

// Pitfalls 15 and 16: what was pushed once is not lost with the process.
TEST_F(OnboardingOrder, EventAndTicketOutliveAKill) {
    installation_.sandbox().plan(kQueryAuthPath, R"("errcode":-1)", 1000);
    consent();
    ASSERT_TRUE(eventually(kPatience, [this] { return events("handled_ms IS NULL") == 1; }));
    installation_.killGateway();
    installation_.sandbox().clearFaults();

    installation_.startGateway();

    EXPECT_TRUE(installation_.becomesState(merchant_, "active"));
    expectScans();
}

/// What the simulated week found: a code that was about to be exchanged was taken for exchanged after the restart.
TEST_F(OnboardingOrder, ConsentAfterAWithdrawalOutlivesAKillBeforeItsExchange) {
    follow(consent());
    installation_.sandbox().advanceClock(5);
    installation_.sandbox().act(appid_, "withdraw");
    ASSERT_TRUE(installation_.becomesState(merchant_, "unauthorized"));
    ASSERT_TRUE(handled(2));
    installation_.sandbox().advanceClock(5);
    installation_.sandbox().plan(kQueryAuthPath, R"("errcode":-1,"delay_ms":600000)");  // the code is not exchanged
    const std::int64_t before = installation_.sandbox().lastCallNumber();
    consent();
    ASSERT_TRUE(
        eventually(kPatience, [&] { return installation_.sandbox().calls(kQueryAuthPath, before).size() == 1; }));

    installation_.killGateway();
    installation_.startGateway();

    ASSERT_TRUE(handled(3));
    EXPECT_TRUE(installation_.becomesState(merchant_, "active"));
    expectScans();
}

}  // namespace
}  // namespace integration
