#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "tests/support/contract/usage_ledger_fixture.h"

/// UsageLedger's contract: repeats, the sweep, pages, and one merchant apart from another.
namespace test_support {

TEST_P(UsageLedgerContract, RepeatOfARunningScanTellsWhetherItIsTheSameRequest) {
    Reservation first = reservation("r-1");
    first.fingerprint = fingerprint(1);
    ASSERT_TRUE(reserved(first));

    Reservation same = first;
    same.x_request_id = "x-later";
    const ReserveOutcome repeat = reserve(same);
    Reservation other = first;
    other.fingerprint = fingerprint(2);
    const ReserveOutcome mismatch = reserve(other);
    const ReserveOutcome without = reserve(reservation("r-1"));

    ASSERT_TRUE(std::holds_alternative<Repeat>(repeat));
    EXPECT_EQ(std::get<Repeat>(repeat).state, HoldState::kHeld);
    EXPECT_TRUE(std::get<Repeat>(repeat).same_request);
    EXPECT_EQ(std::get<Repeat>(repeat).x_request_id, "x-r-1");
    ASSERT_TRUE(std::holds_alternative<Repeat>(mismatch));
    EXPECT_FALSE(std::get<Repeat>(mismatch).same_request);
    ASSERT_TRUE(std::holds_alternative<Repeat>(without));
    EXPECT_FALSE(std::get<Repeat>(without).same_request);
    EXPECT_EQ(day().held, 1);
}

TEST_P(UsageLedgerContract, LookForARepeatTellsWhatIsKnownAndChangesNothing) {
    const auto find = [this](const Reservation& reservation) {
        const auto found = runBlocking(ledger().findRepeat(reservation));
        EXPECT_TRUE(found);
        return *found;
    };
    Reservation first = reservation("r-1");
    first.fingerprint = fingerprint(1);
    EXPECT_FALSE(find(first));
    EXPECT_TRUE(holds().empty());

    ASSERT_TRUE(reserved(first));
    EXPECT_EQ(find(first).value().state, HoldState::kHeld);
    release(releaseOf("r-1"));
    EXPECT_EQ(find(first).value().state, HoldState::kReleased);
    EXPECT_EQ(holds().at(0).state, HoldState::kReleased) << "not reopened";
    ASSERT_TRUE(reserved(first));
    Settlement settled = settlement("r-1");
    settled.reply_body = shareSecret("{}");
    settled.reply_expires_at = kNoon + std::chrono::minutes{10};
    settle(settled);

    const auto known = find(first);
    ASSERT_TRUE(known);
    EXPECT_TRUE(known->same_request);
    EXPECT_EQ(known->reply.value().body->expose(), "{}");
    EXPECT_EQ(entryNumber(known->charge), 1);
    EXPECT_FALSE(find(reservation("r-1")).value().same_request) << "without its fingerprint";
    Reservation foreign = first;
    foreign.merchant = kOther;
    EXPECT_FALSE(find(foreign)) << "another merchant's";
    foreign.merchant = MerchantId{"mer_none"};
    EXPECT_EQ(runBlocking(ledger().findRepeat(foreign)).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(day().used, 1);
    EXPECT_EQ(day().held, 0);
    EXPECT_TRUE(ledger().ready());
}

TEST_P(UsageLedgerContract, RepeatOfAChargedScanGetsTheSameBytesUntilTheyExpire) {
    Reservation first = reservation("r-1");
    first.fingerprint = fingerprint(1);
    ASSERT_TRUE(reserved(first));
    Settlement settled = settlement("r-1");
    settled.reply_body = shareSecret(std::string_view{"{\"plate\":\"\0\xE7\xB2\xA4\"}", 15});
    settled.reply_expires_at = kNoon + std::chrono::minutes{10};
    settle(settled);

    Reservation soon = first;
    soon.at = kNoon + std::chrono::minutes{10} - std::chrono::milliseconds{1};
    const ReserveOutcome repeat = reserve(soon);
    Reservation late = first;
    late.at = kNoon + std::chrono::minutes{10};
    const ReserveOutcome expired = reserve(late);

    ASSERT_TRUE(std::holds_alternative<Repeat>(repeat));
    EXPECT_EQ(std::get<Repeat>(repeat).state, HoldState::kSettled);
    EXPECT_EQ(entryNumber(std::get<Repeat>(repeat).charge), 1);
    ASSERT_TRUE(std::get<Repeat>(repeat).reply);
    EXPECT_EQ(std::get<Repeat>(repeat).reply->outcome, Outcome::kRecognised);
    EXPECT_EQ(std::get<Repeat>(repeat).reply->body->expose(), settled.reply_body->expose());
    ASSERT_TRUE(std::holds_alternative<Repeat>(expired));
    EXPECT_FALSE(std::get<Repeat>(expired).reply);
    EXPECT_EQ(entryNumber(std::get<Repeat>(expired).charge), 1);
    EXPECT_EQ(entries().size(), 1U);
}

TEST_P(UsageLedgerContract, RepeatOfAnUnrecognisedScanGetsItsReplyAndNoEntry) {
    Reservation first = reservation("r-1");
    first.fingerprint = fingerprint(1);
    ASSERT_TRUE(reserved(first));
    Settlement settled = settlement("r-1", Outcome::kNotRecognised);
    settled.reply_body = shareSecret("{\"errcode\":101001}");
    settled.reply_expires_at = kNoon + std::chrono::minutes{10};
    settle(settled);

    const ReserveOutcome repeat = reserve(first);

    ASSERT_TRUE(std::holds_alternative<Repeat>(repeat));
    EXPECT_EQ(std::get<Repeat>(repeat).state, HoldState::kSettled);
    EXPECT_FALSE(entryNumber(std::get<Repeat>(repeat).charge));
    ASSERT_TRUE(std::get<Repeat>(repeat).reply);
    EXPECT_EQ(std::get<Repeat>(repeat).reply->outcome, Outcome::kNotRecognised);
}

TEST_P(UsageLedgerContract, RepeatOfAnUnknownScanIsNotRunAgain) {
    Reservation first = reservation("r-1");
    first.fingerprint = fingerprint(1);
    ASSERT_TRUE(reserved(first));
    markUnknown("r-1");

    const ReserveOutcome repeat = reserve(first);

    ASSERT_TRUE(std::holds_alternative<Repeat>(repeat));
    EXPECT_EQ(std::get<Repeat>(repeat).state, HoldState::kUnknown);
    EXPECT_TRUE(std::get<Repeat>(repeat).same_request);
    EXPECT_EQ(std::get<Repeat>(repeat).reason, "upstream_timeout");
}

TEST_P(UsageLedgerContract, RepeatIsARepeatEvenWhenTheWindowIsFullOrNew) {
    setDayLimit(kMerchant, 1);
    Reservation first = reservation("r-1");
    first.fingerprint = fingerprint(1);
    ASSERT_TRUE(reserved(first));

    const ReserveOutcome in_full_window = reserve(first);
    Reservation tomorrow = first;
    tomorrow.day = beijingDay(kNoon + kDay);
    tomorrow.upstream_day = beijingDay(kNoon + kDay);
    const ReserveOutcome next_day = reserve(tomorrow);

    EXPECT_TRUE(std::holds_alternative<Repeat>(in_full_window));
    EXPECT_TRUE(std::holds_alternative<Repeat>(next_day));
    for (const WindowView& open : ledger().openWindows(kMerchant, kNoon + kDay)) {
        EXPECT_EQ(open.policy, kMonthPolicy) << "the repeat opened a day";
    }
}

TEST_P(UsageLedgerContract, ReleasedRequestRunsAgainInTheWindowsOfItsSecondTry) {
    Reservation first = reservation("r-1");
    first.fingerprint = fingerprint(1);
    ASSERT_TRUE(reserved(first));
    release(releaseOf("r-1"));

    Reservation again = first;
    again.key = KeyId{"key_2"};
    again.at = kNoon + kDay;
    again.expires_at = again.at + std::chrono::seconds{13};
    again.day = beijingDay(again.at);
    again.upstream_day = beijingDay(again.at);
    ASSERT_TRUE(reserved(again));
    settle(settlement("r-1"));

    EXPECT_EQ(day().used + day().held, 0);
    EXPECT_EQ(window(kDayPolicy, kNoon + kDay).used, 1);
    ASSERT_EQ(entries().size(), 1U);
    EXPECT_EQ(entries()[0].at, kNoon + kDay);
    EXPECT_EQ(entries()[0].key, KeyId{"key_2"});
    EXPECT_EQ(holds().size(), 1U);
}

TEST_P(UsageLedgerContract, ReopenedRequestNeedsRoomAgain) {
    setDayLimit(kMerchant, 1);
    Reservation first = reservation("r-1");
    first.fingerprint = fingerprint(1);
    ASSERT_TRUE(reserved(first));
    release(releaseOf("r-1"));
    ASSERT_TRUE(reserved(reservation("r-2")));

    EXPECT_TRUE(std::holds_alternative<WindowFull>(reserve(first)));

    EXPECT_EQ(holds(HoldState::kReleased).size(), 1U);
}

TEST_P(UsageLedgerContract, ReleasedRequestWithAnotherOrNoFingerprintIsNotRunAgain) {
    Reservation first = reservation("r-1");
    first.fingerprint = fingerprint(1);
    ASSERT_TRUE(reserved(first));
    release(releaseOf("r-1"));
    ASSERT_TRUE(reserved(reservation("r-2")));
    release(releaseOf("r-2"));

    Reservation other = first;
    other.fingerprint = fingerprint(2);
    const ReserveOutcome mismatch = reserve(other);
    const ReserveOutcome without = reserve(reservation("r-2"));

    ASSERT_TRUE(std::holds_alternative<Repeat>(mismatch));
    EXPECT_EQ(std::get<Repeat>(mismatch).state, HoldState::kReleased);
    EXPECT_FALSE(std::get<Repeat>(mismatch).same_request);
    ASSERT_TRUE(std::holds_alternative<Repeat>(without));
    EXPECT_FALSE(std::get<Repeat>(without).same_request);
    EXPECT_EQ(day().held, 0);
}

TEST_P(UsageLedgerContract, SweepTurnsOnlyExpiredHoldsToUnknown) {
    Reservation early = reservation("r-1");
    early.expires_at = kNoon + std::chrono::seconds{1};
    Reservation late = reservation("r-2");
    late.expires_at = kNoon + std::chrono::seconds{9};
    ASSERT_TRUE(reserved(early));
    ASSERT_TRUE(reserved(late));

    const Result<std::int64_t> turned = runBlocking(ledger().sweep(kNoon + std::chrono::seconds{5}, kNoon));

    EXPECT_EQ(*turned, 1);
    ASSERT_EQ(holds(HoldState::kUnknown).size(), 1U);
    EXPECT_EQ(holds(HoldState::kUnknown)[0].request, RequestId{"r-1"});
    EXPECT_EQ(holds(HoldState::kUnknown)[0].reason, "abandoned");
    EXPECT_EQ(holds(HoldState::kHeld).size(), 1U);
    EXPECT_EQ(day().held, 2);
    EXPECT_EQ(day().unknown, 1);
}

TEST_P(UsageLedgerContract, SweepToTheEndOfTimeLeavesNothingHeldOfAnyMerchant) {
    for (const MerchantId& merchant : {kMerchant, kOther}) setDayLimit(merchant, 1000);
    for (int number = 0; number < 600; ++number) {
        Reservation next = reservation("r-" + std::to_string(number));
        if (number % 2 == 1) next.merchant = kOther;
        ASSERT_TRUE(reserved(next));
    }
    settle(settlement("r-0"));

    const Result<std::int64_t> turned = runBlocking(ledger().sweep(UtcTime::max(), kNoon));

    EXPECT_EQ(*turned, 599);
    EXPECT_TRUE(holds(HoldState::kHeld).empty());
    EXPECT_EQ(day().unknown, 299);
    EXPECT_EQ(*runBlocking(ledger().sweep(UtcTime::max(), kNoon)), 0);
}

TEST_P(UsageLedgerContract, SweepErasesExpiredReplies) {
    Reservation first = reservation("r-1");
    first.fingerprint = fingerprint(1);
    ASSERT_TRUE(reserved(first));
    Settlement settled = settlement("r-1");
    settled.reply_body = shareSecret("{}");
    settled.reply_expires_at = kNoon + std::chrono::minutes{10};
    settle(settled);

    ASSERT_TRUE(runBlocking(ledger().sweep(kNoon, kNoon + std::chrono::minutes{5})));
    const ReserveOutcome kept = reserve(first);
    ASSERT_TRUE(runBlocking(ledger().sweep(kNoon, kNoon + std::chrono::minutes{11})));
    const ReserveOutcome erased = reserve(first);

    EXPECT_TRUE(std::get<Repeat>(kept).reply);
    EXPECT_FALSE(std::get<Repeat>(erased).reply);
    EXPECT_EQ(entryNumber(std::get<Repeat>(erased).charge), 1);
}

TEST_P(UsageLedgerContract, EntriesAreNumberedWithoutGapPerMerchantAndPagedNewestFirst) {
    for (const MerchantId& merchant : {kMerchant, kOther}) setDayLimit(merchant, 1000);
    for (int number = 1; number <= 150; ++number) {
        for (const MerchantId& merchant : {kMerchant, kOther}) {
            Reservation next = reservation("r-" + std::to_string(number));
            next.merchant = merchant;
            ASSERT_TRUE(reserved(next));
            Settlement settled = settlement(next.request.text());
            settled.merchant = merchant;
            ASSERT_EQ(entryNumber(settle(settled).charge), number);
        }
    }

    const std::vector<UsageEntry> newest = ledger().entries(kMerchant, std::nullopt, 10);
    ASSERT_EQ(newest.size(), 10U);
    EXPECT_EQ(newest.front().number, 150);
    EXPECT_EQ(newest.back().number, 141);
    for (const std::int64_t before : {1000, 151, 150, 129, 128, 127, 100, 65, 64, 63, 2}) {
        const std::vector<UsageEntry> page = ledger().entries(kMerchant, before, 1000);
        ASSERT_EQ(page.size(), static_cast<std::size_t>(std::min<std::int64_t>(before - 1, 150)));
        EXPECT_EQ(page.front().number, std::min<std::int64_t>(before - 1, 150));
        EXPECT_EQ(page.back().number, 1);
        EXPECT_EQ(page.front().request, RequestId{"r-" + std::to_string(page.front().number)});
    }
    EXPECT_TRUE(ledger().entries(kMerchant, 1, 10).empty());
}

TEST_P(UsageLedgerContract, HoldsArePagedNewestFirstInAllStatesOrOne) {
    for (int number = 1; number <= 12; ++number) {
        ASSERT_TRUE(reserved(reservation("r-" + std::to_string(number))));
        if (number % 3 == 0) settle(settlement("r-" + std::to_string(number)));
        if (number % 3 == 1) release(releaseOf("r-" + std::to_string(number)));
    }

    const std::vector<HoldView> first = ledger().holds(kMerchant, std::nullopt, std::nullopt, 5);
    ASSERT_EQ(first.size(), 5U);
    EXPECT_EQ(first.front().request, RequestId{"r-12"});
    EXPECT_EQ(first.back().request, RequestId{"r-8"});
    const std::vector<HoldView> second = ledger().holds(kMerchant, std::nullopt, first.back().row, 100);
    ASSERT_EQ(second.size(), 7U);
    EXPECT_EQ(second.front().request, RequestId{"r-7"});
    EXPECT_EQ(second.back().request, RequestId{"r-1"});
    for (const HoldState state : {HoldState::kHeld, HoldState::kSettled, HoldState::kReleased}) {
        const std::vector<HoldView> two = ledger().holds(kMerchant, state, std::nullopt, 2);
        ASSERT_EQ(two.size(), 2U);
        const std::vector<HoldView> rest = ledger().holds(kMerchant, state, two.back().row, 100);
        ASSERT_EQ(rest.size(), 2U);
        EXPECT_EQ(rest.front().state, state);
        EXPECT_GT(two.back().row, rest.front().row);
    }
    EXPECT_TRUE(holds(HoldState::kUnknown).empty());
}

TEST_P(UsageLedgerContract, MerchantSeesAndTouchesNothingOfAnother) {
    Reservation mine = reservation("r-1");
    mine.fingerprint = fingerprint(1);
    ASSERT_TRUE(reserved(mine));
    Settlement settled = settlement("r-1");
    settled.reply_body = shareSecret("{}");
    settled.reply_expires_at = kNoon + std::chrono::minutes{10};
    settle(settled);
    ASSERT_TRUE(reserved(reservation("r-2")));
    const std::int64_t my_row = holds()[0].row;

    Settlement foreign = settlement("r-2");
    foreign.merchant = kOther;
    EXPECT_EQ(runBlocking(ledger().settle(foreign)).error().code, ErrorCode::kNotFound);
    Release foreign_release = releaseOf("r-2");
    foreign_release.merchant = kOther;
    EXPECT_EQ(runBlocking(ledger().release(foreign_release)).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(runBlocking(ledger().markUnknown(kOther, RequestId{"r-2"}, "x", kNoon)).error().code,
              ErrorCode::kNotFound);
    EXPECT_TRUE(runBlocking(ledger().reopenUpstreamWindow(kOther, kNoon)));
    EXPECT_TRUE(ledger().entries(kOther, std::nullopt, 10).empty());
    EXPECT_TRUE(ledger().entries(kOther, 2, 10).empty());
    EXPECT_TRUE(ledger().holds(kOther, std::nullopt, std::nullopt, 10).empty());
    EXPECT_TRUE(ledger().holds(kOther, HoldState::kHeld, std::nullopt, 10).empty());
    EXPECT_TRUE(ledger().holds(kOther, std::nullopt, my_row + 1, 10).empty());
    EXPECT_TRUE(ledger().openWindows(kOther, kNoon).empty());

    Reservation theirs = mine;
    theirs.merchant = kOther;
    EXPECT_TRUE(reserved(theirs));  // the same request id is another request there
    EXPECT_EQ(holds(HoldState::kHeld).size(), 1U);
    EXPECT_EQ(day().used, 1);
    EXPECT_EQ(day().held, 1);
}

}  // namespace test_support
