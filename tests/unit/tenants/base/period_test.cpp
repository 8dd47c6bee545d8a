#include "tenants/base/period.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tenants {
namespace {

using namespace std::chrono_literals;

UtcTime at(const char* text) {
    return parseRfc3339(text).value();
}

TEST(Period, BeijingMonthTurnsEightHoursBeforeUtcs) {
    EXPECT_EQ(Period{at("2026-11-30T15:59:59Z")}.text(), "2026-11");
    EXPECT_EQ(Period{at("2026-11-30T15:59:59Z") + 999ms}.text(), "2026-11");
    EXPECT_EQ(Period{at("2026-11-30T16:00:00Z")}.text(), "2026-12");
    EXPECT_EQ(Period{at("2026-12-31T16:00:00Z")}.text(), "2027-01");
}

TEST(Period, EndsWhereTheNextOneStarts) {
    const Period november = *Period::parse("2026-11");

    EXPECT_EQ(rfc3339(november.starts()), "2026-10-31T16:00:00Z");
    EXPECT_EQ(rfc3339(november.ends()), "2026-11-30T16:00:00Z");
    EXPECT_EQ(november.next().starts(), november.ends());
    EXPECT_EQ(Period{november.starts()}, november);
    EXPECT_EQ(Period{november.ends()}, november.next());
    EXPECT_EQ(Period{november.starts() - 1ms}, november.previous());
}

TEST(Period, FebruaryHasTwentyNineDaysInLeapYearsOnly) {
    const auto days = [](const char* text) {
        const Period period = *Period::parse(text);
        return std::chrono::duration_cast<std::chrono::hours>(period.ends() - period.starts()).count() / 24;
    };

    EXPECT_EQ(days("2028-02"), 29);
    EXPECT_EQ(days("2000-02"), 29);
    EXPECT_EQ(days("2027-02"), 28);
    EXPECT_EQ(days("2100-02"), 28);
    EXPECT_EQ(days("2026-12"), 31);
}

TEST(Period, YearTurnsBothWays) {
    EXPECT_EQ(Period::parse("2026-12")->next().number(), 202701);
    EXPECT_EQ(Period::parse("2027-01")->previous().number(), 202612);
    EXPECT_LT(*Period::parse("2026-12"), *Period::parse("2027-01"));
    EXPECT_LT(*Period::parse("2026-09"), *Period::parse("2026-10"));
}

TEST(Period, TextAndNumberLeadBack) {
    for (const int number : {197001, 202602, 202612, 999912}) {
        const Period period = *Period::ofNumber(number);

        EXPECT_EQ(period.number(), number);
        EXPECT_EQ(Period::parse(period.text()), period);
    }
}

TEST(Period, AnythingElseIsNoPeriod) {
    for (const char* text : {"", "2026", "2026-1", "2026-00", "2026-13", "2026/11", "2026-11-01", " 2026-11", "2026-1a",
                             "-026-11", "1969-12", "0000-01", "２０26-11"}) {
        EXPECT_FALSE(Period::parse(text)) << text;
    }
    for (const int number : {0, -202611, 202600, 202613, 196912, 1000001}) {
        EXPECT_FALSE(Period::ofNumber(number)) << number;
    }
}

}  // namespace
}  // namespace tenants
