#include "tenants/billing/shadow_price.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/tenants/sqlite/books_fixture.h"

namespace {

using namespace tenants;
using test_support::november;
using test_support::utc;
using test_support::version;

/// Under `std@1` a scan costs 0.05 yuan and a month at least 2, under `std@2` 0.07 and at least 3; mer_a has the first.
class ShadowPriceTest : public test_support::BooksFixture {
protected:
    ShadowPriceTest() {
        openBooks();
        clock_.jumpWall(utc("2026-11-23T00:00:00Z") - clock_.now());  // its merchants are from the 22nd
        for (const char* const merchant : {"mer_a", "mer_b"}) addMerchant(*store_, merchant, 10'000);
        EXPECT_TRUE(
            runBlocking(store_->plans().addPlan(PlanId{"std"}, "Standard", terms(50'000, 2'000'000), clock_.now())));
        EXPECT_TRUE(runBlocking(store_->plans().addVersion(PlanId{"std"}, terms(70'000, 3'000'000), clock_.now())));
        EXPECT_TRUE(runBlocking(store_->plans().assign(MerchantId{"mer_a"}, version("std", 1), {}, clock_.now())));
    }
    static PlanTerms terms(std::int64_t price, std::int64_t minimum) {
        PlanTerms terms;
        terms.tiers = {{std::nullopt, Money{price}}};
        terms.monthly_minimum = Money{minimum};
        return terms;
    }
    void scanTimes(const std::string& merchant, int count) {
        std::vector<Scan> scans;
        for (int number = 0; number < count; ++number) scans.push_back({merchant, "r-" + std::to_string(++requests_)});
        scanAll(scans, "2026-11-24T01:00:00Z");
    }
    void sellPack(const std::string& merchant) {
        Pack pack;
        pack.id = PackId{"pack_1"};
        pack.merchant = MerchantId{merchant};
        pack.units = 10;
        pack.price = Money{9'000'000};
        pack.starts_at = pack.created_at = utc("2026-11-25T00:00:00Z");
        pack.expires_at = utc("2027-11-25T00:00:00Z");
        ASSERT_TRUE(runBlocking(store_->plans().grantPack(pack)));
    }
    ShadowPricing pricing(std::int64_t number = 2) {
        return *ShadowPricing::of({store_->ledgerScan(), store_->plans(), store_->statements()}, november(),
                                  version("std", number));
    }
    ShadowPrice priceOf(const std::string& merchant, std::int64_t number = 2) {
        const auto found = pricing(number).prices(MerchantId{merchant});
        if (found.size() != 1) throw std::runtime_error("not one price");
        return found[0];
    }
    void closeA() {
        clock_.jumpWall(november().ends() - clock_.now());
        closed("mer_a");
    }
    void closeNovember() {
        closeA();
        closed("mer_b");
    }
    int requests_ = 0;
};

void expectSame(const ShadowPrice& one, const ShadowPrice& other) {
    EXPECT_EQ(one.merchant, other.merchant);
    EXPECT_EQ(one.entries, other.entries);
    EXPECT_EQ(one.payable, other.payable);
    EXPECT_EQ(one.shadow_payable, other.shadow_payable);
}

TEST_F(ShadowPriceTest, ThePlanInForceComparedWithItselfIsNoDifferenceThoughTheMonthIsOpen) {
    scanTimes("mer_a", 3);  // far below the minimum
    sellPack("mer_a");

    const ShadowPrice price = priceOf("mer_a", 1);

    EXPECT_FALSE(price.closed);
    EXPECT_EQ(price.payable, Money{2'000'000 + 9'000'000});
    EXPECT_EQ(price.shadow_payable, price.payable);
}

TEST_F(ShadowPriceTest, PackIsInTheFirstOpenMonthThatCanBillItAndInNoOther) {
    sellPack("mer_a");
    const auto payable = [&](Period period) {
        const auto pricing =
            ShadowPricing::of({store_->ledgerScan(), store_->plans(), store_->statements()}, period, version("std", 1));
        const auto one = pricing->prices(MerchantId{"mer_a"});
        const auto same = pricing->pricesOf({MerchantId{"mer_a"}});
        EXPECT_EQ(one.at(0).payable, same.at(0).payable);
        EXPECT_EQ(one.at(0).payable, one.at(0).shadow_payable);
        return one.at(0).payable;
    };

    EXPECT_EQ(payable(november()), Money{2'000'000 + 9'000'000});
    EXPECT_EQ(payable(november().next()), Money{2'000'000});
    closeA();
    EXPECT_EQ(payable(november().next()), Money{2'000'000});
}

TEST_F(ShadowPriceTest, OpenMonthHasBothMinimums) {
    scanTimes("mer_a", 3);
    const ShadowPrice price = priceOf("mer_a");
    EXPECT_EQ(price.entries, 3);
    EXPECT_EQ(price.payable, Money{2'000'000});
    EXPECT_EQ(price.shadow_payable, Money{3'000'000});
}

TEST_F(ShadowPriceTest, BeyondTheMinimumsThePricesCount) {
    scanTimes("mer_a", 60);
    const ShadowPrice price = priceOf("mer_a");
    EXPECT_EQ(price.payable, Money{60 * 50'000});
    EXPECT_EQ(price.shadow_payable, Money{60 * 70'000});
}

TEST_F(ShadowPriceTest, ClosingTheMonthChangesNothingInTheComparison) {
    scanTimes("mer_a", 3);
    scanTimes("mer_b", 2);
    sellPack("mer_b");
    const auto open = pricing().prices(std::nullopt);
    closeNovember();
    const auto closed_ones = pricing().prices(std::nullopt);

    ASSERT_EQ(open.size(), 2U);
    ASSERT_EQ(closed_ones.size(), 2U);
    for (std::size_t at = 0; at < 2; ++at) {
        expectSame(open[at], closed_ones[at]);
        EXPECT_FALSE(open[at].closed);
        EXPECT_TRUE(closed_ones[at].closed);
        const auto statement = store_->statements().find(open[at].merchant, november());
        EXPECT_EQ(open[at].payable, statement->statement.payable());
    }
}

TEST_F(ShadowPriceTest, MerchantWithoutScansHasItsMinimumOpenAndClosed) {
    const ShadowPrice open = priceOf("mer_a");
    closeNovember();
    expectSame(priceOf("mer_a"), open);
    EXPECT_EQ(open.payable, Money{2'000'000});
    EXPECT_EQ(open.shadow_payable, Money{3'000'000});
}

TEST_F(ShadowPriceTest, MerchantsOneByOneAreTheSameAsAllInOneWalk) {
    scanTimes("mer_a", 3);
    scanTimes("mer_b", 70);
    closeA();
    const auto all = pricing().prices(std::nullopt);
    const auto some = pricing().pricesOf({MerchantId{"mer_a"}, MerchantId{"mer_b"}, MerchantId{"mer_x"}});
    ASSERT_EQ(all.size(), 2U);
    ASSERT_EQ(some.size(), 2U);
    for (std::size_t at = 0; at < 2; ++at) expectSame(all[at], some[at]);
    EXPECT_TRUE(some[0].closed);
    EXPECT_FALSE(some[1].closed);
}

TEST_F(ShadowPriceTest, WhoWasNotThereAndAVersionThatThereIsNot) {
    EXPECT_TRUE(pricing().prices(MerchantId{"mer_x"}).empty());
    const auto none =
        ShadowPricing::of({store_->ledgerScan(), store_->plans(), store_->statements()}, november(), version("std", 3));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
}

}  // namespace
