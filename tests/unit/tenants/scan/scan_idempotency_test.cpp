#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tenants/scan/scan_licence.h"
#include "tests/support/receipts.h"
#include "tests/support/spawned.h"
#include "tests/support/world.h"

// The rows of conventions.md §3, "Idempotency-Key".
namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::entryNumber;
using test_support::FakeUpstream;
using test_support::ScanWorld;
using test_support::Spawned;

class ScanIdempotency : public ::testing::Test {
protected:
    Error repeatError(unsigned char content = 1) {
        const auto scanned = world_.scan(world_.repeatable("idem-1", content));
        if (scanned) {
            ADD_FAILURE() << "scanned";
            return {ErrorCode::kConflict, ""};
        }
        return scanned.error();
    }
    std::size_t upstreamCalls() const { return world_.upstream.calls().size(); }

    ScanWorld world_;
};

TEST_F(ScanIdempotency, FinishedRequestGivesTheSameBytesAgainAndNoCharge) {
    const auto first = world_.scan(world_.repeatable("idem-1"));
    ASSERT_TRUE(first);
    world_.clock.advance(599s);

    const auto again = world_.scan(world_.repeatable("idem-1"));

    ASSERT_TRUE(again);
    EXPECT_TRUE(again->replayed);
    EXPECT_FALSE(first->replayed);
    EXPECT_EQ(again->body->expose(), first->body->expose());
    EXPECT_EQ(entryNumber(again->receipt), entryNumber(first->receipt));
    EXPECT_EQ(again->request.text(), "idem-1");
    EXPECT_EQ(upstreamCalls(), 1U);
    EXPECT_EQ(world_.charges(), 1U);
}

TEST_F(ScanIdempotency, AnotherKeyOfTheMerchantGetsTheReplayToo) {
    ASSERT_TRUE(world_.scan(world_.repeatable("idem-1")));
    ScanInput rotated = world_.repeatable("idem-1");
    rotated.caller = *world_.authenticator.authenticate(world_.addKey(world_.merchant, KeyId{"key_2"}));

    const auto again = world_.scan(rotated);

    ASSERT_TRUE(again);
    EXPECT_TRUE(again->replayed);
    EXPECT_EQ(world_.charges(), 1U);
}

TEST_F(ScanIdempotency, NotRecognisedIsToldAgainWithoutACall) {
    world_.upstream.plan(FakeUpstream::refused(101001));
    EXPECT_FALSE(repeatError().replayed);

    const Error again = repeatError();

    EXPECT_EQ(again.code, ErrorCode::kNotRecognised);
    EXPECT_TRUE(again.replayed);
    EXPECT_EQ(again.request_id, "idem-1");
    EXPECT_EQ(upstreamCalls(), 1U);
}

TEST_F(ScanIdempotency, ExpiredReplyNamesTheEntryAndDoesNotScanAgain) {
    ASSERT_TRUE(world_.scan(world_.input("req_0")));
    ASSERT_TRUE(world_.scan(world_.repeatable("idem-1")));
    world_.clock.advance(600s);

    const Error again = repeatError();

    EXPECT_EQ(again.code, ErrorCode::kIdempotencyReplyExpired);
    EXPECT_NE(again.for_caller.find("ledger entry 2"), std::string::npos);
    EXPECT_EQ(upstreamCalls(), 2U);
    EXPECT_EQ(world_.charges(), 2U);
}

TEST_F(ScanIdempotency, ExpiredReplyOfANotRecognisedScanSaysThatNothingWasCharged) {
    world_.upstream.plan(FakeUpstream::refused(101001));
    (void)repeatError();
    world_.clock.advance(600s);

    const Error again = repeatError();

    EXPECT_EQ(again.code, ErrorCode::kIdempotencyReplyExpired);
    EXPECT_NE(again.for_caller.find("not charged"), std::string::npos);
}

TEST_F(ScanIdempotency, RunningRequestIsNotStartedAgain) {
    const auto gate = world_.upstream.holdCalls();
    Spawned<Result<ScanOutput>> first{world_.scans.scan(world_.repeatable("idem-1"))};

    const Error second = repeatError();

    EXPECT_EQ(second.code, ErrorCode::kIdempotencyInFlight);
    EXPECT_EQ(second.retry_at, world_.clock.now() + 1s);
    EXPECT_EQ(upstreamCalls(), 1U);
    gate->open();
    ASSERT_TRUE(first.ended());
    EXPECT_TRUE(first.result());
    EXPECT_TRUE(world_.scan(world_.repeatable("idem-1"))->replayed);
}

TEST_F(ScanIdempotency, AnotherRequestUnderTheSameKeyIsAMismatchInEveryState) {
    const auto gate = world_.upstream.holdCalls();
    Spawned<Result<ScanOutput>> first{world_.scans.scan(world_.repeatable("idem-1"))};
    EXPECT_EQ(repeatError(2).code, ErrorCode::kIdempotencyMismatch);

    gate->open();
    EXPECT_EQ(repeatError(2).code, ErrorCode::kIdempotencyMismatch);
    EXPECT_EQ(world_.charges(), 1U);
}

TEST_F(ScanIdempotency, UnknownOutcomeIsToldAgainInTheSameWordsAndNotRepeated) {
    UpstreamAnswer incomplete = FakeUpstream::recognised();
    incomplete.has_licence = false;
    const std::vector<std::pair<FakeUpstream::Answer, ErrorCode>> outcomes{
        {FakeUpstream::silence(true, false), ErrorCode::kUpstreamUnreachable},
        {FakeUpstream::silence(true, true), ErrorCode::kUpstreamTimeout},
        {incomplete, ErrorCode::kUpstreamUnreachable}};
    for (const auto& [outcome, code] : outcomes) {
        ScanWorld world;
        world.upstream.plan(outcome);

        const auto first = world.scan(world.repeatable("idem-1"));
        const auto again = world.scan(world.repeatable("idem-1"));

        ASSERT_TRUE(!first && !again);
        EXPECT_EQ(stableCode(first.error().code), stableCode(code));
        EXPECT_EQ(stableCode(again.error().code), stableCode(code));
        EXPECT_EQ(again.error().for_caller, first.error().for_caller);
        EXPECT_EQ(again.error().request_id, "idem-1");
        EXPECT_FALSE(first.error().replayed);
        EXPECT_TRUE(again.error().replayed);
        EXPECT_EQ(world.upstream.calls().size(), 1U);
    }
}

TEST_F(ScanIdempotency, RequestThatACrashLeftBehindIsToldSo) {
    const auto gate = world_.upstream.holdCalls();
    Spawned<Result<ScanOutput>> first{world_.scans.scan(world_.repeatable("idem-1"))};
    ASSERT_TRUE(runBlocking(world_.store.ledger.sweep(UtcTime::max(), world_.clock.now())));

    const Error again = repeatError();
    gate->open();

    EXPECT_EQ(again.code, ErrorCode::kUpstreamTimeout);
    EXPECT_EQ(again.for_caller, "The scan was interrupted; its outcome is unknown.");
    EXPECT_EQ(upstreamCalls(), 1U);
}

TEST_F(ScanIdempotency, ReleasedRequestMayRunAgain) {
    world_.upstream.plan(FakeUpstream::refused(-1));
    EXPECT_EQ(repeatError().code, ErrorCode::kUpstreamBusy);

    const auto again = world_.scan(world_.repeatable("idem-1"));

    ASSERT_TRUE(again);
    EXPECT_FALSE(again->replayed);
    EXPECT_EQ(world_.charges(), 1U);
}

TEST_F(ScanIdempotency, ReleasedRequestMayNotRunAgainAsAnother) {
    world_.upstream.plan(FakeUpstream::refused(-1));
    (void)repeatError();

    EXPECT_EQ(repeatError(2).code, ErrorCode::kIdempotencyMismatch);
    EXPECT_EQ(upstreamCalls(), 1U);
}

TEST_F(ScanIdempotency, RefusalBeforeAnyEffectIsNotStored) {
    world_.change([](Authorization& next) { next.granted_sets = {}; });
    EXPECT_EQ(repeatError().code, ErrorCode::kPermission117Missing);
    world_.change([](Authorization& next) { next.granted_sets = {117}; });

    EXPECT_TRUE(world_.scan(world_.repeatable("idem-1")));
}

TEST_F(ScanIdempotency, SameKeyOfTwoMerchantsIsTwoRequests) {
    const MerchantId other{"mer_2"};
    world_.addMerchant(other, 5);
    const auto invited = runBlocking(world_.onboarding.invite(other, {}));
    const std::string state = ScanWorld::linkPart(invited->link.pc_url, "state%3D", "&");
    ASSERT_TRUE(world_.land(state, world_.platform.consent("wx2222222222222222")));
    ScanInput theirs = world_.repeatable("idem-1");
    theirs.caller = *world_.authenticator.authenticate(world_.addKey(other, KeyId{"key_2"}));

    const auto ours = world_.scan(world_.repeatable("idem-1"));
    const auto foreign = world_.scan(theirs);

    ASSERT_TRUE(ours && foreign);
    EXPECT_FALSE(foreign->replayed);
    EXPECT_EQ(entryNumber(foreign->receipt), 1);
    EXPECT_EQ(upstreamCalls(), 2U);
    EXPECT_EQ(world_.upstream.calls()[1].appid.text(), "wx2222222222222222");
}

TEST_F(ScanIdempotency, WithoutAKeyTheSameRequestIdIsAScanOfItsOwn) {
    const auto first = world_.scan(world_.input("req_of_the_caller"));
    const auto second = world_.scan(world_.input("req_of_the_caller"));

    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->request.text(), "req_of_the_caller");
    EXPECT_TRUE(second->request.text().starts_with("req_"));
    EXPECT_NE(second->request, first->request);
    EXPECT_FALSE(second->replayed);
    EXPECT_EQ(world_.charges(), 2U);
    const UsageEntry entry = world_.store.ledger.entries(world_.merchant, {}, 1).front();
    EXPECT_EQ(entry.x_request_id, "req_of_the_caller");
}

TEST_F(ScanIdempotency, WithoutAKeyNoReplyIsKept) {
    ASSERT_TRUE(world_.scan(world_.input("idem-1")));

    Reservation again;
    again.merchant = world_.merchant;
    again.request = RequestId{"idem-1"};
    again.at = world_.clock.now();
    const auto reserved = runBlocking(world_.store.ledger.reserve(again));

    ASSERT_TRUE(reserved && std::holds_alternative<Repeat>(*reserved));
    EXPECT_FALSE(std::get<Repeat>(*reserved).reply);
}

TEST_F(ScanIdempotency, LifetimeOfZeroKeepsNoReply) {
    ScanLicence scans{world_.store.merchants, world_.platforms, world_.store.ledger,    world_.upstream,
                      world_.patience,        world_.clock,     {.reply_lifetime = 0ms}};
    ASSERT_TRUE(runBlocking(scans.scan(world_.repeatable("idem-1"))));

    const auto again = runBlocking(scans.scan(world_.repeatable("idem-1")));

    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::kIdempotencyReplyExpired);
    EXPECT_EQ(world_.charges(), 1U);
}

/// WeChat has left so many calls of the merchant without an answer that none goes out any more.
class WhileCallsAreStopped : public ScanIdempotency {
protected:
    void stopCalls() {
        for (std::uint32_t failure = 0; failure < ScanLimits{}.merchant_breaker.failures; ++failure) {
            world_.upstream.plan(FakeUpstream::silence(true, true));
            (void)world_.scan(world_.input("req_" + std::to_string(failure)));
        }
        calls_ = upstreamCalls();
        EXPECT_EQ(world_.scan(world_.input("req_last")).error().code, ErrorCode::kUpstreamUnreachable);
    }
    void expectNoCall() const { EXPECT_EQ(upstreamCalls(), calls_); }

    std::size_t calls_ = 0;
};

TEST_F(WhileCallsAreStopped, AnsweredRequestIsToldAgain) {
    const auto first = world_.scan(world_.repeatable("idem-1"));
    world_.upstream.plan(FakeUpstream::refused(101001));
    EXPECT_EQ(repeatError(2).code, ErrorCode::kIdempotencyMismatch);
    ASSERT_FALSE(world_.scan(world_.repeatable("idem-2")));
    stopCalls();

    const auto again = world_.scan(world_.repeatable("idem-1"));

    ASSERT_TRUE(again);
    EXPECT_TRUE(again->replayed);
    EXPECT_EQ(again->body->expose(), first->body->expose());
    EXPECT_EQ(entryNumber(again->receipt), entryNumber(first->receipt));
    EXPECT_EQ(world_.scan(world_.repeatable("idem-2")).error().code, ErrorCode::kNotRecognised);
    EXPECT_EQ(repeatError(2).code, ErrorCode::kIdempotencyMismatch);
    expectNoCall();
    EXPECT_EQ(world_.charges(), 1U);
}

TEST_F(WhileCallsAreStopped, NewAndReleasedRequestsAreRefusedAndLeaveNothing) {
    world_.upstream.plan(FakeUpstream::silence(false, false));
    EXPECT_EQ(repeatError().code, ErrorCode::kUpstreamUnreachable);
    stopCalls();
    const auto released = repeatError();
    const auto fresh = world_.scan(world_.repeatable("idem-new"));

    EXPECT_EQ(released.code, ErrorCode::kUpstreamUnreachable);
    EXPECT_FALSE(released.replayed);
    EXPECT_TRUE(released.retry_at);
    EXPECT_EQ(fresh.error().code, ErrorCode::kUpstreamUnreachable);
    EXPECT_EQ(world_.hold("idem-1").state, HoldState::kReleased);
    EXPECT_EQ(world_.hold("idem-new").request.text(), "") << "no hold";
    expectNoCall();
}

TEST_F(WhileCallsAreStopped, WhoLostItsRightsIsToldNothing) {
    ASSERT_TRUE(world_.scan(world_.repeatable("idem-1")));
    stopCalls();
    world_.change([](Authorization& authorization) { authorization.granted_sets.clear(); });

    EXPECT_EQ(repeatError().code, ErrorCode::kPermission117Missing);
}

TEST_F(WhileCallsAreStopped, PermitForARepeatAloneIsJudgedBeforeTheBodyIsThere) {
    ASSERT_TRUE(world_.scan(world_.repeatable("idem-1")));
    stopCalls();
    const auto permit = world_.scans.enter(world_.caller, true);
    ASSERT_TRUE(permit);
    ASSERT_NE(permit->refusalUnlessRepeat(), nullptr);

    EXPECT_TRUE(runBlocking(world_.scans.mayBeRepeat(*permit, world_.caller, "idem-1")));
    const auto fresh = runBlocking(world_.scans.mayBeRepeat(*permit, world_.caller, "idem-new"));
    world_.store.faults.refuse("findRepeat");
    const auto blind = runBlocking(world_.scans.mayBeRepeat(*permit, world_.caller, "idem-1"));

    EXPECT_EQ(fresh.error().code, ErrorCode::kUpstreamUnreachable);
    EXPECT_EQ(blind.error().code, ErrorCode::kStoreUnavailable);
}

TEST_F(ScanIdempotency, NothingIsLetInWhereTheStoreCannotBeWritten) {
    ASSERT_TRUE(world_.scan(world_.repeatable("idem-1")));
    world_.store.faults.refuse("ready");

    EXPECT_EQ(world_.scans.enter(world_.caller).error().code, ErrorCode::kStoreUnavailable);
    EXPECT_EQ(world_.scan(world_.input("req_1")).error().code, ErrorCode::kStoreUnavailable);
    EXPECT_EQ(repeatError().code, ErrorCode::kStoreUnavailable);
    EXPECT_EQ(upstreamCalls(), 1U);

    world_.store.faults.allow("ready");
    EXPECT_TRUE(world_.scan(world_.input("req_1")));
}

}  // namespace
}  // namespace tenants
