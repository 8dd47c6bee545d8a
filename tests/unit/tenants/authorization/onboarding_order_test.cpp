#include "tenants/authorization/onboarding.h"

#include <algorithm>
#include <array>
#include <vector>

#include "tests/unit/tenants/authorization/onboarding_fixture.h"

namespace tenants {
namespace {

class OnboardingOrder : public OnboardingTest {};

template <class T>
Task<bool> endsWell(Task<Result<T>> task) {
    const auto result = co_await std::move(task);
    co_return static_cast<bool>(result);
}

TEST_F(OnboardingOrder, OlderWithdrawalChangesNothing) {
    ASSERT_TRUE(world_.authorize());
    world_.push(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now()));
    ASSERT_TRUE(authorized());
    const std::int64_t generation = world_.authorization()->generation;

    world_.push(world_.event("unauthorized", "", world_.clock.now() - 1s));

    EXPECT_TRUE(authorized());
    EXPECT_EQ(world_.authorization()->generation, generation);
}

TEST_F(OnboardingOrder, OlderConsentDoesNotUndoAWithdrawal) {
    ASSERT_TRUE(world_.authorize());
    const std::string code = world_.platform.consent(world_.appid.text());
    world_.push(world_.event("unauthorized", "", world_.clock.now() + 1s));
    const int before = exchanges();

    world_.push(authorizedEvent(code, world_.clock.now() - 1s));

    EXPECT_TRUE(world_.authorization()->withdrawn);
    EXPECT_EQ(exchanges(), before);
}

TEST_F(OnboardingOrder, NewerConsentAfterAWithdrawalAuthorizesAgain) {
    ASSERT_TRUE(world_.authorize());
    world_.push(world_.event("unauthorized", "", world_.clock.now() + std::chrono::seconds{1}));

    world_.push(authorizedEvent(world_.platform.consent(world_.appid.text()), world_.clock.now() + 1s));

    EXPECT_TRUE(authorized());
}

/// What the simulated week found: the account came back by the daily reconciliation, and then its old withdrawal arrived.
TEST_F(OnboardingOrder, WithdrawalThatWasHeldUpIsDecidedByWeChat) {
    for (const bool still_authorized : {true, false}) {
        World world;
        ASSERT_TRUE(world.authorize());
        const UtcTime made = world.clock.now() + 60s;
        world.clock.advance(3h);
        world.change([&world](Authorization& next) { next.changed_at = world.clock.now(); });
        if (!still_authorized) world.platform.withdraw(world.appid.text());

        world.push(world.event("unauthorized", "", made));

        EXPECT_EQ(world.authorization()->withdrawn, !still_authorized);
        EXPECT_FALSE(world.authorization()->grants_stale);
    }
}

TEST_F(OnboardingOrder, WithdrawalThatWasHeldUpIsNotBelievedAndNotForgottenWhileWeChatIsSilent) {
    ASSERT_TRUE(world_.authorize());
    const UtcTime made = world_.clock.now() + 60s;
    world_.clock.advance(3h);
    world_.change([this](Authorization& next) { next.changed_at = world_.clock.now(); });
    world_.platform.withdraw(world_.appid.text());

    (void)runBlocking(world_.onboarding.receive(world_.event("unauthorized", "", made)));

    EXPECT_FALSE(world_.authorization()->withdrawn);
    EXPECT_TRUE(world_.authorization()->grants_stale) << "the next scan asks first";
}

TEST_F(OnboardingOrder, TieOfConsentAndLaterWithdrawalIsDecidedByWeChat) {
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

TEST_F(OnboardingOrder, TieOfWithdrawalAndLaterConsentIsDecidedByWeChat) {
    for (const bool still_authorized : {true, false}) {
        World world;
        ASSERT_TRUE(world.authorize());
        const UtcTime second = world.clock.now() + 1s;
        const std::string code = world.platform.consent(world.appid.text());
        world.push(world.event("unauthorized", "", second));
        ASSERT_TRUE(world.authorization()->withdrawn);
        if (!still_authorized) world.platform.withdraw(world.appid.text());

        world.push(world.event("authorized", code, second));

        EXPECT_EQ(world.authorization()->withdrawn, !still_authorized);
    }
}

/// Every order of four events of one account ends where the newest of them says, whatever came twice.
TEST_F(OnboardingOrder, EveryOrderOfConsentAndWithdrawalEndsWithTheNewest) {
    for (const bool ends_authorized : {true, false}) {
        std::array<std::size_t, 4> order{0, 1, 2, 3};
        do {
            World world;
            ASSERT_TRUE(world.authorize());
            const UtcTime start = world.clock.now();
            world.clock.advance(10s);
            std::vector<PlatformEvent> events;
            for (const int second : {1, 2, 3, 4}) {
                const bool consents = (second % 2 == 0) == ends_authorized;
                const std::string code = consents ? world.platform.consent(world.appid.text()) : std::string{};
                events.push_back(
                    world.event(consents ? "authorized" : "unauthorized", code, start + std::chrono::seconds{second}));
            }
            if (!ends_authorized) world.platform.withdraw(world.appid.text());

            for (const std::size_t next : order) {
                world.push(events[next]);
                world.push(events[next]);
            }

            const std::string text = std::to_string(order[0]) + std::to_string(order[1]) + std::to_string(order[2]) +
                                     std::to_string(order[3]);
            EXPECT_EQ(world.authorization()->withdrawn, !ends_authorized) << text;
            EXPECT_EQ(world.authorization()->event_at, start + 4s) << text;
            EXPECT_TRUE(runBlocking(world.store.authorizations.unhandledEvents()).empty()) << text;
        } while (std::next_permutation(order.begin(), order.end()));
    }
}

TEST_F(OnboardingOrder, OlderWithdrawalThatComesDuringTheExchangeDoesNotUndoIt) {
    for (const bool by_redirect : {true, false}) {
        World world;
        ASSERT_TRUE(world.authorize());
        const PlatformEvent withdrawal = world.event("unauthorized", "", world.clock.now() + 1s);  // held up
        world.clock.advance(10s);
        const std::string state = world.newState();
        const std::string code = world.platform.consent(world.appid.text());
        const auto gate = world.platform.delayNext("info");
        const auto received = runBlocking(world.onboarding.receive(world.event("authorized", code, world.clock.now())));
        const auto exchanging =
            by_redirect ? Spawned<bool>{endsWell(world.onboarding.completeByRedirect(state, shareSecret(code)))}
                        : Spawned<bool>{endsWell(world.onboarding.handle(**received))};
        ASSERT_TRUE(runBlocking(world.onboarding.receive(withdrawal)));

        gate->open();

        ASSERT_TRUE(exchanging.ended());
        EXPECT_TRUE(exchanging.result()) << by_redirect;
        EXPECT_FALSE(world.authorization()->withdrawn) << by_redirect;
        EXPECT_NE(world.authorization()->refresh_token, nullptr) << by_redirect;
    }
}

TEST_F(OnboardingOrder, WithdrawalPushedAgainAfterANewConsentHasNoSecondEffect) {
    ASSERT_TRUE(world_.authorize());
    const std::string state = world_.newState();  // a link that was there before the withdrawal
    world_.clock.advance(10s);
    const PlatformEvent withdrawal = world_.event("unauthorized", "", world_.clock.now() + std::chrono::seconds{1});
    world_.push(withdrawal);
    ASSERT_TRUE(world_.land(state, world_.platform.consent(world_.appid.text())));  // its event is lost

    world_.push(withdrawal);  // WeChat did not hear our answer

    EXPECT_TRUE(authorized());
}

/// Stored under a clock that was a year ahead, here or at WeChat: the next event is believed, or WeChat is asked.
TEST_F(OnboardingOrder, TimeThatLiesAheadDoesNotBlockWhatComesAfterIt) {
    for (const bool withdrawn_before : {false, true}) {
        World world;
        ASSERT_TRUE(world.authorize());
        if (withdrawn_before) {
            world.platform.withdraw(world.appid.text());
            world.push(world.event("unauthorized", "", world.clock.now() + 1s));
        }
        world.change([&world](Authorization& next) { next.event_at = world.clock.now() + 24h * 365; });
        world.clock.advance(60s);

        if (withdrawn_before) {
            world.push(world.event("authorized", world.platform.consent(world.appid.text()), world.clock.now()));
        } else {
            world.platform.withdraw(world.appid.text());
            world.push(world.event("unauthorized", "", world.clock.now()));
        }

        EXPECT_EQ(world.authorization()->withdrawn, !withdrawn_before);
        EXPECT_FALSE(world.authorization()->grants_stale);
        if (withdrawn_before) {
            EXPECT_EQ(world.authorization()->event_at, world.clock.now()) << "and is set right by a consent";
        }
    }
}

TEST_F(OnboardingOrder, EventOfLastYearHasNoEffect) {
    ASSERT_TRUE(world_.authorize());
    const std::int64_t generation = world_.authorization()->generation;

    world_.push(world_.event("unauthorized", "", world_.clock.now() - std::chrono::hours{24 * 365}));
    world_.push(authorizedEvent("queryauthcode@@@old", world_.clock.now() - std::chrono::hours{24 * 365}));

    EXPECT_TRUE(authorized());
    EXPECT_EQ(world_.authorization()->generation, generation);
    EXPECT_EQ(waiting(), 0U);
}

}  // namespace
}  // namespace tenants
