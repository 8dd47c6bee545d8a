#include "tenants/billing/pack.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

namespace tenants {
namespace {

using namespace std::chrono_literals;

constexpr UtcTime kNoon{std::chrono::hours{490'000}};

Pack goodPack() {
    Pack pack;
    pack.units = 1;
    pack.starts_at = kNoon;
    pack.expires_at = kNoon + 1ms;
    return pack;
}

TEST(Pack, IsOpenFromItsStartUntilItsExpiry) {
    const Pack pack = goodPack();

    EXPECT_FALSE(pack.openAt(kNoon - 1ms));
    EXPECT_TRUE(pack.openAt(kNoon));
    EXPECT_FALSE(pack.openAt(kNoon + 1ms));
}

TEST(Pack, WhatIsUsedAndHeldIsNotLeft) {
    Pack pack = goodPack();
    pack.units = 10;
    pack.used = 4;
    pack.held = 5;

    EXPECT_EQ(pack.left(), 1);
}

TEST(Pack, WhatMakesNoSenseIsRefusedWithItsField) {
    const auto fault = [](const std::function<void(Pack&)>& spoil) {
        Pack pack = goodPack();
        spoil(pack);
        const Result<Done> checked = checkPack(pack);
        return checked ? std::string{} : checked.error().for_caller;
    };

    EXPECT_EQ(fault([](Pack&) {}), "");
    EXPECT_EQ(fault([](Pack& pack) { pack.units = 0; }), "units is out of range.");
    EXPECT_EQ(fault([](Pack& pack) { pack.units = 1'000'000'001; }), "units is out of range.");
    EXPECT_EQ(fault([](Pack& pack) { pack.price = Money{-1}; }), "price_micro_yuan is out of range.");
    EXPECT_EQ(fault([](Pack& pack) { pack.price = Money{1'000'000'000'000'001}; }),
              "price_micro_yuan is out of range.");
    EXPECT_EQ(fault([](Pack& pack) { pack.expires_at = pack.starts_at; }), "expires_at lies in the past.");
    EXPECT_EQ(fault([](Pack& pack) { pack.used = 1; }), "a new pack has all its units.");
}

}  // namespace
}  // namespace tenants
