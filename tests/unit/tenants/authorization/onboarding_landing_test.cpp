#include "tenants/authorization/onboarding.h"

#include "tests/unit/tenants/authorization/onboarding_fixture.h"

namespace tenants {
namespace {

class OnboardingLanding : public OnboardingTest {};

TEST_F(OnboardingLanding, RedirectAloneAuthorizes) {
    const Consent given = consent();

    const auto landed = world_.land(given.state, given.code);

    ASSERT_TRUE(landed);
    EXPECT_EQ(*landed, world_.merchant);
    const auto authorization = world_.authorization();
    ASSERT_NE(authorization, nullptr);
    EXPECT_EQ(authorization->appid, world_.appid);
    EXPECT_EQ(authorization->granted_sets, std::set<int>{117});
    EXPECT_EQ(authorization->account.kind, AccountKind::kMiniProgram);
    EXPECT_EQ(authorization->access_expires_at, world_.clock.now() + 7200s);
    EXPECT_FALSE(authorization->grants_stale);
    EXPECT_EQ(authorization->generation, 1);  // all in one change
    EXPECT_EQ(exchanges(), 1);
}

TEST_F(OnboardingLanding, RepeatedLandingAnswersTheMerchantAgain) {
    const Consent given = consent();
    ASSERT_TRUE(world_.land(given.state, given.code));

    const auto again = world_.land(given.state, given.code);

    ASSERT_TRUE(again);
    EXPECT_EQ(*again, world_.merchant);
    EXPECT_EQ(exchanges(), 1);
}

TEST_F(OnboardingLanding, UnknownAndExpiredStatesAreRefusedWithoutACall) {
    const Consent given = consent();

    const auto unknown = world_.land("st_somebody_else", given.code);
    world_.clock.advance(1200s);
    const auto expired = world_.land(given.state, given.code);

    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidInput);
    ASSERT_FALSE(expired);
    EXPECT_EQ(expired.error().code, ErrorCode::kInvalidInput);
    EXPECT_EQ(exchanges(), 0);
}

TEST_F(OnboardingLanding, LandingWithoutACodeIsRefused) {
    const auto landed = world_.land(world_.newState(), "");

    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::kInvalidInput);
}

TEST_F(OnboardingLanding, CodeThatWeChatDoesNotKnowAsksForANewLink) {
    const auto landed = world_.land(world_.newState(), "queryauthcode@@@forged");

    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::kInvalidInput);
    EXPECT_EQ(world_.authorization(), nullptr);
}

TEST_F(OnboardingLanding, FailedExchangeCanBeTriedAgain) {
    const Consent given = consent();
    world_.platform.failNext("query_auth", FakePlatform::unreachable());
    const auto failed = world_.land(given.state, given.code);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::kUpstreamUnreachable);

    EXPECT_TRUE(world_.land(given.state, given.code));
    EXPECT_TRUE(authorized());
}

TEST_F(OnboardingLanding, TokensAreKeptThoughTheAccountsFactsCannotBeRead) {
    const Consent given = consent();
    world_.platform.failNext("info", FakePlatform::unreachable());

    ASSERT_TRUE(world_.land(given.state, given.code));

    EXPECT_TRUE(authorized());
    EXPECT_TRUE(world_.authorization()->grants_stale);
    EXPECT_EQ(world_.authorization()->account.kind, AccountKind::kUnknown);
    ASSERT_TRUE(runBlocking(world_.grants.refreshGrants(world_.merchant)));
    EXPECT_EQ(world_.authorization()->account.kind, AccountKind::kMiniProgram);
}

TEST_F(OnboardingLanding, ComponentTokenRefusedBetweenTheTwoCallsDoesNotCostTheCode) {
    const Consent given = consent();
    world_.platform.failNext("info", FakePlatform::refusal(42001));

    ASSERT_TRUE(world_.land(given.state, given.code));

    EXPECT_TRUE(authorized());
    EXPECT_EQ(exchanges(), 1);
    EXPECT_FALSE(world_.authorization()->grants_stale);
}

TEST_F(OnboardingLanding, TokensInHandAreKeptThoughNoComponentTokenIsToBeHadAnyMore) {
    const Consent given = consent();
    world_.platform.failNext("info", FakePlatform::refusal(42001));
    world_.platform.failNext("component_token", FakePlatform::unreachable());

    ASSERT_TRUE(world_.land(given.state, given.code));

    EXPECT_TRUE(authorized());
    EXPECT_TRUE(world_.authorization()->grants_stale);
}

/// What the simulated week found: the gateway was killed between `success` and the exchange, and came back without a token.
TEST_F(OnboardingLanding, CodeOfOneWhoDiedBeforeTheCallIsExchangedAfterAll) {
    for (const bool after_a_withdrawal : {false, true}) {
        for (const bool by_redirect : {false, true}) {
            World world;
            if (after_a_withdrawal) {
                ASSERT_TRUE(world.authorize());
                world.push(world.event("unauthorized", "", world.clock.now() + 1s));
                ASSERT_TRUE(world.authorization()->withdrawn);
                world.clock.advance(60s);
            }
            const std::string link = world.newLink();
            const std::string state = World::linkPart(link, "state%3D", "&");
            const std::string code = world.platform.consent(world.appid.text());
            world.platform.hideRefreshToken(world.appid.text());  // as long as the code was not exchanged
            PlatformEvent event = world.event("authorized", code, world.clock.now());
            event.pre_auth_code_hash = sha256Hex(World::preAuthCodeOf(link));
            const auto received = runBlocking(world.onboarding.receive(event));
            ASSERT_TRUE(received && *received);
            world.platform.dieNext("query_auth");
            if (by_redirect) {
                EXPECT_THROW((void)world.land(state, code), std::runtime_error);
            } else {
                EXPECT_THROW((void)runBlocking(world.onboarding.handle(**received)), std::runtime_error);
            }

            if (by_redirect) {
                EXPECT_TRUE(world.land(state, code));
            } else {
                EXPECT_TRUE(runBlocking(world.onboarding.handleWaiting()).empty());
            }

            ASSERT_NE(world.authorization(), nullptr) << after_a_withdrawal << by_redirect;
            EXPECT_FALSE(world.authorization()->withdrawn) << after_a_withdrawal << by_redirect;
            EXPECT_NE(world.authorization()->access_token, nullptr) << after_a_withdrawal << by_redirect;
            EXPECT_NE(world.authorization()->refresh_token, nullptr) << after_a_withdrawal << by_redirect;
        }
    }
}

TEST_F(OnboardingLanding, OldLandingThatIsOpenedAgainAfterAWithdrawalIsNotComplete) {
    const Consent given = consent();
    ASSERT_TRUE(world_.land(given.state, given.code));
    world_.push(world_.event("unauthorized", "", world_.clock.now() + 1s));
    ASSERT_TRUE(world_.authorization()->withdrawn);
    // Consented anew, by a page whose code reached nobody: authorized by its info, and no refresh token to be had.
    (void)world_.platform.consent(world_.appid.text());
    world_.platform.hideRefreshToken(world_.appid.text());

    const auto again = world_.land(given.state, given.code);

    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::kInvalidInput) << "the merchant is asked to open a new link";
    EXPECT_TRUE(world_.authorization()->withdrawn);
    EXPECT_EQ(exchanges(), 1);
}

TEST_F(OnboardingLanding, OldLandingBringsBackWhatWeChatTellsTheRefreshTokenOf) {
    const Consent given = consent();
    ASSERT_TRUE(world_.land(given.state, given.code));
    world_.push(world_.event("unauthorized", "", world_.clock.now() + 1s));
    (void)world_.platform.consent(world_.appid.text());

    ASSERT_TRUE(world_.land(given.state, given.code));

    EXPECT_TRUE(authorized());
}

TEST_F(OnboardingLanding, SpentCodeOfAnAccountWithoutATokenStoresNothing) {
    const std::string link = world_.newLink();
    const std::string code = world_.platform.consent(world_.appid.text());
    world_.platform.hideRefreshToken(world_.appid.text());
    world_.platform.failNext("query_auth", FakePlatform::refusal(61010));

    world_.push(eventOf(link, code));

    EXPECT_EQ(world_.authorization(), nullptr) << "pending: the merchant opens its link again";
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OnboardingLanding, AccountOfAnotherMerchantIsNotTakenAway) {
    ASSERT_TRUE(world_.authorize());
    const MerchantId other{"mer_2"};
    world_.addMerchant(other, 5);
    const auto invited = runBlocking(world_.onboarding.invite(other, {}));
    const std::string state = World::linkPart(invited->link.pc_url, "state%3D", "&");

    const auto landed = world_.land(state, world_.platform.consent(world_.appid.text()));

    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::kConflict);
    EXPECT_EQ(world_.store.authorizations.find(other), nullptr);
    EXPECT_EQ(world_.store.authorizations.findByAppId(world_.appid)->merchant, world_.merchant);
}

TEST_F(OnboardingLanding, AnotherAccountOfTheMerchantTakesThePlaceOfTheOldOne) {
    ASSERT_TRUE(world_.authorize());
    const AppId other{"wx2222222222222222"};

    ASSERT_TRUE(world_.land(world_.newState(), world_.platform.consent(other.text())));

    EXPECT_EQ(world_.authorization()->appid, other);
    EXPECT_EQ(world_.authorization()->previous_refresh_token, nullptr);  // the old account's is none of its
    EXPECT_EQ(world_.store.authorizations.findByAppId(world_.appid), nullptr);
}

TEST_F(OnboardingLanding, LandingAfterAWithdrawalAuthorizesAgain) {
    ASSERT_TRUE(world_.authorize());
    world_.push(world_.event("unauthorized", "", world_.clock.now() + std::chrono::seconds{1}));

    const Consent again = consent();
    ASSERT_TRUE(world_.land(again.state, again.code));

    EXPECT_TRUE(authorized());
}

TEST_F(OnboardingLanding, WithdrawalDuringTheExchangeStands) {
    ASSERT_TRUE(world_.authorize());
    const Consent again = consent();
    const auto gate = world_.platform.delayNext("info");
    Spawned<Result<MerchantId>> landing{world_.onboarding.completeByRedirect(again.state, shareSecret(again.code))};
    ASSERT_TRUE(runBlocking(world_.onboarding.receive(world_.event("unauthorized", "", world_.clock.now() + 1s))));

    gate->open();

    ASSERT_TRUE(landing.ended());
    ASSERT_FALSE(landing.result());
    EXPECT_EQ(landing.result().error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_TRUE(world_.authorization()->withdrawn);
}

/// What the simulated week found: the withdrawal before the consent arrived while the consent's code was exchanged.
TEST_F(OnboardingLanding, OlderWithdrawalDuringTheExchangeDoesNotUndoTheConsent) {
    ASSERT_TRUE(world_.authorize());
    const UtcTime withdrawn_at = world_.clock.now() + 1s;
    for (const UtcTime consented_at : {withdrawn_at + 5s, withdrawn_at}) {
        world_.clock.advance(10s);
        const auto received = runBlocking(
            world_.onboarding.receive(authorizedEvent(world_.platform.consent(world_.appid.text()), consented_at)));
        ASSERT_TRUE(received && *received);
        const auto gate = world_.platform.delayNext("info");
        Spawned<Result<Done>> handling{world_.onboarding.handle(**received)};
        ASSERT_TRUE(runBlocking(world_.onboarding.receive(world_.event("unauthorized", "", withdrawn_at))));

        gate->open();

        ASSERT_TRUE(handling.ended());
        EXPECT_TRUE(handling.result());
        EXPECT_FALSE(world_.authorization()->withdrawn);
    }
}

// Pitfalls 10 and 11: a new consent voids both tokens of the one before it.
TEST_F(OnboardingLanding, NewConsentReplacesBothTokens) {
    ASSERT_TRUE(world_.authorize());
    const auto before = world_.authorization();

    ASSERT_TRUE(world_.authorize());

    EXPECT_FALSE(sameSecret(world_.authorization()->access_token, before->access_token));
    EXPECT_FALSE(sameSecret(world_.authorization()->refresh_token, before->refresh_token));
    EXPECT_TRUE(sameSecret(world_.authorization()->previous_refresh_token, before->refresh_token));
}

// Pitfall 26: the code is taken, and yet the account is not authorized.
TEST_F(OnboardingLanding, AccountThatIsNotAuthorizedAfterAllStoresNothing) {
    const Consent given = consent();
    world_.platform.failNext("info", FakePlatform::refusal(61003));

    const auto landed = world_.land(given.state, given.code);

    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_EQ(world_.authorization(), nullptr);
}

TEST_F(OnboardingLanding, OwnerOfAnAccountThatConsentedElsewhereReadsItsNewTokensBack) {
    ASSERT_TRUE(world_.authorize());
    const MerchantId other{"mer_2"};
    world_.addMerchant(other, 5);
    const auto invited = runBlocking(world_.onboarding.invite(other, {}));
    const std::string state = World::linkPart(invited->link.pc_url, "state%3D", "&");

    ASSERT_FALSE(world_.land(state, world_.platform.consent(world_.appid.text())));

    EXPECT_TRUE(world_.authorization()->grants_stale);
    ASSERT_TRUE(runBlocking(world_.grants.refreshGrants(world_.merchant)));
    const auto live = world_.authorization();
    ASSERT_TRUE(
        runBlocking(world_.keeper.replace(world_.merchant, {live->access_token, live->appid, live->generation})));
}

TEST_F(OnboardingLanding, WithdrawalOlderThanTheLinkComesTooLate) {
    ASSERT_TRUE(world_.authorize());
    const UtcTime withdrawn_at = world_.clock.now();
    world_.clock.advance(10s);
    ASSERT_TRUE(world_.authorize());  // by redirect alone: its event is lost

    world_.push(world_.event("unauthorized", "", withdrawn_at));  // held up on its way

    EXPECT_TRUE(authorized());
    EXPECT_FALSE(world_.authorization()->grants_stale);
}

TEST_F(OnboardingLanding, WithdrawalAfterAConsentByRedirectCounts) {
    ASSERT_TRUE(world_.authorize());

    world_.push(world_.event("unauthorized", "", world_.clock.now() + 1s));

    EXPECT_TRUE(world_.authorization()->withdrawn);
}

TEST_F(OnboardingLanding, SetThatAConsentLeavesOutIsKnownToHaveBeenGranted) {
    ASSERT_TRUE(world_.authorize());
    world_.platform.grant(world_.appid.text(), {17, 18});

    ASSERT_TRUE(world_.authorize());

    EXPECT_FALSE(world_.authorization()->allowsOcr());
    EXPECT_TRUE(world_.authorization()->ocr_was_granted);
}

TEST_F(OnboardingLanding, AnotherAccountInheritsNoGrantOfTheOldOne) {
    ASSERT_TRUE(world_.authorize());
    const AppId other{"wx2222222222222222"};
    world_.platform.grant(other.text(), {17});

    ASSERT_TRUE(world_.land(world_.newState(), world_.platform.consent(other.text())));

    EXPECT_FALSE(world_.authorization()->ocr_was_granted);
}

}  // namespace
}  // namespace tenants
