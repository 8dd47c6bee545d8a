#include "tests/unit/tenants/authorization/onboarding_fixture.h"

/// Events of accounts that nobody here is bound to: they came by no link of ours.
namespace tenants {
namespace {

class UnknownAccount : public OnboardingTest {
protected:
    Result<Done> receiveAndHandle(const PlatformEvent& event) {
        const auto received = runBlocking(world_.onboarding.receive(event));
        EXPECT_TRUE(received && *received);
        return runBlocking(world_.onboarding.handle(**received));
    }
    PlatformEvent registered(const std::string& code) const {
        return world_.event("notify_third_fasteregister", code, world_.clock.now());
    }
    void inviteWithTheAccount() { (void)world_.invite({AccountChoice::kBoth, world_.appid}); }
};

TEST_F(UnknownAccount, IsToldOfAndBindsToNobody) {
    (void)world_.newLink();
    PlatformEvent event = authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now());
    event.pre_auth_code_hash = sha256Hex("preauthcode@@@of-somebody-else");

    const auto handled = receiveAndHandle(event);

    ASSERT_FALSE(handled);
    EXPECT_EQ(handled.error().code, ErrorCode::kNotFound);
    EXPECT_NE(handled.error().for_log.find(world_.appid.text()), std::string::npos);
    EXPECT_EQ(world_.authorization(), nullptr);
    EXPECT_EQ(exchanges(), 0);
}

TEST_F(UnknownAccount, WaitsForItsMerchantWhileItsCodeCanWork) {
    ASSERT_FALSE(receiveAndHandle(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now())));
    EXPECT_TRUE(runBlocking(world_.onboarding.handleWaiting()).empty()) << "told once";
    EXPECT_EQ(waiting(), 1U);

    inviteWithTheAccount();
    EXPECT_TRUE(runBlocking(world_.onboarding.handleWaiting()).empty());

    EXPECT_TRUE(authorized());
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(exchanges(), 1);
}

TEST_F(UnknownAccount, IsGivenUpWithItsCode) {
    ASSERT_FALSE(receiveAndHandle(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now())));
    world_.clock.advance(3600s);

    const auto errors = runBlocking(world_.onboarding.handleWaiting());

    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors.front().code, ErrorCode::kNotFound);
    EXPECT_EQ(waiting(), 0U);
    inviteWithTheAccount();
    EXPECT_TRUE(runBlocking(world_.onboarding.handleWaiting()).empty());
    EXPECT_EQ(world_.authorization(), nullptr);
}

TEST_F(UnknownAccount, InvitedBeforeItsEventIsBoundByIt) {
    inviteWithTheAccount();

    EXPECT_TRUE(receiveAndHandle(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now())));

    EXPECT_TRUE(authorized());
}

TEST_F(UnknownAccount, IsNotBoundByAnInvitationThatRanOut) {
    inviteWithTheAccount();
    world_.clock.advance(std::chrono::hours{7 * 24});

    EXPECT_FALSE(receiveAndHandle(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now())));

    EXPECT_EQ(world_.authorization(), nullptr);
}

TEST_F(UnknownAccount, ThatCancelledBeforeItWasBoundStaysUnbound) {
    ASSERT_FALSE(receiveAndHandle(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now())));
    world_.platform.withdraw(world_.appid.text());
    EXPECT_FALSE(receiveAndHandle(world_.event("unauthorized", "", world_.clock.now() + 1s)));
    EXPECT_EQ(waiting(), 1U) << "a withdrawal waits for nobody";

    inviteWithTheAccount();
    (void)runBlocking(world_.onboarding.handleWaiting());

    EXPECT_EQ(world_.authorization(), nullptr);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(UnknownAccount, RegisteredInAMerchantsNameIsExchangedForTheOneInvitedWithIt) {
    ASSERT_FALSE(receiveAndHandle(registered(world_.platform.consent(world_.appid.text()))));
    EXPECT_EQ(world_.authorization(), nullptr);

    inviteWithTheAccount();
    (void)runBlocking(world_.onboarding.handleWaiting());

    EXPECT_TRUE(authorized());
    EXPECT_EQ(exchanges(), 1);
}

TEST_F(UnknownAccount, RegistrationOfABoundAccountIsANewConsent) {
    ASSERT_TRUE(world_.authorize());
    const auto before = world_.authorization();

    EXPECT_TRUE(receiveAndHandle(registered(world_.platform.consent(world_.appid.text()))));

    EXPECT_FALSE(sameSecret(world_.authorization()->refresh_token, before->refresh_token));
    EXPECT_EQ(waiting(), 0U);
}

}  // namespace
}  // namespace tenants
