#include "tenants/billing/plan.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace tenants {
namespace {

/// Three tiers, a minimum and every limit: all that a version can say.
PlanTerms goodTerms() {
    PlanTerms terms;
    terms.included_units = 100;
    terms.tiers = {{1000, Money{50'000}}, {10'000, Money{40'000}}, {std::nullopt, Money{0}}};
    terms.monthly_minimum = Money{10'000'000};
    terms.day_limit = 0;
    terms.month_limit = 1'000'000'000;
    terms.per_second_limit = 1;
    terms.in_flight_limit = 64;
    return terms;
}

TEST(PlanTerms, EverythingThatAPlanCanSayIsTaken) {
    EXPECT_TRUE(checkTerms(goodTerms()));
}

TEST(PlanTerms, OnePriceWithoutLimitsIsAPlan) {
    PlanTerms terms;
    terms.tiers = {{std::nullopt, Money{80'000}}};

    EXPECT_TRUE(checkTerms(terms));
}

TEST(PlanTerms, TwentyTiersAreTakenAndOneMoreIsNot) {
    PlanTerms terms = goodTerms();
    terms.tiers.clear();
    for (std::int64_t tier = 1; tier < 20; ++tier) terms.tiers.push_back({tier, Money{1}});
    terms.tiers.push_back({std::nullopt, Money{1}});
    EXPECT_TRUE(checkTerms(terms));

    terms.tiers.insert(terms.tiers.end() - 1, {20, Money{1}});

    EXPECT_FALSE(checkTerms(terms));
}

struct BadTerms {
    const char* name;
    const char* field;
    std::function<void(PlanTerms&)> spoil;
};

void PrintTo(const BadTerms& bad, std::ostream* out) {
    *out << bad.name;
}

class BadPlanTerms : public testing::TestWithParam<BadTerms> {};

TEST_P(BadPlanTerms, IsRefusedWithItsField) {
    PlanTerms terms = goodTerms();
    GetParam().spoil(terms);

    const Result<Done> checked = checkTerms(terms);

    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidInput);
    EXPECT_TRUE(checked.error().for_caller.starts_with(GetParam().field)) << checked.error().for_caller;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadPlanTerms,
    testing::Values(
        BadTerms{"NoTier", "tiers", [](PlanTerms& terms) { terms.tiers.clear(); }},
        BadTerms{"EndOfTheLastTier", "tiers", [](PlanTerms& terms) { terms.tiers.back().up_to_units = 20'000; }},
        BadTerms{"EndlessTierInBetween", "tiers", [](PlanTerms& terms) { terms.tiers[1].up_to_units.reset(); }},
        BadTerms{"EqualEnds", "tiers", [](PlanTerms& terms) { terms.tiers[1].up_to_units = 1000; }},
        BadTerms{"DescendingEnds", "tiers", [](PlanTerms& terms) { terms.tiers[1].up_to_units = 999; }},
        BadTerms{"EmptyFirstTier", "tiers", [](PlanTerms& terms) { terms.tiers[0].up_to_units = 0; }},
        BadTerms{"EndTooLarge", "tiers", [](PlanTerms& terms) { terms.tiers[1].up_to_units = 1'000'000'001; }},
        BadTerms{"NegativePrice", "price_micro_yuan", [](PlanTerms& terms) { terms.tiers[0].price = Money{-1}; }},
        BadTerms{"PriceTooLarge", "price_micro_yuan",
                 [](PlanTerms& terms) { terms.tiers[0].price = Money{1'000'000'001}; }},
        BadTerms{"NegativeInclusion", "included_units", [](PlanTerms& terms) { terms.included_units = -1; }},
        BadTerms{"NegativeMinimum", "monthly_minimum", [](PlanTerms& terms) { terms.monthly_minimum = Money{-1}; }},
        BadTerms{"NegativeDayLimit", "day_limit", [](PlanTerms& terms) { terms.day_limit = -1; }},
        BadTerms{"MonthLimitTooLarge", "month_limit", [](PlanTerms& terms) { terms.month_limit = 1'000'000'001; }},
        BadTerms{"NobodyASecond", "per_second_limit", [](PlanTerms& terms) { terms.per_second_limit = 0; }},
        BadTerms{"NobodyAtOnce", "in_flight_limit", [](PlanTerms& terms) { terms.in_flight_limit = 0; }}),
    [](const auto& bad) { return std::string{bad.param.name}; });

}  // namespace
}  // namespace tenants
