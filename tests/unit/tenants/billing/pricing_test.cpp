#include "tenants/billing/pricing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tenants {
namespace {

class Versions final : public PlanTermsSource {
public:
    const PlanTerms* find(const PlanVersionId& version) const override {
        const auto found = terms_.find(version);
        return found != terms_.end() ? &found->second : nullptr;
    }
    PlanVersionId add(std::int64_t number, PlanTerms terms) {
        const PlanVersionId version{PlanId{"std"}, number};
        terms_.emplace(version, std::move(terms));
        return version;
    }

private:
    std::map<PlanVersionId, PlanTerms> terms_;
};

/// Two included, three at 50,000, two at 40,000, the rest at 30,000.
PlanTerms tiered() {
    PlanTerms terms;
    terms.included_units = 2;
    terms.tiers = {{3, Money{50'000}}, {5, Money{40'000}}, {std::nullopt, Money{30'000}}};
    return terms;
}

class PricerTest : public testing::Test {
protected:
    UsageEntry charge() const {
        UsageEntry entry;
        entry.units = 1;
        entry.plan_version = version_;
        return entry;
    }
    UsageEntry correction() const {
        UsageEntry entry = charge();
        entry.kind = EntryKind::kCorrection;
        entry.units = -1;
        entry.corrects = 1;
        return entry;
    }
    Money sumOf(int charges) {
        Pricer pricer{versions_};
        Money sum;
        for (int charged = 0; charged < charges; ++charged) sum = sum.plus(pricer.price(charge()).amount);
        return sum;
    }

    Versions versions_;
    PlanVersionId version_ = versions_.add(1, tiered());
};

TEST_F(PricerTest, EachUnitHasTheTierThatItsCountLiesIn) {
    Pricer pricer{versions_};
    std::vector<std::pair<std::int64_t, std::int64_t>> tiers_and_prices;

    for (int charged = 0; charged < 9; ++charged) {
        const EntryPrice price = pricer.price(charge());
        tiers_and_prices.emplace_back(price.tier, price.unit_price.microYuan());
        EXPECT_EQ(price.amount, price.unit_price);
    }

    const std::vector<std::pair<std::int64_t, std::int64_t>> expected{
        {0, 0},      {0, 0},                    // included
        {1, 50'000}, {1, 50'000}, {1, 50'000},  // the first three that cost
        {2, 40'000}, {2, 40'000},               // up to five
        {3, 30'000}, {3, 30'000},
    };
    EXPECT_EQ(tiers_and_prices, expected);
}

TEST_F(PricerTest, CorrectionTakesBackTheUnitCountedLast) {
    Pricer pricer{versions_};
    for (int charged = 0; charged < 6; ++charged) (void)pricer.price(charge());

    const EntryPrice first = pricer.price(correction());
    const EntryPrice second = pricer.price(correction());
    const EntryPrice again = pricer.price(charge());

    EXPECT_EQ(first.tier, 2);
    EXPECT_EQ(first.unit_price, Money{40'000});
    EXPECT_EQ(first.amount, Money{-40'000});
    EXPECT_EQ(second.tier, 1);
    EXPECT_EQ(second.amount, Money{-50'000});
    EXPECT_EQ(again.tier, 1);
    EXPECT_EQ(again.amount, Money{50'000});
}

TEST_F(PricerTest, SumIsAFunctionOfTheCountWhereverTheCorrectionsLie) {
    for (int early = 0; early <= 8; ++early) {
        Pricer pricer{versions_};
        Money sum;
        for (int charged = 0; charged < 8; ++charged) {
            sum = sum.plus(pricer.price(charge()).amount);
            if (charged >= early && charged < early + 3) sum = sum.plus(pricer.price(correction()).amount);
        }
        const int corrected = std::min(3, 8 - early);

        EXPECT_EQ(sum, sumOf(8 - corrected)) << "corrections after charge " << early;
    }
}

TEST_F(PricerTest, CostOfACountIsTheSumOfItsUnits) {
    for (int charges = 0; charges <= 12; ++charges) EXPECT_EQ(costOf(tiered(), charges), sumOf(charges)) << charges;
}

class GivenBackTest : public PricerTest {
protected:
    /// What is billed in all for eight units less four, of which `early` were taken back before the closing.
    Money billed(int early, Money minimum) {
        Money sum = std::max(costOf(tiered(), 8 - early), minimum);
        for (int left = 8 - early; left > 4; --left) {
            sum = sum.minus(givenBack(versions_, {{{version_, left}}, minimum}, version_));
        }
        return sum;
    }
};

TEST_F(GivenBackTest, ClosedPeriodGivesBackTheUnitThatIsTheLastOfItsCount) {
    const auto at = [this](std::int64_t left) { return givenBack(versions_, {{{version_, left}}, {}}, version_); };

    EXPECT_EQ(at(8), Money{30'000});
    EXPECT_EQ(at(7), Money{40'000});
    EXPECT_EQ(at(3), Money{50'000});
    EXPECT_EQ(at(2), Money{0}) << "included";
}

TEST_F(GivenBackTest, SumDoesNotDependOnWhetherACorrectionCameBeforeOrAfterTheClosing) {
    for (const Money minimum : {Money{0}, Money{1}, Money{100'000}, Money{170'000}, Money{230'001}, Money{900'000}}) {
        for (int early = 0; early <= 4; ++early) {
            EXPECT_EQ(billed(early, minimum), std::max(costOf(tiered(), 4), minimum))
                << minimum.microYuan() << ", " << early << " before the closing";
        }
    }
}

TEST_F(GivenBackTest, BelowTheMinimumNothingAndAcrossItAPartIsGivenBack) {
    const auto at = [this](std::int64_t left) {
        return givenBack(versions_, {{{version_, left}}, Money{120'000}}, version_);
    };

    EXPECT_EQ(at(5), Money{30'000}) << "150,000 before, the minimum after";
    EXPECT_EQ(at(4), Money{0});
    EXPECT_EQ(at(1), Money{0});
}

TEST_F(GivenBackTest, MinimumIsThatOfAllVersionsTogether) {
    const PlanVersionId flat = versions_.add(2, [] {
        PlanTerms terms;
        terms.tiers = {{std::nullopt, Money{70'000}}};
        return terms;
    }());

    EXPECT_EQ(givenBack(versions_, {{{version_, 3}, {flat, 1}}, Money{100'000}}, flat), Money{20'000});
    EXPECT_EQ(givenBack(versions_, {{{version_, 3}, {flat, 9}}, Money{100'000}}, flat), Money{70'000});
    EXPECT_EQ(givenBack(versions_, {{{version_, 3}, {flat, 9}}, Money{100'000}}, version_), Money{50'000});
}

TEST_F(PricerTest, CorrectionOfAClosedPeriodCarriesItsPriceAndCountsNothing) {
    Pricer pricer{versions_};
    UsageEntry late = correction();
    late.price = Money{70'000};

    const EntryPrice corrected = pricer.price(late);

    EXPECT_EQ(corrected.tier, 0);
    EXPECT_EQ(corrected.amount, Money{-70'000});
    EXPECT_EQ(pricer.price(charge()).tier, 0) << "the count did not begin below zero";
    (void)pricer.price(charge());
    EXPECT_EQ(pricer.price(charge()).tier, 1);
}

TEST_F(PricerTest, VersionsAreCountedApart) {
    const PlanVersionId dearer = versions_.add(2, [] {
        PlanTerms terms;
        terms.tiers = {{1, Money{90'000}}, {std::nullopt, Money{80'000}}};
        return terms;
    }());
    Pricer pricer{versions_};
    UsageEntry other = charge();
    other.plan_version = dearer;
    for (int charged = 0; charged < 4; ++charged) (void)pricer.price(charge());

    EXPECT_EQ(pricer.price(other).amount, Money{90'000});
    EXPECT_EQ(pricer.price(charge()).amount, Money{50'000});
    EXPECT_EQ(pricer.price(other).amount, Money{80'000});
    EXPECT_EQ(pricer.price(charge()).amount, Money{40'000});
}

TEST_F(PricerTest, WhatAPackPaidForCostsNothingAndIsNotCounted) {
    Pricer pricer{versions_};
    UsageEntry prepaid = charge();
    prepaid.pack = PackId{"pack_1"};
    for (int charged = 0; charged < 10; ++charged) {
        const EntryPrice price = pricer.price(prepaid);
        EXPECT_EQ(price.tier, 0);
        EXPECT_EQ(price.amount, Money{0});
    }

    for (int included = 0; included < 2; ++included) EXPECT_EQ(pricer.price(charge()).amount, Money{0});
    EXPECT_EQ(pricer.price(charge()).amount, Money{50'000});
}

TEST_F(PricerTest, WithoutAPlanAndForAWaiverNothingIsOwed) {
    Pricer pricer{versions_};
    UsageEntry planless = charge();
    planless.plan_version.reset();
    UsageEntry waiver = charge();
    waiver.kind = EntryKind::kWaiver;
    waiver.units = 0;

    EXPECT_EQ(pricer.price(planless).amount, Money{0});
    EXPECT_EQ(pricer.price(waiver).amount, Money{0});
    for (int included = 0; included < 2; ++included) EXPECT_EQ(pricer.price(charge()).tier, 0);
    EXPECT_EQ(pricer.price(charge()).tier, 1) << "the waiver counted nothing";
}

TEST_F(PricerTest, VersionThatThereIsNotIsAFault) {
    Pricer pricer{versions_};
    UsageEntry stray = charge();
    stray.plan_version = PlanVersionId{PlanId{"std"}, 9};

    EXPECT_THROW((void)pricer.price(stray), std::runtime_error);
}

TEST_F(PricerTest, AmountNeverWraps) {
    Pricer pricer{versions_};
    UsageEntry huge = charge();
    huge.units = 2;
    huge.price = Money{std::numeric_limits<std::int64_t>::max()};

    EXPECT_THROW((void)pricer.price(huge), std::overflow_error);
}

}  // namespace
}  // namespace tenants
