#include "tenants/authorization/onboarding.h"

#include <gtest/gtest.h>

#include "tenants/base/digest.h"
#include "tests/support/spawned.h"
#include "tests/support/world.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::FakePlatform;
using test_support::Spawned;
using test_support::World;

class OnboardingTest : public ::testing::Test {
protected:
    /// A consent on the page of a new link.
    struct Consent {
        std::string state;
        std::string code;
    };
    Consent consent() {
        const std::string state = world_.newState();
        return {state, world_.platform.consent(world_.appid.text())};
    }
    static std::string preAuthCodeOf(const std::string& link) {
        return "preauthcode@@@" + World::linkPart(link, "pre_auth_code=preauthcode%40%40%40", "&");
    }
    int exchanges() const { return world_.platform.calls("query_auth"); }
    bool authorized() const {
        const auto authorization = world_.authorization();
        return authorization != nullptr && !authorization->withdrawn && authorization->allowsOcr() &&
               authorization->refresh_token != nullptr;
    }
    std::size_t waiting() { return runBlocking(world_.store.authorizations.unhandledEvents()).size(); }
    PlatformEvent authorizedEvent(const std::string& code, UtcTime at) const {
        return world_.event("authorized", code, at);
    }

    World world_;
};

TEST_F(OnboardingTest, LinkHasTheFormThatWeChatDocuments) {
    const auto link = runBlocking(world_.onboarding.createLink(world_.merchant));

    ASSERT_TRUE(link);
    const std::string state = World::linkPart(link->pc_url, "state%3D", "&");
    const std::string code = World::linkPart(link->pc_url, "pre_auth_code=", "&");
    EXPECT_EQ(state.size(), 29U);
    EXPECT_TRUE(code.starts_with("preauthcode%40%40%40"));
    EXPECT_EQ(
        link->pc_url,
        "https://mp.weixin.qq.com/cgi-bin/componentloginpage?component_appid=wxcomponent&pre_auth_code=" + code +
            "&redirect_uri=https%3A%2F%2Fgw.example.com%2Fwechat%2Fauthorized%3Fcomponent%3Dwxcomponent%26state%3D" +
            state + "&auth_type=3");
    EXPECT_EQ(
        link->h5_url,
        "https://open.weixin.qq.com/wxaopen/safe/bindcomponent?action=bindcomponent&no_scan=1"
        "&component_appid=wxcomponent&pre_auth_code=" +
            code +
            "&redirect_uri=https%3A%2F%2Fgw.example.com%2Fwechat%2Fauthorized%3Fcomponent%3Dwxcomponent%26state%3D" +
            state + "&auth_type=3#wechat_redirect");
    EXPECT_EQ(link->expires_at, world_.clock.now() + 600s);
}

TEST_F(OnboardingTest, EveryLinkHasACodeAndAStateOfItsOwn) {
    EXPECT_NE(world_.newState(), world_.newState());
    EXPECT_EQ(world_.platform.calls("pre_auth_code"), 2);
}

TEST_F(OnboardingTest, LinkForNobodyIsNotMade) {
    const auto link = runBlocking(world_.onboarding.createLink(MerchantId{"mer_unknown"}));

    ASSERT_FALSE(link);
    EXPECT_EQ(link.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(world_.platform.calls("pre_auth_code"), 0);
}

TEST_F(OnboardingTest, LinkSurvivesARefusedComponentToken) {
    ASSERT_TRUE(runBlocking(world_.keeper.componentToken()));
    world_.platform.forgetComponentTokens();

    EXPECT_TRUE(runBlocking(world_.onboarding.createLink(world_.merchant)));
}

TEST_F(OnboardingTest, RedirectAloneAuthorizes) {
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

TEST_F(OnboardingTest, EventAloneAuthorizesTheMerchantOfTheLinkThatItNames) {
    const std::string pre_auth_code = preAuthCodeOf(world_.newLink());
    PlatformEvent event = authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now());
    event.pre_auth_code_hash = sha256Hex(pre_auth_code);

    world_.push(event);

    EXPECT_TRUE(authorized());
    EXPECT_EQ(world_.authorization()->event_at, world_.clock.now());
    EXPECT_EQ(exchanges(), 1);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OnboardingTest, EventFirstThenRedirectExchangesOnce) {
    const std::string link = world_.newLink();
    const std::string code = world_.platform.consent(world_.appid.text());
    PlatformEvent event = authorizedEvent(code, world_.clock.now());
    event.pre_auth_code_hash = sha256Hex(preAuthCodeOf(link));

    world_.push(event);
    const auto landed = world_.land(World::linkPart(link, "state%3D", "&"), code);

    ASSERT_TRUE(landed);
    EXPECT_EQ(*landed, world_.merchant);
    EXPECT_EQ(exchanges(), 1);
}

TEST_F(OnboardingTest, PreAuthCodeOfNoLinkOfOursBindsToNobody) {
    (void)world_.newLink();
    PlatformEvent event = authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now());
    event.pre_auth_code_hash = sha256Hex("preauthcode@@@of-somebody-else");

    world_.push(event);

    EXPECT_EQ(world_.authorization(), nullptr);
    EXPECT_EQ(exchanges(), 0);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OnboardingTest, RedirectFirstThenEventExchangesOnce) {
    const Consent given = consent();
    ASSERT_TRUE(world_.land(given.state, given.code));
    const SharedSecret access_token = world_.authorization()->access_token;

    world_.push(authorizedEvent(given.code, world_.clock.now()));

    EXPECT_TRUE(authorized());
    EXPECT_EQ(exchanges(), 1);
    EXPECT_EQ(world_.authorization()->access_token, access_token);
    EXPECT_EQ(world_.authorization()->event_at, world_.clock.now());
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OnboardingTest, EventOfABoundAccountFirstThenRedirectExchangesOnce) {
    ASSERT_TRUE(world_.authorize());
    const int before = exchanges();
    const Consent again = consent();

    world_.push(authorizedEvent(again.code, world_.clock.now()));
    const auto landed = world_.land(again.state, again.code);

    ASSERT_TRUE(landed);
    EXPECT_EQ(*landed, world_.merchant);
    EXPECT_EQ(exchanges(), before + 1);
}

TEST_F(OnboardingTest, RedirectThatWaitsForTheEventsExchangeIsContentWithIt) {
    ASSERT_TRUE(world_.authorize());
    const int before = exchanges();
    const Consent again = consent();
    const auto received = runBlocking(world_.onboarding.receive(authorizedEvent(again.code, world_.clock.now())));
    const auto gate = world_.platform.delayNext("query_auth");
    Spawned<Result<Done>> handling{world_.onboarding.handle(**received)};
    Spawned<Result<MerchantId>> landing{world_.onboarding.completeByRedirect(again.state, shareSecret(again.code))};
    EXPECT_FALSE(landing.ended());

    gate->open();

    ASSERT_TRUE(handling.ended() && landing.ended());
    EXPECT_TRUE(handling.result());
    EXPECT_TRUE(landing.result());
    EXPECT_EQ(exchanges(), before + 1);
}

TEST_F(OnboardingTest, DifferentCodesOfOneConsentMayBothBeExchanged) {
    const Consent given = consent();
    ASSERT_TRUE(world_.land(given.state, given.code));
    const SharedSecret first = world_.authorization()->access_token;

    world_.push(authorizedEvent(world_.platform.secondCode(world_.appid.text()), world_.clock.now()));

    EXPECT_TRUE(authorized());
    EXPECT_EQ(exchanges(), 2);
    EXPECT_FALSE(sameSecret(world_.authorization()->access_token, first));
}

TEST_F(OnboardingTest, RepeatedLandingAnswersTheMerchantAgain) {
    const Consent given = consent();
    ASSERT_TRUE(world_.land(given.state, given.code));

    const auto again = world_.land(given.state, given.code);

    ASSERT_TRUE(again);
    EXPECT_EQ(*again, world_.merchant);
    EXPECT_EQ(exchanges(), 1);
}

TEST_F(OnboardingTest, UnknownAndExpiredStatesAreRefusedWithoutACall) {
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

TEST_F(OnboardingTest, LandingWithoutACodeIsRefused) {
    const auto landed = world_.land(world_.newState(), "");

    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::kInvalidInput);
}

TEST_F(OnboardingTest, CodeThatWeChatDoesNotKnowAsksForANewLink) {
    const auto landed = world_.land(world_.newState(), "queryauthcode@@@forged");

    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::kInvalidInput);
    EXPECT_EQ(world_.authorization(), nullptr);
}

TEST_F(OnboardingTest, FailedExchangeCanBeTriedAgain) {
    const Consent given = consent();
    world_.platform.failNext("query_auth", FakePlatform::unreachable());
    const auto failed = world_.land(given.state, given.code);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::kUpstreamUnreachable);

    EXPECT_TRUE(world_.land(given.state, given.code));
    EXPECT_TRUE(authorized());
}

TEST_F(OnboardingTest, TokensAreKeptThoughTheAccountsFactsCannotBeRead) {
    const Consent given = consent();
    world_.platform.failNext("info", FakePlatform::unreachable());

    ASSERT_TRUE(world_.land(given.state, given.code));

    EXPECT_TRUE(authorized());
    EXPECT_TRUE(world_.authorization()->grants_stale);
    EXPECT_EQ(world_.authorization()->account.kind, AccountKind::kUnknown);
    ASSERT_TRUE(runBlocking(world_.grants.refreshGrants(world_.merchant)));
    EXPECT_EQ(world_.authorization()->account.kind, AccountKind::kMiniProgram);
}

TEST_F(OnboardingTest, ComponentTokenRefusedBetweenTheTwoCallsDoesNotCostTheCode) {
    const Consent given = consent();
    world_.platform.failNext("info", FakePlatform::refusal(42001));

    ASSERT_TRUE(world_.land(given.state, given.code));

    EXPECT_TRUE(authorized());
    EXPECT_EQ(exchanges(), 1);
    EXPECT_FALSE(world_.authorization()->grants_stale);
}

TEST_F(OnboardingTest, TokensInHandAreKeptThoughNoComponentTokenIsToBeHadAnyMore) {
    const Consent given = consent();
    world_.platform.failNext("info", FakePlatform::refusal(42001));
    world_.platform.failNext("component_token", FakePlatform::unreachable());

    ASSERT_TRUE(world_.land(given.state, given.code));

    EXPECT_TRUE(authorized());
    EXPECT_TRUE(world_.authorization()->grants_stale);
}

TEST_F(OnboardingTest, CodeClaimedByOneWhoDiedBeforeTheCallIsExchangedAfterAll) {
    const Consent given = consent();
    ASSERT_TRUE(runBlocking(world_.store.authorizations.claimCode(sha256Hex(given.code), world_.clock.now())));

    ASSERT_TRUE(world_.land(given.state, given.code));

    EXPECT_TRUE(authorized());
}

TEST_F(OnboardingTest, OutcomeThatWasLostAfterTheExchangeIsReadBackByTheEvent) {
    const std::string link = world_.newLink();
    const std::string code = world_.platform.consent(world_.appid.text());
    world_.store.faults.refuse("save");
    const auto lost = world_.land(World::linkPart(link, "state%3D", "&"), code);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, ErrorCode::kStoreUnavailable);
    world_.store.faults.allow("save");
    PlatformEvent event = authorizedEvent(code, world_.clock.now());
    event.pre_auth_code_hash = sha256Hex(preAuthCodeOf(link));

    world_.push(event);

    EXPECT_TRUE(authorized());
    EXPECT_EQ(world_.authorization()->access_token, nullptr);  // made by the first scan from the refresh token
    EXPECT_TRUE(runBlocking(world_.keeper.usable(world_.merchant)));
}

TEST_F(OnboardingTest, SpentCodeOfAKnownAccountIsMadeGoodByAskingWeChat) {
    for (const int errcode : {61009, 61010, 40029, 40163}) {
        World world;
        ASSERT_TRUE(world.authorize());
        const std::string code = world.platform.consent(world.appid.text());
        world.platform.failNext("query_auth", FakePlatform::refusal(errcode));
        const std::string stale{world.authorization()->refresh_token->expose()};

        world.push(world.event("authorized", code, world.clock.now()));

        EXPECT_NE(world.authorization()->refresh_token->expose(), stale) << errcode;
        EXPECT_EQ(world.authorization()->event_at, world.clock.now()) << errcode;
        EXPECT_FALSE(world.authorization()->grants_stale) << errcode;
    }
}

TEST_F(OnboardingTest, AccountOfAnotherMerchantIsNotTakenAway) {
    ASSERT_TRUE(world_.authorize());
    const MerchantId other{"mer_2"};
    world_.addMerchant(other, 5);
    const auto link = runBlocking(world_.onboarding.createLink(other));
    const std::string state = World::linkPart(link->pc_url, "state%3D", "&");

    const auto landed = world_.land(state, world_.platform.consent(world_.appid.text()));

    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::kConflict);
    EXPECT_EQ(world_.store.authorizations.find(other), nullptr);
    EXPECT_EQ(world_.store.authorizations.findByAppId(world_.appid)->merchant, world_.merchant);
}

TEST_F(OnboardingTest, AnotherAccountOfTheMerchantTakesThePlaceOfTheOldOne) {
    ASSERT_TRUE(world_.authorize());
    const AppId other{"wx2222222222222222"};

    ASSERT_TRUE(world_.land(world_.newState(), world_.platform.consent(other.text())));

    EXPECT_EQ(world_.authorization()->appid, other);
    EXPECT_EQ(world_.authorization()->previous_refresh_token, nullptr);  // the old account's is none of its
    EXPECT_EQ(world_.store.authorizations.findByAppId(world_.appid), nullptr);
}

TEST_F(OnboardingTest, EventOfNobodyIsClosedWithoutEffect) {
    const auto received = runBlocking(
        world_.onboarding.receive(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now())));
    ASSERT_TRUE(received && *received);

    const auto handled = runBlocking(world_.onboarding.handle(**received));

    ASSERT_FALSE(handled);
    EXPECT_EQ(handled.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(exchanges(), 0);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OnboardingTest, CodeOfAnotherAccountThanTheEventNamesHasNoEffect) {
    ASSERT_TRUE(world_.authorize());
    const SharedSecret access_token = world_.authorization()->access_token;

    world_.push(authorizedEvent(world_.platform.consent("wx2222222222222222"), world_.clock.now()));

    EXPECT_EQ(world_.authorization()->appid, world_.appid);
    EXPECT_EQ(world_.authorization()->access_token, access_token);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OnboardingTest, DuplicateEventIsRecognisedAndHasNoSecondEffect) {
    ASSERT_TRUE(world_.authorize());
    const PlatformEvent event = authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now());
    world_.push(event);
    const int before = exchanges();

    const auto again = runBlocking(world_.onboarding.receive(event));

    ASSERT_TRUE(again);
    EXPECT_FALSE(*again);
    EXPECT_EQ(exchanges(), before);
}

TEST_F(OnboardingTest, ChangedSetsAreInDoubtBeforeSuccessAndKnownAfterHandling) {
    ASSERT_TRUE(world_.authorize());
    world_.platform.grant(world_.appid.text(), {2, 3});
    const std::string code = world_.platform.consent(world_.appid.text());

    const auto received =
        runBlocking(world_.onboarding.receive(world_.event("updateauthorized", code, world_.clock.now())));
    ASSERT_TRUE(received && *received);
    EXPECT_TRUE(world_.authorization()->grants_stale);

    ASSERT_TRUE(runBlocking(world_.onboarding.handle(**received)));
    EXPECT_FALSE(world_.authorization()->grants_stale);
    EXPECT_FALSE(world_.authorization()->allowsOcr());
}

TEST_F(OnboardingTest, SecondChangeDuringTheExchangeOfTheFirstStaysInDoubt) {
    ASSERT_TRUE(world_.authorize());
    const auto first = runBlocking(world_.onboarding.receive(
        world_.event("updateauthorized", world_.platform.consent(world_.appid.text()), world_.clock.now())));
    const auto gate = world_.platform.delayNext("info");
    Spawned<Result<Done>> handling{world_.onboarding.handle(**first)};
    ASSERT_TRUE(runBlocking(world_.onboarding.receive(
        world_.event("updateauthorized", world_.platform.secondCode(world_.appid.text()), world_.clock.now() + 1s))));

    gate->open();

    ASSERT_TRUE(handling.ended());
    EXPECT_TRUE(world_.authorization()->grants_stale);
}

TEST_F(OnboardingTest, WithdrawalIsDurableBeforeSuccessAndWipesTheTokens) {
    ASSERT_TRUE(world_.authorize());
    const int calls = world_.platform.calls("info");

    ASSERT_TRUE(runBlocking(world_.onboarding.receive(world_.event("unauthorized", "", world_.clock.now()))));

    EXPECT_TRUE(world_.authorization()->withdrawn);
    EXPECT_EQ(world_.authorization()->access_token, nullptr);
    EXPECT_EQ(world_.authorization()->refresh_token, nullptr);
    EXPECT_EQ(world_.platform.calls("info"), calls);  // nothing waited for WeChat
}

TEST_F(OnboardingTest, WithdrawalThatCouldNotBeStoredIsNotKnownAndTakesEffectWhenPushedAgain) {
    ASSERT_TRUE(world_.authorize());
    const PlatformEvent event = world_.event("unauthorized", "", world_.clock.now());
    world_.store.faults.refuse("save");
    const auto failed = runBlocking(world_.onboarding.receive(event));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::kStoreUnavailable);
    world_.store.faults.allow("save");
    world_.store.faults.refuse("addEvent");
    ASSERT_FALSE(runBlocking(world_.onboarding.receive(event)));
    world_.store.faults.allow("addEvent");

    const auto received = runBlocking(world_.onboarding.receive(event));

    ASSERT_TRUE(received);
    EXPECT_TRUE(*received);
    EXPECT_TRUE(world_.authorization()->withdrawn);
}

TEST_F(OnboardingTest, OlderWithdrawalChangesNothing) {
    ASSERT_TRUE(world_.authorize());
    world_.push(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now()));
    ASSERT_TRUE(authorized());
    const std::int64_t generation = world_.authorization()->generation;

    world_.push(world_.event("unauthorized", "", world_.clock.now() - 1s));

    EXPECT_TRUE(authorized());
    EXPECT_EQ(world_.authorization()->generation, generation);
}

TEST_F(OnboardingTest, OlderConsentDoesNotUndoAWithdrawal) {
    ASSERT_TRUE(world_.authorize());
    const std::string code = world_.platform.consent(world_.appid.text());
    world_.push(world_.event("unauthorized", "", world_.clock.now()));
    const int before = exchanges();

    world_.push(authorizedEvent(code, world_.clock.now() - 1s));

    EXPECT_TRUE(world_.authorization()->withdrawn);
    EXPECT_EQ(exchanges(), before);
}

TEST_F(OnboardingTest, NewerConsentAfterAWithdrawalAuthorizesAgain) {
    ASSERT_TRUE(world_.authorize());
    world_.push(world_.event("unauthorized", "", world_.clock.now()));

    world_.push(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now() + 1s));

    EXPECT_TRUE(authorized());
}

TEST_F(OnboardingTest, LandingAfterAWithdrawalAuthorizesAgain) {
    ASSERT_TRUE(world_.authorize());
    world_.push(world_.event("unauthorized", "", world_.clock.now()));

    const Consent again = consent();
    ASSERT_TRUE(world_.land(again.state, again.code));

    EXPECT_TRUE(authorized());
}

TEST_F(OnboardingTest, WithdrawalDuringTheExchangeStands) {
    ASSERT_TRUE(world_.authorize());
    const Consent again = consent();
    const auto gate = world_.platform.delayNext("info");
    Spawned<Result<MerchantId>> landing{world_.onboarding.completeByRedirect(again.state, shareSecret(again.code))};
    ASSERT_TRUE(runBlocking(world_.onboarding.receive(world_.event("unauthorized", "", world_.clock.now()))));

    gate->open();

    ASSERT_TRUE(landing.ended());
    ASSERT_FALSE(landing.result());
    EXPECT_EQ(landing.result().error().code, ErrorCode::kMerchantNotAuthorized);
    EXPECT_TRUE(world_.authorization()->withdrawn);
}

TEST_F(OnboardingTest, TieOfConsentAndLaterWithdrawalIsDecidedByWeChat) {
    for (const bool still_authorized : {true, false}) {
        World world;
        ASSERT_TRUE(world.authorize());
        const UtcTime second = world.clock.now();
        world.push(world.event("authorized", world.platform.consent(world.appid.text()), second));
        if (!still_authorized) world.platform.withdraw(world.appid.text());

        world.push(world.event("unauthorized", "", second));

        EXPECT_EQ(world.authorization()->withdrawn, !still_authorized);
        EXPECT_FALSE(world.authorization()->grants_stale);
    }
}

TEST_F(OnboardingTest, TieOfWithdrawalAndLaterConsentIsDecidedByWeChat) {
    for (const bool still_authorized : {true, false}) {
        World world;
        ASSERT_TRUE(world.authorize());
        const UtcTime second = world.clock.now();
        const std::string code = world.platform.consent(world.appid.text());
        world.push(world.event("unauthorized", "", second));
        ASSERT_TRUE(world.authorization()->withdrawn);
        if (!still_authorized) world.platform.withdraw(world.appid.text());

        world.push(world.event("authorized", code, second));

        EXPECT_EQ(world.authorization()->withdrawn, !still_authorized);
    }
}

TEST_F(OnboardingTest, EventThatFailedIsHandledLaterAndOldestFirst) {
    ASSERT_TRUE(world_.authorize());
    world_.platform.failNext("query_auth", FakePlatform::unreachable());
    world_.push(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now()));
    ASSERT_EQ(waiting(), 1U);
    EXPECT_TRUE(world_.authorization()->grants_stale);

    const auto errors = runBlocking(world_.onboarding.handleWaiting());

    EXPECT_TRUE(errors.empty());
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(world_.authorization()->event_at, world_.clock.now());
    EXPECT_FALSE(world_.authorization()->grants_stale);
}

TEST_F(OnboardingTest, EventThatFailsAgainWaitsOnAndSaysWhy) {
    ASSERT_TRUE(world_.authorize());
    world_.platform.failNext("query_auth", FakePlatform::unreachable());
    world_.platform.failNext("query_auth", FakePlatform::unreachable());
    world_.push(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now()));

    const auto errors = runBlocking(world_.onboarding.handleWaiting());

    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors.front().code, ErrorCode::kUpstreamUnreachable);
    EXPECT_EQ(waiting(), 1U);
}

TEST_F(OnboardingTest, OtherInfoTypesAreStoredAndClosed) {
    world_.push(world_.event("notify_third_fasteregister", "", world_.clock.now()));

    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(world_.authorization(), nullptr);
}

TEST_F(OnboardingTest, OlderTicketDoesNotReplaceANewerOne) {
    ASSERT_TRUE(runBlocking(world_.onboarding.receiveTicket(shareSecret("new"), world_.clock.now() + 1s)));
    ASSERT_TRUE(runBlocking(world_.onboarding.receiveTicket(shareSecret("old"), world_.clock.now())));

    EXPECT_EQ(world_.store.authorizations.component()->ticket->expose(), "new");
}

}  // namespace
}  // namespace tenants
