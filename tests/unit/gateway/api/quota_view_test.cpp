#include "gateway/api/quota_view.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_clock.h"

namespace gateway::api {
namespace {

const tenants::UtcTime kNow = test_support::utc("2026-11-22T14:36:14.250Z");

tenants::WindowView window(const std::string& policy, std::optional<std::int64_t> limit, std::int64_t used,
                           std::int64_t held) {
    tenants::WindowView window;
    window.policy = policy;
    window.span = tenants::beijingDay(kNow);
    window.limit = limit;
    window.used = used;
    window.held = held;
    return window;
}

TEST(RateLimitFields, EveryLimitIsAPolicyWithWhatIsLeftOfIt) {
    http::Headers headers;
    tenants::WindowView month = window("month", 3000, 5, 0);
    month.span = {test_support::utc("2026-10-31T16:00:00Z"), test_support::utc("2026-11-30T16:00:00Z")};

    setRateLimitFields(headers, {window("day", 100, 24, 3), month}, kNow);

    EXPECT_EQ(*headers.find("RateLimit-Policy"), R"("day";q=100;w=86400, "month";q=3000;w=2592000)");
    EXPECT_EQ(*headers.find("RateLimit"), R"("day";r=73;t=5026, "month";r=2995;t=696226)");
}

TEST(RateLimitFields, WindowWithoutALimitHasNone) {
    http::Headers headers;

    setRateLimitFields(headers, {window("month", std::nullopt, 5, 0)}, kNow);

    EXPECT_EQ(headers.find("RateLimit-Policy"), nullptr);
    EXPECT_EQ(headers.find("RateLimit"), nullptr);
}

TEST(RateLimitFields, NothingIsEverLessThanZero) {
    http::Headers headers;

    setRateLimitFields(headers, {window("day", 0, 0, 0), window("upstream_day", 5, 4, 2)},
                       tenants::beijingDay(kNow).ends + std::chrono::seconds{3});

    EXPECT_EQ(*headers.find("RateLimit"), R"("day";r=0;t=0, "upstream_day";r=0;t=0)");
}

}  // namespace
}  // namespace gateway::api
