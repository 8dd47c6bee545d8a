#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tenants/base/task.h"
#include "tests/support/contract/stores_under_test.h"

/// What AuthorizationStore promises, whatever it is made of. Included by one source file of a test program.
namespace test_support {

using namespace tenants;  // the tests' own vocabulary is the domain's

class AuthorizationStoreContract : public testing::TestWithParam<StoresFactory> {
protected:
    AuthorizationStoreContract() : stores_(GetParam().make()) {
        for (const char* const id : {"mer_a", "mer_b"}) {
            const Merchant added{MerchantId{id}, "shop", false, "", 100, kNoon, 1, kComponent};
            EXPECT_TRUE(runBlocking(stores_->merchants().add(added)));
        }
    }

    AuthorizationStore& store() { return stores_->authorizations(); }

    Authorization authorization(const std::string& merchant, const std::string& appid) const {
        Authorization authorization;
        authorization.merchant = MerchantId{merchant};
        authorization.appid = AppId{appid};
        authorization.takeGrants({17, 117, 1117});
        authorization.account = {AccountKind::kService, true, 1, "粤停车"};
        authorization.event_at = kNoon - std::chrono::seconds{5};
        authorization.changed_at = kNoon;
        authorization.access_token = shareSecret("access-" + merchant);
        authorization.access_expires_at = kNoon + std::chrono::hours{2};
        authorization.refresh_token = shareSecret("refresh-" + merchant);
        return authorization;
    }
    std::shared_ptr<const Authorization> save(const Authorization& next) {
        const Result<std::shared_ptr<const Authorization>> saved = runBlocking(store().save(next));
        EXPECT_TRUE(saved);
        return *saved;
    }
    PlatformEvent event(const std::string& dedupe_key) const {
        PlatformEvent event;
        event.dedupe_key = dedupe_key;
        event.info_type = "authorized";
        event.appid = AppId{"wx1"};
        event.authorization_code = shareSecret("code-" + dedupe_key);
        event.pre_auth_code_hash = "abc";
        event.created_at = kNoon;
        event.received_at = kNoon + std::chrono::seconds{1};
        return event;
    }

    Invitation invitation(const std::string& state_hash, const std::string& only = {}) const {
        Invitation invitation;
        invitation.state_hash = state_hash;
        invitation.merchant = MerchantId{"mer_a"};
        invitation.choice = AccountChoice::kMiniPrograms;
        invitation.only = AppId{only};
        invitation.created_at = kNoon;
        invitation.expires_at = kNoon + std::chrono::hours{1};
        return invitation;
    }

    const UtcTime kNoon = UtcTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}} + std::chrono::hours{4};
    std::unique_ptr<StoresUnderTest> stores_;
};

TEST_P(AuthorizationStoreContract, SavedAuthorizationIsFoundByMerchantAndByAppId) {
    const std::shared_ptr<const Authorization> saved = save(authorization("mer_a", "wx1"));

    EXPECT_EQ(saved->generation, 1);
    const std::shared_ptr<const Authorization> found = store().find(MerchantId{"mer_a"});
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(store().findByAppId(AppId{"wx1"}), found);
    EXPECT_EQ(found->merchant, MerchantId{"mer_a"});
    EXPECT_EQ(found->appid, AppId{"wx1"});
    EXPECT_EQ(found->granted_sets, (std::set<int>{17, 117, 1117}));
    EXPECT_TRUE(found->ocr_was_granted);
    EXPECT_EQ(found->account.kind, AccountKind::kService);
    EXPECT_TRUE(found->account.verified);
    EXPECT_EQ(found->account.account_status, 1);
    EXPECT_EQ(found->account.nick_name, "粤停车");
    EXPECT_EQ(found->event_at, kNoon - std::chrono::seconds{5});
    EXPECT_EQ(found->access_token->expose(), "access-mer_a");
    EXPECT_EQ(found->access_expires_at, kNoon + std::chrono::hours{2});
    EXPECT_EQ(found->refresh_token->expose(), "refresh-mer_a");
    EXPECT_EQ(found->previous_refresh_token, nullptr);
    EXPECT_EQ(found->generation, 1);
}

TEST_P(AuthorizationStoreContract, EachSaveIsTheNextGenerationAndAnOlderOneIsRefused) {
    const std::shared_ptr<const Authorization> first = save(authorization("mer_a", "wx1"));
    Authorization next = *first;
    next.access_token = shareSecret("newer");
    next.trouble = "refresh_refused";
    ASSERT_EQ(save(next)->generation, 2);

    EXPECT_EQ(runBlocking(store().save(*first)).error().code, ErrorCode::kPreconditionFailed);
    EXPECT_EQ(runBlocking(store().save(authorization("mer_a", "wx1"))).error().code, ErrorCode::kPreconditionFailed);
    EXPECT_EQ(runBlocking(store().save([&] {
                  Authorization future = authorization("mer_b", "wx2");
                  future.generation = 7;
                  return future;
              }()))
                  .error()
                  .code,
              ErrorCode::kPreconditionFailed);

    EXPECT_EQ(store().find(MerchantId{"mer_a"})->access_token->expose(), "newer");
    EXPECT_EQ(store().find(MerchantId{"mer_a"})->trouble, "refresh_refused");
    EXPECT_EQ(store().find(MerchantId{"mer_b"}), nullptr);
}

TEST_P(AuthorizationStoreContract, AccountOfAnotherMerchantIsAConflict) {
    save(authorization("mer_a", "wx1"));

    EXPECT_EQ(runBlocking(store().save(authorization("mer_b", "wx1"))).error().code, ErrorCode::kConflict);

    EXPECT_EQ(store().find(MerchantId{"mer_b"}), nullptr);
    EXPECT_EQ(store().findByAppId(AppId{"wx1"})->merchant, MerchantId{"mer_a"});
}

TEST_P(AuthorizationStoreContract, MerchantThatMovesToAnotherAccountLeavesTheFirstFree) {
    Authorization moved = *save(authorization("mer_a", "wx1"));
    moved.appid = AppId{"wx2"};

    save(moved);

    EXPECT_EQ(store().findByAppId(AppId{"wx1"}), nullptr);
    EXPECT_EQ(store().findByAppId(AppId{"wx2"})->merchant, MerchantId{"mer_a"});
    EXPECT_EQ(save(authorization("mer_b", "wx1"))->generation, 1);
}

TEST_P(AuthorizationStoreContract, WithdrawnAuthorizationKeepsNoToken) {
    Authorization withdrawn = *save(authorization("mer_a", "wx1"));
    withdrawn.withdrawn = true;
    withdrawn.grants_stale = true;
    withdrawn.granted_sets.clear();
    withdrawn.access_token = nullptr;
    withdrawn.refresh_token = nullptr;

    save(withdrawn);

    const std::shared_ptr<const Authorization> found = store().find(MerchantId{"mer_a"});
    EXPECT_TRUE(found->withdrawn);
    EXPECT_TRUE(found->grants_stale);
    EXPECT_TRUE(found->granted_sets.empty());
    EXPECT_EQ(found->access_token, nullptr);
    EXPECT_EQ(found->refresh_token, nullptr);
}

TEST_P(AuthorizationStoreContract, MerchantFindsNoAuthorizationOfAnother) {
    save(authorization("mer_a", "wx1"));

    EXPECT_EQ(store().find(MerchantId{"mer_b"}), nullptr);
    EXPECT_EQ(store().findByAppId(AppId{"wx2"}), nullptr);
}

TEST_P(AuthorizationStoreContract, NewestTicketIsKept) {
    ASSERT_NE(store().component(), nullptr);
    EXPECT_EQ(store().component()->ticket, nullptr);

    ASSERT_TRUE(runBlocking(store().saveTicket(shareSecret("ticket-2"), kNoon)));
    ASSERT_TRUE(runBlocking(store().saveTicket(shareSecret("ticket-1"), kNoon - std::chrono::seconds{600})));
    ASSERT_TRUE(runBlocking(store().saveComponentToken(shareSecret("component"), kNoon + std::chrono::hours{2})));

    EXPECT_EQ(store().component()->ticket->expose(), "ticket-2");
    EXPECT_EQ(store().component()->ticket_created_at, kNoon);
    EXPECT_EQ(store().component()->access_token->expose(), "component");
    EXPECT_EQ(store().component()->access_expires_at, kNoon + std::chrono::hours{2});
}

TEST_P(AuthorizationStoreContract, LinkIsFoundByStateAndByPreAuthCode) {
    const AuthorizationLink link{"state-1", "code-1", MerchantId{"mer_a"}, kNoon, kNoon + std::chrono::minutes{10},
                                 "inv-1"};
    ASSERT_TRUE(runBlocking(store().addLink(link)));

    const std::optional<AuthorizationLink> by_state = runBlocking(store().findLinkByState("state-1"));
    const std::optional<AuthorizationLink> by_code = runBlocking(store().findLinkByPreAuthCode("code-1"));

    ASSERT_TRUE(by_state);
    EXPECT_EQ(by_state->merchant, MerchantId{"mer_a"});
    EXPECT_EQ(by_state->created_at, kNoon);
    EXPECT_EQ(by_state->expires_at, kNoon + std::chrono::minutes{10});
    EXPECT_EQ(by_state->invitation_hash, "inv-1");
    ASSERT_TRUE(by_code);
    EXPECT_EQ(by_code->state_hash, "state-1");
    EXPECT_FALSE(runBlocking(store().findLinkByState("code-1")));
    EXPECT_FALSE(runBlocking(store().findLinkByPreAuthCode("state-1")));
}

TEST_P(AuthorizationStoreContract, CodeIsKnownFromWhenItIsRememberedAndMayBeRememberedAgain) {
    EXPECT_FALSE(runBlocking(store().knowsCode("hash-1")));

    ASSERT_TRUE(runBlocking(store().rememberCode("hash-1", kNoon)));
    ASSERT_TRUE(runBlocking(store().rememberCode("hash-1", kNoon)));

    EXPECT_TRUE(runBlocking(store().knowsCode("hash-1")));
    EXPECT_FALSE(runBlocking(store().knowsCode("hash-2")));
}

TEST_P(AuthorizationStoreContract, EventIsStoredOnceAndKeptUntilHandled) {
    const Result<std::optional<PlatformEvent>> first = runBlocking(store().addEvent(event("e-1")));
    PlatformEvent bare = event("e-2");
    bare.authorization_code = nullptr;
    const Result<std::optional<PlatformEvent>> second = runBlocking(store().addEvent(bare));
    ASSERT_TRUE(first && *first && second && *second);
    EXPECT_LT((**first).id, (**second).id);
    EXPECT_EQ((**first).authorization_code->expose(), "code-e-1");
    EXPECT_FALSE(*runBlocking(store().addEvent(event("e-1"))));
    EXPECT_TRUE(runBlocking(store().knowsEvent("e-1")));
    EXPECT_FALSE(runBlocking(store().knowsEvent("e-3")));

    const std::vector<PlatformEvent> waiting = runBlocking(store().unhandledEvents());
    ASSERT_EQ(waiting.size(), 2U);
    EXPECT_EQ(waiting[0].id, (**first).id);
    EXPECT_EQ(waiting[0].dedupe_key, "e-1");
    EXPECT_EQ(waiting[0].info_type, "authorized");
    EXPECT_EQ(waiting[0].appid, AppId{"wx1"});
    EXPECT_EQ(waiting[0].authorization_code->expose(), "code-e-1");
    EXPECT_EQ(waiting[0].pre_auth_code_hash, "abc");
    EXPECT_EQ(waiting[0].created_at, kNoon);
    EXPECT_EQ(waiting[0].received_at, kNoon + std::chrono::seconds{1});
    EXPECT_EQ(waiting[1].authorization_code, nullptr);

    ASSERT_TRUE(runBlocking(store().markEventHandled((**first).id, kNoon)));

    EXPECT_EQ(runBlocking(store().unhandledEvents()).size(), 1U);
    EXPECT_FALSE(*runBlocking(store().addEvent(event("e-1"))));
}

TEST_P(AuthorizationStoreContract, TheSoonestEndComesFirstAndTheWithdrawnNotAtAll) {
    Authorization late = authorization("mer_a", "wx_a");
    Authorization soon = authorization("mer_b", "wx_b");
    soon.access_expires_at -= std::chrono::minutes{30};
    const auto stored_late = save(late);
    const auto stored_soon = save(soon);
    const UtcTime end = stored_late->access_expires_at;

    EXPECT_EQ(store().expiringBefore(UtcTime::max()), (std::vector{stored_soon, stored_late}));
    EXPECT_EQ(store().expiringBefore(end), std::vector{stored_soon});
    EXPECT_TRUE(store().expiringBefore(stored_soon->access_expires_at).empty());

    Authorization renewed = *stored_soon;
    renewed.access_expires_at = end + std::chrono::minutes{1};
    const auto stored_renewed = save(renewed);
    EXPECT_EQ(store().expiringBefore(UtcTime::max()), (std::vector{stored_late, stored_renewed}));

    Authorization gone = *stored_late;
    gone.withdraw(kNoon);
    save(gone);
    EXPECT_EQ(store().expiringBefore(UtcTime::max()), std::vector{stored_renewed});
}

TEST_P(AuthorizationStoreContract, AnAuthorizationWithoutAnAccessTokenEndsBeforeAllOthers) {
    const auto with_token = save(authorization("mer_a", "wx_a"));
    Authorization without = authorization("mer_b", "wx_b");
    without.access_token = nullptr;
    without.access_expires_at = {};
    const auto without_token = save(without);

    EXPECT_EQ(store().expiringBefore(UtcTime::max()), (std::vector{without_token, with_token}));
}

TEST_P(AuthorizationStoreContract, InvitationIsFoundByItsStateAndKeepsTheTimeOfItsCompletion) {
    ASSERT_TRUE(runBlocking(store().addInvitation(invitation("inv-1", "wx1"))));

    std::optional<Invitation> found = runBlocking(store().findInvitation("inv-1"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->merchant, MerchantId{"mer_a"});
    EXPECT_EQ(found->choice, AccountChoice::kMiniPrograms);
    EXPECT_EQ(found->only, AppId{"wx1"});
    EXPECT_EQ(found->created_at, kNoon);
    EXPECT_EQ(found->expires_at, kNoon + std::chrono::hours{1});
    EXPECT_FALSE(found->completed_at);
    EXPECT_FALSE(runBlocking(store().findInvitation("inv-2")));

    ASSERT_TRUE(runBlocking(store().completeInvitation("inv-1", kNoon + std::chrono::minutes{1})));
    ASSERT_TRUE(runBlocking(store().completeInvitation("inv-1", kNoon + std::chrono::minutes{2})));
    found = runBlocking(store().findInvitation("inv-1"));
    EXPECT_EQ(found->completed_at, kNoon + std::chrono::minutes{1});
}

TEST_P(AuthorizationStoreContract, NewestOpenInvitationOfAnAccountIsFound) {
    Invitation newer = invitation("inv-2", "wx1");
    newer.merchant = MerchantId{"mer_b"};
    newer.created_at = kNoon + std::chrono::seconds{1};
    newer.expires_at = kNoon + std::chrono::minutes{30};
    for (const Invitation& one : {invitation("inv-1", "wx1"), newer, invitation("inv-3"), invitation("inv-4", "wx2")}) {
        ASSERT_TRUE(runBlocking(store().addInvitation(one)));
    }
    const auto found = [&](const std::string& appid, UtcTime now) {
        const auto invitation = runBlocking(store().findInvitationOfAccount(AppId{appid}, now));
        return invitation ? invitation->state_hash : std::string{};
    };

    EXPECT_EQ(found("wx1", kNoon), "inv-2");
    EXPECT_EQ(found("wx1", kNoon + std::chrono::minutes{30}), "inv-1") << "the newer one has run out";
    EXPECT_EQ(found("wx1", kNoon + std::chrono::hours{1}), "");
    EXPECT_EQ(found("", kNoon), "") << "one of any account is none of this account";
    ASSERT_TRUE(runBlocking(store().completeInvitation("inv-4", kNoon)));
    EXPECT_EQ(found("wx2", kNoon), "");
}

TEST_P(AuthorizationStoreContract, OpeningsAreCountedByPeriods) {
    ASSERT_TRUE(runBlocking(store().addInvitation(invitation("inv-1"))));
    const OpeningLimit limit{std::chrono::minutes{10}, 2};
    const auto opens = [&](UtcTime now) { return *runBlocking(store().countOpening("inv-1", now, limit)); };

    EXPECT_TRUE(opens(kNoon));
    EXPECT_TRUE(opens(kNoon + std::chrono::minutes{9}));
    EXPECT_FALSE(opens(kNoon + std::chrono::minutes{9}));
    EXPECT_TRUE(opens(kNoon + std::chrono::minutes{10}));
    EXPECT_TRUE(opens(kNoon + std::chrono::minutes{10}));
    EXPECT_FALSE(opens(kNoon + std::chrono::minutes{11}));
    EXPECT_TRUE(opens(kNoon)) << "a clock that was set back must not lock anybody out";
    EXPECT_FALSE(*runBlocking(store().countOpening("inv-2", kNoon, limit))) << "there is none";
}

TEST_P(AuthorizationStoreContract, OnlyWhatEndedBeforeIsErasedAndAsMuchAsAllowed) {
    const UtcTime later = kNoon + std::chrono::hours{2};
    for (const char* const number : {"1", "2", "3"}) {
        const std::string name{number};
        ASSERT_TRUE(runBlocking(store().addInvitation(invitation("inv-" + name))));
        ASSERT_TRUE(runBlocking(store().addLink({"state-" + name, "code-" + name, MerchantId{"mer_a"}, kNoon,
                                                 kNoon + std::chrono::minutes{10}, "inv-" + name})));
        ASSERT_TRUE(runBlocking(store().rememberCode("hash-" + name, kNoon)));
        const auto stored = runBlocking(store().addEvent(event("e-" + name)));
        if (name != "3") {
            ASSERT_TRUE(runBlocking(store().markEventHandled((**stored).id, kNoon)));
        }
    }

    EXPECT_EQ(*runBlocking(store().eraseEnded(kNoon, 100)), 0U);
    EXPECT_EQ(*runBlocking(store().eraseEnded(later, 2)), 8U);
    EXPECT_EQ(*runBlocking(store().eraseEnded(later, 2)), 3U);
    EXPECT_EQ(*runBlocking(store().eraseEnded(later, 2)), 0U);

    EXPECT_EQ(runBlocking(store().unhandledEvents()).size(), 1U);
    EXPECT_FALSE(*runBlocking(store().addEvent(event("e-3")))) << "not handled, so still known";
    EXPECT_TRUE(*runBlocking(store().addEvent(event("e-1"))));
    EXPECT_FALSE(runBlocking(store().knowsCode("hash-1")));
    EXPECT_FALSE(runBlocking(store().findInvitation("inv-1")));
    EXPECT_FALSE(runBlocking(store().findLinkByState("state-1")));
}

}  // namespace test_support
