#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <variant>

#include "tests/support/contract/usage_ledger_fixture.h"

/// UsageLedger's contract: what each outcome does to holds, windows and entries.
namespace test_support {

TEST_P(UsageLedgerContract, ReservedUnitIsHeldInBothWindows) {
    EXPECT_TRUE(reserved(reservation("r-1")));

    EXPECT_EQ(day().held, 1);
    EXPECT_EQ(day().used, 0);
    EXPECT_EQ(day().limit, 100);
    EXPECT_EQ(day().span.starts, beijingDay(kNoon).starts);
    EXPECT_EQ(day().span.ends, beijingDay(kNoon).ends);
    EXPECT_EQ(upstreamDay().held, 1);
    EXPECT_EQ(upstreamDay().limit, std::nullopt);
    ASSERT_EQ(holds().size(), 1U);
    EXPECT_EQ(holds()[0].request, RequestId{"r-1"});
    EXPECT_EQ(holds()[0].state, HoldState::kHeld);
    EXPECT_EQ(holds()[0].units, 1);
    EXPECT_EQ(holds()[0].at, kNoon);
    EXPECT_EQ(holds()[0].reason, "");
    EXPECT_EQ(holds()[0].x_request_id, "x-r-1");
    EXPECT_TRUE(entries().empty());
}

TEST_P(UsageLedgerContract, RecognisedScanIsChargedOnceAndUsedInBothWindows) {
    ASSERT_TRUE(reserved(reservation("r-1")));

    const Settled settled = settle(settlement("r-1"));

    ASSERT_TRUE(settled.charge);
    EXPECT_EQ(settled.charge->number, 1);
    ASSERT_EQ(entries().size(), 1U);
    const UsageEntry entry = entries()[0];
    EXPECT_EQ(entry.id, settled.charge->entry);
    EXPECT_EQ(entry.hash, settled.charge->hash);
    EXPECT_EQ(entry.hash, chainHash(ChainHash{}, entry));
    EXPECT_EQ(entry.merchant, kMerchant);
    EXPECT_EQ(entry.number, 1);
    EXPECT_EQ(entry.kind, EntryKind::kCharge);
    EXPECT_EQ(entry.units, 1);
    EXPECT_EQ(entry.request, RequestId{"r-1"});
    EXPECT_EQ(entry.key, KeyId{"key_1"});
    EXPECT_EQ(entry.x_request_id, "x-r-1");
    EXPECT_EQ(entry.at, kNoon);
    EXPECT_EQ(entry.recorded_at, kNoon + std::chrono::seconds{1});
    EXPECT_EQ(entry.period.text(), "2026-11");
    EXPECT_EQ(entry.period, settled.charge->period);
    EXPECT_FALSE(entry.corrects || entry.price);
    EXPECT_EQ(entry.reason, "");
    EXPECT_EQ(day().used, 1);
    EXPECT_EQ(day().held, 0);
    EXPECT_EQ(upstreamDay().used, 1);
    EXPECT_EQ(upstreamDay().held, 0);
    EXPECT_EQ(holds()[0].state, HoldState::kSettled);
}

TEST_P(UsageLedgerContract, ScanThatFoundNoLicenceIsFreeForTheMerchantButUsedUpstream) {
    ASSERT_TRUE(reserved(reservation("r-1")));

    const Settled settled = settle(settlement("r-1", Outcome::kNotRecognised));

    EXPECT_FALSE(settled.charge);
    EXPECT_TRUE(entries().empty());
    EXPECT_EQ(day().used + day().held, 0);
    EXPECT_EQ(upstreamDay().used, 1);
    EXPECT_EQ(upstreamDay().held, 0);
    EXPECT_EQ(holds()[0].state, HoldState::kSettled);
}

TEST_P(UsageLedgerContract, ReleasedUnitIsGivenBackToBothWindows) {
    ASSERT_TRUE(reserved(reservation("r-1")));

    release(releaseOf("r-1"));

    EXPECT_TRUE(entries().empty());
    EXPECT_EQ(day().used + day().held, 0);
    EXPECT_EQ(upstreamDay().used + upstreamDay().held, 0);
    EXPECT_EQ(upstreamDay().limit, std::nullopt);
    EXPECT_EQ(holds()[0].state, HoldState::kReleased);
    EXPECT_EQ(holds()[0].reason, "upstream_busy");
}

TEST_P(UsageLedgerContract, SettlingAgainGivesTheFirstResultAndChangesNothing) {
    ASSERT_TRUE(reserved(reservation("r-1")));
    ASSERT_TRUE(reserved(reservation("r-2")));
    const Settled first = settle(settlement("r-1"));
    ASSERT_FALSE(settle(settlement("r-2", Outcome::kNotRecognised)).charge);

    const Settled again = settle(settlement("r-1", Outcome::kNotRecognised));
    const Settled other_again = settle(settlement("r-2", Outcome::kRecognised));

    EXPECT_EQ(again.charge, first.charge);
    EXPECT_EQ(entryNumber(again.charge), 1);
    EXPECT_FALSE(other_again.charge);
    EXPECT_EQ(entries().size(), 1U);
    EXPECT_EQ(day().used, 1);
    EXPECT_EQ(upstreamDay().used, 2);
}

TEST_P(UsageLedgerContract, WhatWasNeverReservedIsNotFound) {
    EXPECT_EQ(runBlocking(ledger().settle(settlement("r-1"))).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(runBlocking(ledger().release(releaseOf("r-1"))).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(runBlocking(ledger().markUnknown(kMerchant, RequestId{"r-1"}, "x", kNoon)).error().code,
              ErrorCode::kNotFound);
    EXPECT_TRUE(ledger().openWindows(kMerchant, kNoon).empty());
}

TEST_P(UsageLedgerContract, ReleasedScanIsNeitherSettledNorReleasedNorMarkedUnknown) {
    ASSERT_TRUE(reserved(reservation("r-1")));
    release(releaseOf("r-1"));

    EXPECT_EQ(runBlocking(ledger().settle(settlement("r-1"))).error().code, ErrorCode::kConflict);
    EXPECT_EQ(runBlocking(ledger().release(releaseOf("r-1"))).error().code, ErrorCode::kConflict);
    EXPECT_EQ(runBlocking(ledger().markUnknown(kMerchant, RequestId{"r-1"}, "x", kNoon)).error().code,
              ErrorCode::kConflict);

    EXPECT_TRUE(entries().empty());
    EXPECT_EQ(day().used + day().held, 0);
}

TEST_P(UsageLedgerContract, SettledScanIsNeitherReleasedNorMarkedUnknown) {
    ASSERT_TRUE(reserved(reservation("r-1")));
    settle(settlement("r-1"));

    EXPECT_EQ(runBlocking(ledger().release(releaseOf("r-1"))).error().code, ErrorCode::kConflict);
    EXPECT_EQ(runBlocking(ledger().markUnknown(kMerchant, RequestId{"r-1"}, "x", kNoon)).error().code,
              ErrorCode::kConflict);

    EXPECT_EQ(holds()[0].state, HoldState::kSettled);
    EXPECT_EQ(day().used, 1);
}

TEST_P(UsageLedgerContract, UnknownScanStaysHeldInBothWindows) {
    ASSERT_TRUE(reserved(reservation("r-1")));

    markUnknown("r-1");

    EXPECT_EQ(day().held, 1);
    EXPECT_EQ(day().unknown, 1);
    EXPECT_EQ(upstreamDay().held, 1);
    EXPECT_EQ(upstreamDay().unknown, 1);
    EXPECT_TRUE(entries().empty());
    EXPECT_EQ(holds()[0].state, HoldState::kUnknown);
    EXPECT_EQ(holds()[0].reason, "upstream_timeout");
    EXPECT_EQ(runBlocking(ledger().release(releaseOf("r-1"))).error().code, ErrorCode::kConflict);
}

TEST_P(UsageLedgerContract, UnknownScanCanBeSettledLater) {
    ASSERT_TRUE(reserved(reservation("r-1")));
    markUnknown("r-1");

    EXPECT_EQ(entryNumber(settle(settlement("r-1")).charge), 1);

    EXPECT_EQ(day().used, 1);
    EXPECT_EQ(day().held, 0);
    EXPECT_EQ(day().unknown, 0);
    EXPECT_EQ(upstreamDay().unknown, 0);
    EXPECT_EQ(entries().size(), 1U);
}

TEST_P(UsageLedgerContract, LastUnitIsGivenAndTheNextIsRefusedWithTheWindowsEnd) {
    setDayLimit(kMerchant, 2);
    ASSERT_TRUE(reserved(reservation("r-1")));
    ASSERT_TRUE(reserved(reservation("r-2")));

    const ReserveOutcome refused = reserve(reservation("r-3"));

    ASSERT_TRUE(std::holds_alternative<WindowFull>(refused));
    EXPECT_EQ(std::get<WindowFull>(refused).policy, kDayPolicy);
    EXPECT_EQ(std::get<WindowFull>(refused).ends_at, beijingDay(kNoon).ends);
    EXPECT_EQ(day().held, 2);
    EXPECT_EQ(upstreamDay().held, 2);
    EXPECT_EQ(holds().size(), 2U);
}

TEST_P(UsageLedgerContract, FullUpstreamWindowTakesNothingFromTheDay) {
    ASSERT_TRUE(reserved(reservation("r-1")));
    ASSERT_TRUE(reserved(reservation("r-2")));
    Release last_unit = releaseOf("r-2");
    last_unit.upstream_full = true;
    release(last_unit);

    const ReserveOutcome refused = reserve(reservation("r-3"));

    ASSERT_TRUE(std::holds_alternative<WindowFull>(refused));
    EXPECT_EQ(std::get<WindowFull>(refused).policy, kUpstreamDayPolicy);
    EXPECT_EQ(day().held, 1);
}

TEST_P(UsageLedgerContract, LimitOfZeroRefusesTheFirstScan) {
    setDayLimit(kMerchant, 0);

    EXPECT_TRUE(std::holds_alternative<WindowFull>(reserve(reservation("r-1"))));

    EXPECT_TRUE(holds().empty());
}

TEST_P(UsageLedgerContract, WindowThatOpensTakesTheLimitAsItStandsThen) {
    setDayLimit(kMerchant, 1);
    ASSERT_TRUE(reserved(reservation("r-1")));
    setDayLimit(kMerchant, 50);
    Reservation tomorrow = reservation("r-2");
    tomorrow.at = kNoon + kDay;
    tomorrow.day = beijingDay(tomorrow.at);
    tomorrow.upstream_day = beijingDay(tomorrow.at);

    ASSERT_TRUE(reserved(tomorrow));

    EXPECT_EQ(window(kDayPolicy, tomorrow.at).limit, 50);
}

TEST_P(UsageLedgerContract, ReleasedUnitCanBeTakenAgain) {
    setDayLimit(kMerchant, 1);
    ASSERT_TRUE(reserved(reservation("r-1")));
    release(releaseOf("r-1"));

    EXPECT_TRUE(reserved(reservation("r-2")));
}

TEST_P(UsageLedgerContract, ScanSettlesInTheWindowThatItWasHeldIn) {
    ASSERT_TRUE(reserved(reservation("r-1")));
    Reservation tomorrow = reservation("r-2");
    tomorrow.at = kNoon + kDay;
    tomorrow.day = beijingDay(tomorrow.at);
    tomorrow.upstream_day = beijingDay(tomorrow.at);
    ASSERT_TRUE(reserved(tomorrow));

    Settlement late = settlement("r-1");
    late.now = kNoon + kDay;
    settle(late);

    EXPECT_EQ(day().used, 1);
    EXPECT_EQ(day().held, 0);
    EXPECT_EQ(window(kDayPolicy, kNoon + kDay).used, 0);
    EXPECT_EQ(window(kDayPolicy, kNoon + kDay).held, 1);
    EXPECT_EQ(entries()[0].at, kNoon);
    EXPECT_EQ(entries()[0].recorded_at, kNoon + kDay);
}

TEST_P(UsageLedgerContract, RefusalByWeChatsQuotaMarksTheUpstreamWindowFullUntilItTurns) {
    ASSERT_TRUE(reserved(reservation("r-1")));
    ASSERT_TRUE(reserved(reservation("r-2")));
    settle(settlement("r-1"));

    Release refused = releaseOf("r-2");
    refused.upstream_full = true;
    release(refused);

    EXPECT_EQ(upstreamDay().limit, 1);
    const ReserveOutcome next = reserve(reservation("r-3"));
    ASSERT_TRUE(std::holds_alternative<WindowFull>(next));
    EXPECT_EQ(std::get<WindowFull>(next).policy, kUpstreamDayPolicy);
    EXPECT_EQ(std::get<WindowFull>(next).ends_at, beijingDay(kNoon).ends);
    Reservation tomorrow = reservation("r-4");
    tomorrow.day = beijingDay(kNoon + kDay);
    tomorrow.upstream_day = beijingDay(kNoon + kDay);
    EXPECT_TRUE(reserved(tomorrow));
}

TEST_P(UsageLedgerContract, ReopenedUpstreamWindowHasNoLimit) {
    ASSERT_TRUE(reserved(reservation("r-1")));
    Release refused = releaseOf("r-1");
    refused.upstream_full = true;
    release(refused);
    ASSERT_TRUE(std::holds_alternative<WindowFull>(reserve(reservation("r-2"))));

    EXPECT_TRUE(runBlocking(ledger().reopenUpstreamWindow(kMerchant, kNoon)));

    EXPECT_EQ(upstreamDay().limit, std::nullopt);
    EXPECT_TRUE(reserved(reservation("r-2")));
}

}  // namespace test_support
