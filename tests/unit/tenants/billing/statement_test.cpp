#include "tenants/billing/statement.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "tests/unit/tenants/billing/billing_fixture.h"

namespace {

using namespace tenants;
using test_support::FixedPlans;
using test_support::graduated;
using test_support::LedgerWriter;
using test_support::november;
using test_support::utc;
using test_support::version;

class StatementTest : public testing::Test {
protected:
    StatementTest() { plans.terms[version("std")] = graduated(); }

    std::vector<StatementLine> linesOf(LineKind kind, const Statement& statement) {
        std::vector<StatementLine> lines;
        for (const StatementLine& line : statement.lines) {
            if (line.kind == kind) lines.push_back(line);
        }
        return lines;
    }

    FixedPlans plans;
    LedgerWriter ledger;
    StatementBuilder builder{november(), plans};
};

TEST_F(StatementTest, EachTierIsALineAndTheSumIsRoundedToFenOnce) {
    for (int scan = 0; scan < 7; ++scan) builder.add(ledger.charge("2026-11-05T01:00:00Z"));

    const Statement statement = builder.finish({});

    const std::vector<StatementLine> expected{
        {LineKind::kUsage, version("std"), {}, 0, Money{0}, 2, Money{0}},
        {LineKind::kUsage, version("std"), {}, 1, Money{120'000}, 2, Money{240'000}},
        {LineKind::kUsage, version("std"), {}, 2, Money{33'333}, 3, Money{99'999}},
        {LineKind::kRounding, {}, {}, 0, Money{0}, 0, Money{1}},
    };
    EXPECT_EQ(statement.lines, expected);
    EXPECT_EQ(statement.payable(), Money{340'000});
    EXPECT_EQ(statement.first_number, 1);
    EXPECT_EQ(statement.last_number, 7);
    EXPECT_EQ(statement.chain_hash[0], 7);
    EXPECT_EQ(statement.charges, 7);
}

TEST_F(StatementTest, CorrectionInItsPeriodTakesBackTheUnitCountedLast) {
    const UsageEntry first = ledger.charge("2026-11-05T01:00:00Z");
    builder.add(first);
    for (int scan = 0; scan < 4; ++scan) builder.add(ledger.charge("2026-11-05T02:00:00Z"));

    builder.add(ledger.correction(first));

    const Statement statement = builder.finish({});
    EXPECT_EQ(statement.payable(), Money{240'000});  // as if only four had ever been
    EXPECT_TRUE(linesOf(LineKind::kCorrection, statement).empty());
    EXPECT_EQ(statement.corrections, 1);
    EXPECT_EQ(statement.entries(), 6);
}

TEST_F(StatementTest, CorrectionOfALateScanThatNoPlanPricedStaysInThePeriodThatTheScanIsBilledIn) {
    UsageEntry late = ledger.charge("2026-10-31T01:00:00Z");
    late.plan_version.reset();
    late.period = november();
    UsageEntry correction = ledger.correction(late);
    correction.period = november();
    builder.add(late);

    builder.add(correction);

    EXPECT_TRUE(builder.finish({}).lines.empty());
}

TEST_F(StatementTest, CorrectionOfAClosedPeriodIsALineAtThePriceBilledThen) {
    UsageEntry october = ledger.charge("2026-10-05T01:00:00Z");
    UsageEntry correction = ledger.correction(october, Money{120'000});
    correction.period = november();
    builder.add(correction);

    const Statement statement = builder.finish({});

    const StatementLine expected{LineKind::kCorrection, version("std"), {}, 0, Money{120'000}, -1, Money{-120'000}};
    EXPECT_EQ(linesOf(LineKind::kCorrection, statement), std::vector{expected});
    EXPECT_EQ(statement.payable(), Money{-120'000});  // we owe the merchant
    EXPECT_TRUE(statement.late.empty());
}

TEST_F(StatementTest, LateEntriesAreNamedByTheDayOfTheirScan) {
    UsageEntry late = ledger.charge("2026-10-31T15:59:59Z");  // the last second of October in Beijing
    late.period = november();
    builder.add(late);
    builder.add(ledger.charge("2026-10-31T16:00:00Z"));  // the first of November

    const Statement statement = builder.finish({});

    ASSERT_EQ(statement.late.size(), 1U);
    EXPECT_EQ(statement.late[0], (LateDay{utc("2026-10-30T16:00:00Z"), 1, 1, 1, 1}));
}

TEST_F(StatementTest, PacksWaiversAndMerchantsWithoutAPlanCostNothing) {
    UsageEntry of_pack = ledger.charge("2026-11-05T01:00:00Z");
    of_pack.pack = PackId{"pack_1"};
    builder.add(of_pack);
    builder.add(ledger.charge("2026-11-05T01:00:00Z", std::nullopt));
    UsageEntry waiver = ledger.charge("2026-11-05T01:00:00Z");
    waiver.kind = EntryKind::kWaiver;
    waiver.units = 0;
    builder.add(waiver);

    const Statement statement = builder.finish({});

    ASSERT_EQ(statement.lines.size(), 2U);  // nothing of the waiver
    EXPECT_EQ(statement.lines[0].plan_version, std::nullopt);
    EXPECT_EQ(statement.lines[1].pack, PackId{"pack_1"});
    EXPECT_EQ(statement.payable(), Money{0});
    EXPECT_EQ(statement.waivers, 1);
}

TEST_F(StatementTest, ChargesAreRaisedToTheMonthlyMinimumWhichPacksAndCorrectionsDoNotCountTowards) {
    for (int scan = 0; scan < 3; ++scan) builder.add(ledger.charge("2026-11-05T01:00:00Z"));  // 0.12 yuan
    UsageEntry correction = ledger.correction(ledger.charge("2026-10-05T01:00:00Z"), Money{50'000});
    correction.period = november();
    builder.add(correction);

    const Statement statement =
        builder.finish({MonthlyMinimum{version("std"), Money{1'000'000}}, {{PackId{"pack_1"}, Money{700'000}}}});

    ASSERT_EQ(linesOf(LineKind::kMinimum, statement).size(), 1U);
    EXPECT_EQ(linesOf(LineKind::kMinimum, statement)[0].amount, Money{880'000});
    EXPECT_EQ(linesOf(LineKind::kPurchase, statement)[0].amount, Money{700'000});
    EXPECT_EQ(statement.payable(), Money{1'000'000 + 700'000 - 50'000});
}

TEST_F(StatementTest, MonthWithoutAScanStillHasItsMinimum) {
    const Statement statement = builder.finish({MonthlyMinimum{version("std"), Money{1'000'000}}, {}});

    EXPECT_EQ(statement.payable(), Money{1'000'000});
    EXPECT_EQ(statement.first_number, std::nullopt);
    EXPECT_EQ(statement.entries(), 0);
}

TEST_F(StatementTest, ScansThatWereAllTakenBackLeaveNoLine) {
    const UsageEntry only = ledger.charge("2026-11-05T01:00:00Z");
    builder.add(only);
    builder.add(ledger.correction(only));

    EXPECT_TRUE(builder.finish({}).lines.empty());
}

TEST_F(StatementTest, EntriesOfAnotherPeriodOrOutOfOrderAreRefused) {
    const UsageEntry first = ledger.charge("2026-11-05T01:00:00Z");
    const UsageEntry second = ledger.charge("2026-11-05T01:00:00Z");
    builder.add(second);

    EXPECT_THROW(builder.add(first), std::logic_error);
    EXPECT_THROW(builder.add(second), std::logic_error);
    EXPECT_THROW(builder.add(ledger.charge("2026-12-05T01:00:00Z")), std::logic_error);
}

TEST_F(StatementTest, VersionThatNobodyKnowsStopsTheSum) {
    EXPECT_THROW(builder.add(ledger.charge("2026-11-05T01:00:00Z", version("std", 9))), std::runtime_error);
}

TEST(HoldTally, NamesPendingScansUpToALimitAndCountsAll) {
    HoldTally tally;
    for (std::size_t hold = 0; hold < HoldTally::kNamedMax + 5; ++hold) {
        tally.add(HoldState::kUnknown, utc("2026-11-05T01:00:00Z"), RequestId{"r"});
    }
    tally.add(HoldState::kReleased, utc("2026-11-05T01:00:00Z"), RequestId{"r"});
    tally.add(HoldState::kSettled, utc("2026-11-05T01:00:00Z"), RequestId{"r"});

    EXPECT_EQ(tally.pending, 1005);
    EXPECT_EQ(tally.named.size(), 1000U);
    EXPECT_EQ(tally.released, 1);
}

TEST(RoundedToFen, HalvesGoToTheEvenFenOnBothSidesOfZero) {
    const std::vector<std::pair<std::int64_t, std::int64_t>> cases{
        {0, 0},      {4'999, 0},  {5'000, 0},        {5'001, 10'000},    {15'000, 20'000},   {25'000, 20'000},
        {-4'999, 0}, {-5'000, 0}, {-5'001, -10'000}, {-15'000, -20'000}, {-25'000, -20'000}, {-25'001, -30'000}};
    for (const auto& [exact, rounded] : cases) EXPECT_EQ(roundedToFen(Money{exact}), Money{rounded}) << exact;
    EXPECT_THROW(roundedToFen(Money{std::numeric_limits<std::int64_t>::max()}), std::overflow_error);
}

TEST(YuanText, HasSixPlacesWhateverTheSign) {
    EXPECT_EQ(yuanText(Money{0}), "0.000000");
    EXPECT_EQ(yuanText(Money{120'000}), "0.120000");
    EXPECT_EQ(yuanText(Money{-1}), "-0.000001");
    EXPECT_EQ(yuanText(Money{-12'345'678}), "-12.345678");
    EXPECT_EQ(yuanText(Money{std::numeric_limits<std::int64_t>::min()}), "-9223372036854.775808");
}

}  // namespace
