#include "tenants/base/clock.h"

#include <gtest/gtest.h>

namespace tenants {
namespace {

using namespace std::chrono;

UtcTime at(int hour, int minute = 0) {
    return sys_days{year{2026} / 11 / 22} + hours{hour} + minutes{minute};
}

TEST(Rfc3339, ShowsMillisecondsOnlyWhereThereAreAny) {
    EXPECT_EQ(rfc3339(at(14, 36) + seconds{15}), "2026-11-22T14:36:15Z");
    EXPECT_EQ(rfc3339(at(14, 36) + milliseconds{15'250}), "2026-11-22T14:36:15.250Z");
    EXPECT_EQ(rfc3339(UtcTime{}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(rfc3339(UtcTime{} - milliseconds{1}), "1969-12-31T23:59:59.999Z");
}

TEST(BeijingDay, TurnsAtSixteenHoursUtc) {
    EXPECT_EQ(beijingDay(at(15, 59)).ends, at(16));
    EXPECT_EQ(beijingDay(at(15, 59)).starts, at(16) - days{1});
    EXPECT_EQ(beijingDay(at(16)).starts, at(16));
    EXPECT_EQ(beijingDay(at(16) - milliseconds{1}).ends, at(16));
}

TEST(BeijingDay, CanTurnAtAnotherHour) {
    EXPECT_EQ(beijingDay(at(17, 59), hours{2}).ends, at(18));
    EXPECT_EQ(beijingDay(at(18), hours{2}).starts, at(18));
}

TEST(BeijingDay, LastsADayBeforeTheEpochToo) {
    const DaySpan day = beijingDay(UtcTime{} - hours{9});

    EXPECT_EQ(day.ends - day.starts, days{1});
    EXPECT_EQ(day.ends, UtcTime{} - hours{8});
}

}  // namespace
}  // namespace tenants
