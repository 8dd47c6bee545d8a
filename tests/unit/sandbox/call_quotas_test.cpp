#include "sandbox/call_quotas.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace sandbox {
namespace {

using namespace std::chrono_literals;

const tenants::UtcTime kNoon = test_support::beijingNoon();

int take(CallQuotas& quotas, tenants::UtcTime now, const std::string& appid = "wx1", const std::string& path = "/p") {
    const auto refusal = quotas.take(appid, path, now);
    return refusal ? refusal->errcode : 0;
}

int reset(CallQuotas& quotas, tenants::UtcTime now, const std::string& path = {}) {
    const auto refusal = quotas.reset("wx1", path, now);
    return refusal ? refusal->errcode : 0;
}

TEST(CallQuotas, DayIsUsedUpAtItsLastCallAndTurnsAtMidnightInBeijing) {
    CallQuotas quotas;
    quotas.limit({.path = "/p", .per_day = 2});
    EXPECT_EQ(take(quotas, kNoon), 0);
    EXPECT_EQ(take(quotas, kNoon), 0);

    EXPECT_EQ(take(quotas, kNoon), 45009);
    EXPECT_EQ(take(quotas, kNoon + 12h - 1ms), 45009);
    EXPECT_EQ(take(quotas, kNoon + 12h), 0);
}

TEST(CallQuotas, MinuteLimitEndsWithTheMinute) {
    CallQuotas quotas;
    quotas.limit({.path = "/p", .per_minute = 1});
    EXPECT_EQ(take(quotas, kNoon), 0);

    EXPECT_EQ(take(quotas, kNoon + 59s), 45011);
    EXPECT_EQ(take(quotas, kNoon + 60s), 0);
}

TEST(CallQuotas, RefusedCallsAreNotCounted) {
    CallQuotas quotas;
    quotas.limit({.path = "/p", .per_day = 2, .per_minute = 1});
    take(quotas, kNoon);
    take(quotas, kNoon);
    take(quotas, kNoon);

    EXPECT_EQ(quotas.usage("wx1", "/p", kNoon).used, 1);
    EXPECT_EQ(take(quotas, kNoon + 1min), 0);
}

TEST(CallQuotas, LimitOfAnAccountGoesBeforeTheOneForAll) {
    CallQuotas quotas;
    quotas.limit({.path = "/p", .appid = "wx1", .per_day = 2});
    quotas.limit({.path = "/p", .per_day = 0});

    EXPECT_EQ(take(quotas, kNoon, "wx1"), 0);
    EXPECT_EQ(take(quotas, kNoon, "wx2"), 45009);
    EXPECT_EQ(take(quotas, kNoon, "wx2", "/q"), 0);
}

TEST(CallQuotas, LaterLimitTakesThePlaceOfTheEarlier) {
    CallQuotas quotas;
    quotas.limit({.path = "/p", .per_day = 0});
    quotas.limit({.path = "/p", .per_day = 1});
    EXPECT_EQ(quotas.limits().size(), 1U);
    EXPECT_EQ(take(quotas, kNoon), 0);

    quotas.clearLimits();
    EXPECT_EQ(take(quotas, kNoon), 0);
}

TEST(CallQuotas, ResetsAreTenAMonthWhateverTheyAreFor) {
    CallQuotas quotas;
    quotas.limit({.path = "/p", .per_day = 1});
    for (int count = 0; count < 10; ++count) {
        EXPECT_EQ(take(quotas, kNoon), 0);
        EXPECT_EQ(reset(quotas, kNoon, count % 2 == 0 ? "/p" : ""), 0);
    }

    EXPECT_EQ(reset(quotas, kNoon), 48006);
    EXPECT_EQ(reset(quotas, kNoon + 31 * 24h), 0);
}

TEST(CallQuotas, ResetOfOnePathLeavesTheOthersAndTheOtherAccounts) {
    CallQuotas quotas;
    take(quotas, kNoon, "wx1", "/p");
    take(quotas, kNoon, "wx1", "/q");
    take(quotas, kNoon, "wx2", "/p");

    ASSERT_EQ(reset(quotas, kNoon, "/p"), 0);

    EXPECT_EQ(quotas.usage("wx1", "/p", kNoon).used, 0);
    EXPECT_EQ(quotas.usage("wx1", "/q", kNoon).used, 1);
    EXPECT_EQ(quotas.usage("wx2", "/p", kNoon).used, 1);
}

}  // namespace
}  // namespace sandbox
