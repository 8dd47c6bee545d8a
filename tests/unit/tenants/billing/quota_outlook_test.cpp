#include "tenants/billing/quota_outlook.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tenants/base/period.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;

const UtcTime kNoon = parseRfc3339("2026-11-22T04:00:00Z").value();

Merchant merchantWith(std::int64_t day_limit) {
    Merchant merchant;
    merchant.day_limit = day_limit;
    return merchant;
}

PlanVersion planWith(std::optional<std::int64_t> day_limit, std::optional<std::int64_t> month_limit) {
    PlanVersion plan;
    plan.terms.day_limit = day_limit;
    plan.terms.month_limit = month_limit;
    return plan;
}

TEST(QuotaOutlook, WhatNoScanOpenedStandsAsTheNextOneWillFindIt) {
    Merchant merchant = merchantWith(50);
    merchant.upstream_day_free = 100;
    merchant.upstream_pack_units = 7;
    const PlanVersion plan = planWith(40, 600);

    const auto windows = quotaOutlook({}, merchant, &plan, kNoon, 6h);

    ASSERT_EQ(windows.size(), 3U);
    EXPECT_EQ(windows[0].policy, kDayPolicy);
    EXPECT_EQ(windows[0].limit, 40);
    EXPECT_EQ(windows[0].span.starts, beijingDay(kNoon).starts);
    EXPECT_EQ(windows[1].policy, kMonthPolicy);
    EXPECT_EQ(windows[1].limit, 600);
    EXPECT_EQ(windows[1].span.ends, Period{kNoon}.ends());
    EXPECT_EQ(windows[2].policy, kUpstreamDayPolicy);
    EXPECT_EQ(windows[2].limit, 107);
    EXPECT_EQ(windows[2].span.starts, beijingDay(kNoon, 6h).starts);
}

TEST(QuotaOutlook, WithoutAPlanTheMerchantsOwnDayLimitIsTheOnlyOne) {
    const auto windows = quotaOutlook({}, merchantWith(50), nullptr, kNoon, 0h);

    EXPECT_EQ(windows[0].limit, 50);
    EXPECT_EQ(windows[1].limit, std::nullopt);
    EXPECT_EQ(windows[2].limit, std::nullopt);
}

TEST(QuotaOutlook, OpenWindowsTakeWhatCountsNowButKeepWhatIsTakenAndWhatWeChatSaid) {
    WindowView day{std::string{kDayPolicy}, beijingDay(kNoon), 100, 5, 2, 0};
    WindowView upstream{std::string{kUpstreamDayPolicy}, beijingDay(kNoon), 7, 5, 2, 0, 93, 95};
    Merchant merchant = merchantWith(100);
    merchant.upstream_day_free = 100;
    const PlanVersion plan = planWith(3, {});

    const auto windows = quotaOutlook({day, upstream}, merchant, &plan, kNoon, 0h);

    ASSERT_EQ(windows.size(), 3U);
    EXPECT_EQ(windows[0].limit, 7);
    EXPECT_EQ(windows[0].used, 5);
    EXPECT_EQ(windows[2].limit, 7);
    EXPECT_EQ(windows[2].used_elsewhere, 93);
}

}  // namespace
}  // namespace tenants
