#include "tenants/billing/usage_causes.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/support/fake_clock.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::utc;

const DaySpan kDay{utc("2026-11-27T16:00:00Z"), utc("2026-11-28T16:00:00Z")};

/// A day of ten charges that WeChat counted all, heard a quarter of an hour before it ended.
struct Case {
    Case() {
        day.span = kDay;
        day.used = 10;
        ledger.charges = 10;
        word.told = {.day_free = 100'000, .used = 10, .ours = 10};
        word.heard_at = kDay.ends - 15min;
        word.used_here = 10;
    }
    /// As if everything had been `times` as much.
    void scale(std::int64_t times) {
        for (std::int64_t* number : {&day.used, &ledger.charges, &word.told.used, &word.told.ours, &word.used_here}) {
            *number *= times;
        }
    }
    UpstreamCauses sorted() const {
        const UpstreamCauses causes = sortUpstream(day, word, ledger);
        EXPECT_EQ(causes.sum(), word.told.used - ledger.billed()) << "the causes are not the whole difference";
        return causes;
    }

    UpstreamDay day;
    UpstreamWord word;
    LedgerDay ledger;
};

UpstreamCauses causes(std::int64_t UpstreamCauses::*cause, std::int64_t units) {
    UpstreamCauses made;
    made.*cause = units;
    return made;
}

TEST(UsageCauses, NothingWhereBothCountTheSame) {
    EXPECT_EQ(Case{}.sorted(), UpstreamCauses{});
}

TEST(UsageCauses, AnsweredWithoutALicence) {
    Case one;
    one.day.used = one.word.used_here = one.word.told.used = one.word.told.ours = 13;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::not_recognised, 3));
}

TEST(UsageCauses, AnsweredWithoutALicenceAndNotCountedByWeChatIsNoDifference) {
    Case one;
    one.day.used = one.word.used_here = one.word.told.ours = 13;
    EXPECT_EQ(one.sorted(), UpstreamCauses{});
}

TEST(UsageCauses, UnknownHoldsThatWeChatCounted) {
    Case one;
    one.day.unknown = one.day.held = one.word.unknown_here = one.word.held_here = 2;
    one.word.told.used = 12;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::unknown_holds, 2));
}

TEST(UsageCauses, UnknownHoldsThatWeChatDidNotCountAreNoDifference) {
    Case one;
    one.day.unknown = one.day.held = one.word.unknown_here = one.word.held_here = 2;
    EXPECT_EQ(one.sorted(), UpstreamCauses{});
}

TEST(UsageCauses, UnknownHoldThatCameAfterTheWordExplainsNothingInIt) {
    Case one;
    one.day.unknown = one.day.held = 1;
    one.word.told.used = 11;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::used_elsewhere, 1));
}

TEST(UsageCauses, WaivedScans) {
    Case one;
    one.ledger.waivers = 2;
    one.word.told.used = 12;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::waivers, 2));
}

TEST(UsageCauses, Corrections) {
    Case one;
    one.ledger.corrections = 4;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::corrections, 4));
}

TEST(UsageCauses, SettledAfterTheWord) {
    Case one;
    one.day.used = one.ledger.charges = 13;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::settled_later, -3));
}

TEST(UsageCauses, UnderWayAtTheWordAndSettledSinceIsNoDifference) {
    Case one;
    one.word.held_here = 3;
    one.day.used = one.ledger.charges = 13;
    one.word.told.used = 13;
    EXPECT_EQ(one.sorted(), UpstreamCauses{});
}

TEST(UsageCauses, ScanThatBeganAfterTheWordExplainsNothingInIt) {
    Case one;
    one.day.used = one.ledger.charges = 11;
    one.word.told.used = 11;
    UpstreamCauses expected;
    expected.settled_later = -1;
    expected.used_elsewhere = 1;
    EXPECT_EQ(one.sorted(), expected);
}

TEST(UsageCauses, SettledWhileWeChatWasAskedIsNotUnexplained) {
    Case one;
    one.word.told.used = 8;
    one.word.told.ours = 7;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::settled_later, -2));
}

TEST(UsageCauses, UsedElsewhere) {
    Case one;
    one.word.told.used = 11;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::used_elsewhere, 1)) << "below 100 WeChat is taken by its word";
}

TEST(UsageCauses, BilledWithoutBeingCountedIsUnexplained) {
    Case one;
    one.word.told.used = 9;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::unexplained, -1));
}

TEST(UsageCauses, MoreChargesThanTheWindowSettledIsUnexplained) {
    Case one;
    one.ledger.charges = 12;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::unexplained, -2));
}

TEST(UsageCauses, ToleranceIsOneInAHundredOfTheGreaterNumberRoundedDown) {
    EXPECT_EQ(upstreamTolerance(0, 0), 0);
    EXPECT_EQ(upstreamTolerance(99, 99), 0);
    EXPECT_EQ(upstreamTolerance(100, 99), 1);
    EXPECT_EQ(upstreamTolerance(99, 100), 1);
    EXPECT_EQ(upstreamTolerance(199, 0), 1);
    EXPECT_EQ(upstreamTolerance(200, 0), 2);
}

TEST(UsageCauses, ToleranceHoldsUpToItsEdgeAndNotBeyond) {
    Case one;
    one.scale(100);  // 1,000: tolerance 10
    one.word.told.used = 1'010;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::tolerance, 10));
    one.word.told.used = 1'011;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::used_elsewhere, 11));
    one.word.told.used = 990;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::tolerance, -10));
    one.word.told.used = 989;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::unexplained, -11));
}

TEST(UsageCauses, NamedCausesComeBeforeTheTolerance) {
    Case one;
    one.scale(100);
    one.day.unknown = one.day.held = one.word.unknown_here = one.word.held_here = 4;
    one.word.told.used = 1'010;
    UpstreamCauses expected;
    expected.unknown_holds = 4;
    expected.tolerance = 6;
    EXPECT_EQ(one.sorted(), expected);
}

TEST(UsageCauses, BeyondTheFreeCallsWeChatsNumberTellsNothing) {
    Case one;
    one.word.told.day_free = one.word.told.used = 8;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::packs, -2));
    one.word.told.day_free = 9;
    EXPECT_EQ(one.sorted(), causes(&UpstreamCauses::unexplained, -2)) << "one free call was left";
}

TEST(UsageCauses, SeveralAtOnce) {
    Case one;
    one.day.used = 16;  // 10 charges, 3 without a licence, 3 more charges after the word
    one.ledger = {.charges = 13, .corrections = 2, .waivers = 1};
    one.word.used_here = one.word.told.ours = 13;
    one.day.unknown = one.day.held = 2;
    one.word.unknown_here = one.word.held_here = 3;
    one.word.told.used = 13 + 3 + 2 + 1 + 5;
    UpstreamCauses expected;
    expected.not_recognised = 3;
    expected.corrections = 2;
    expected.settled_later = -3 + 3;  // as many were without an answer then as were settled since
    expected.unknown_holds = 2;
    expected.waivers = 1;
    expected.used_elsewhere = 5;
    EXPECT_EQ(one.sorted(), expected);
}

TEST(UsageCauses, SumIsTheWholeDifferenceWhateverTheNumbers) {
    std::mt19937_64 random{20261128};
    const auto below = [&](std::uint64_t count) { return static_cast<std::int64_t>(random() % count); };
    for (int round = 0; round < 20'000; ++round) {
        Case one;
        const std::uint64_t size = 1 + (round % 3 == 0 ? 5 : 400);
        one.word.used_here = below(size);
        one.word.told.ours = below(static_cast<std::uint64_t>(one.word.used_here) + 1);
        one.word.held_here = below(6);
        one.word.unknown_here = below(static_cast<std::uint64_t>(one.word.held_here) + 1);
        one.word.told.used = below(size + 8);
        one.word.told.day_free = below(2 * size);
        one.day.used = one.word.used_here + below(6);
        one.day.unknown = one.day.held = below(6);
        one.ledger = {.charges = below(size + 3), .corrections = below(4), .waivers = below(4)};
        const UpstreamCauses sorted = one.sorted();
        EXPECT_GE(sorted.used_elsewhere, 0);
        EXPECT_GE(sorted.unknown_holds, 0);
        EXPECT_GE(sorted.waivers, 0);
        EXPECT_GE(sorted.not_recognised, 0);
        EXPECT_LE(sorted.settled_later, 0);
        EXPECT_LE(sorted.unexplained, 0);
        EXPECT_LE(sorted.packs, 0);
        EXPECT_LE(sorted.tolerance * (sorted.tolerance < 0 ? -1 : 1),
                  upstreamTolerance(one.word.told.used, one.word.used_here));
    }
}

TEST(WordOfADay, IsTheDaysOnlyWhenHeardInItsLastHour) {
    UpstreamWord word;
    const auto state = [&](UtcTime heard_at, UtcTime now) {
        word.heard_at = heard_at;
        return wordStateOf(kDay, word, now);
    };
    EXPECT_EQ(state(kDay.ends - 60min, kDay.ends), WordState::kLast);
    EXPECT_EQ(state(kDay.ends - 60min - 1ms, kDay.ends), WordState::kStale);
    EXPECT_EQ(state(kDay.ends - 1min, kDay.ends - 1ms), WordState::kOpen);
    EXPECT_EQ(wordStateOf(kDay, std::nullopt, kDay.ends), WordState::kMissing);
    EXPECT_EQ(wordStateOf(kDay, std::nullopt, kDay.ends - 1ms), WordState::kOpen);
}

class UnknownScans : public testing::Test {
protected:
    UnknownScans() {
        word_.told = {.day_free = 1'000, .used = 0, .ours = 10};
        word_.heard_at = kDay.ends - 15min;
        word_.used_here = 10;
        word_.held_here = word_.unknown_here = 2;
    }
    UnknownVerdict verdict(std::int64_t told) {
        word_.told.used = told;
        return judgeUnknown(kDay, word_, kDay.starts + 1h, kDay.ends);
    }
    UpstreamWord word_;
};

TEST_F(UnknownScans, CountedWhereWeChatHasAllOfThem) {
    EXPECT_EQ(verdict(12), UnknownVerdict::kCounted);
    EXPECT_EQ(verdict(15), UnknownVerdict::kCounted);
}

TEST_F(UnknownScans, NotCountedWhereWeChatHasNoMoreThanWereAnswered) {
    EXPECT_EQ(verdict(10), UnknownVerdict::kNotCounted);
    EXPECT_EQ(verdict(9), UnknownVerdict::kNotCounted);
}

TEST_F(UnknownScans, UnclearWhereAllFreeCallsAreUsed) {
    word_.told.day_free = 10;
    EXPECT_EQ(verdict(10), UnknownVerdict::kUnclear);
    EXPECT_EQ(verdict(12), UnknownVerdict::kCounted);
}

TEST_F(UnknownScans, UnclearBetweenTheTwo) {
    EXPECT_EQ(verdict(11), UnknownVerdict::kUnclear);
}

TEST_F(UnknownScans, UnclearWithinWeChatsOwnTolerance) {
    word_.used_here = word_.told.ours = 300;  // tolerance 3
    EXPECT_EQ(verdict(297), UnknownVerdict::kNotCounted);
    EXPECT_EQ(verdict(298), UnknownVerdict::kUnclear);
    EXPECT_EQ(verdict(304), UnknownVerdict::kUnclear);
    EXPECT_EQ(verdict(305), UnknownVerdict::kCounted);
}

TEST_F(UnknownScans, UnclearWhereScansWereAnsweredWhileWeChatWasAsked) {
    word_.told.ours = 9;
    EXPECT_EQ(verdict(10), UnknownVerdict::kUnclear);
    EXPECT_EQ(verdict(9), UnknownVerdict::kNotCounted);
}

TEST_F(UnknownScans, NothingIsSaidWithoutALastWordOrOfLaterScans) {
    word_.told.used = 12;
    EXPECT_EQ(judgeUnknown(kDay, std::nullopt, kDay.starts, kDay.ends), UnknownVerdict::kUndecided);
    EXPECT_EQ(judgeUnknown(kDay, word_, word_.heard_at + 1ms, kDay.ends), UnknownVerdict::kUndecided);
    EXPECT_EQ(judgeUnknown(kDay, word_, kDay.starts, kDay.ends - 1ms), UnknownVerdict::kUndecided);
    word_.heard_at = kDay.ends - 61min;
    EXPECT_EQ(judgeUnknown(kDay, word_, kDay.starts, kDay.ends), UnknownVerdict::kUndecided);
}

}  // namespace
}  // namespace tenants
