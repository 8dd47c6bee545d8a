#include "tenants/base/sealing.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "tests/unit/tenants/sqlite/store_fixture.h"

namespace test_support {
namespace {

using tenants::KeyRing;
using tenants::openSealed;
using tenants::seal;
using tenants::SealBroken;
using tenants::SealedPlace;

class SealingTest : public testing::Test {
protected:
    SealingTest() : ring_(newKeyRing(folder_.path() / "keys")) {}

    const SealedPlace kPlace{"tollgate/wx", "authorization", "access_token", "mer_a", "mer_a", 3};
    TemporaryFolder folder_;
    KeyRing ring_;
};

TEST_F(SealingTest, WhatWasSealedOpensAtItsPlace) {
    for (const std::string& plain : {std::string{}, std::string{"token"}, std::string(300'000, '\0')}) {
        const std::string sealed = seal(ring_, kPlace, plain);

        EXPECT_EQ(openSealed(ring_, kPlace, sealed).expose(), plain);
        EXPECT_EQ(sealed.size(), 1 + 4 + 12 + plain.size() + 16);
    }
}

TEST_F(SealingTest, SealedFieldHoldsNothingInPlain) {
    const std::string sealed = seal(ring_, kPlace, "planted-token");

    EXPECT_EQ(sealed.find("planted"), std::string::npos);
    EXPECT_EQ(sealed.find("mer_a"), std::string::npos);
}

TEST_F(SealingTest, SameContentIsNeverSealedTheSameWay) {
    std::set<std::string> nonces;
    for (int time = 0; time < 100; ++time) nonces.insert(seal(ring_, kPlace, "token").substr(5, 12));

    EXPECT_EQ(nonces.size(), 100U);
}

TEST_F(SealingTest, FieldMovedToAnotherPlaceDoesNotOpen) {
    const std::string sealed = seal(ring_, kPlace, "token");
    const SealedPlace elsewhere[] = {
        {"tollgate/wy", "authorization", "access_token", "mer_a", "mer_a", 3},
        {"tollgate/wx", "component_state", "access_token", "mer_a", "mer_a", 3},
        {"tollgate/wx", "authorization", "refresh_token", "mer_a", "mer_a", 3},
        {"tollgate/wx", "authorization", "access_token", "mer_b", "mer_a", 3},
        {"tollgate/wx", "authorization", "access_token", "mer_a", "mer_b", 3},
        {"tollgate/wx", "authorization", "access_token", "mer_a", "mer_a", 4},
        {"tollgate/wx", "authorization", "access_token", "mer_am", "er_a", 3},  // same bytes, other parts
    };
    for (const SealedPlace& place : elsewhere) EXPECT_THROW(openSealed(ring_, place, sealed), SealBroken);
}

TEST_F(SealingTest, ChangedOrCutFieldDoesNotOpen) {
    const std::string sealed = seal(ring_, kPlace, "token");
    for (std::size_t index = 0; index < sealed.size(); ++index) {
        std::string changed = sealed;
        changed[index] = static_cast<char>(changed[index] ^ 1);
        EXPECT_THROW(openSealed(ring_, kPlace, changed), SealBroken) << index;
        EXPECT_THROW(openSealed(ring_, kPlace, sealed.substr(0, index)), SealBroken) << index;
    }
    EXPECT_THROW(openSealed(ring_, kPlace, sealed + "x"), SealBroken);
}

TEST_F(SealingTest, FieldOfAnotherRingDoesNotOpen) {
    const KeyRing other = newKeyRing(folder_.path() / "other");

    EXPECT_THROW(openSealed(other, kPlace, seal(ring_, kPlace, "token")), SealBroken);
}

TEST_F(SealingTest, FieldOfAnEarlierKeyOpensUntilThatKeyIsGone) {
    const std::string sealed = seal(ring_, kPlace, "token");
    std::string text = fileBytes(folder_.path() / "keys");
    text.replace(text.find("active"), 6, "open") += "2 active AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";
    std::ofstream{folder_.path() / "keys"} << text;
    const KeyRing rotated = KeyRing::load(folder_.path() / "keys");
    std::ofstream{folder_.path() / "keys"}
        << text.erase(text.find("1 open"), text.find("2 active") - text.find("1 open"));
    const KeyRing retired = KeyRing::load(folder_.path() / "keys");

    EXPECT_EQ(openSealed(rotated, kPlace, sealed).expose(), "token");
    EXPECT_NE(seal(rotated, kPlace, "token").substr(1, 4), sealed.substr(1, 4));
    EXPECT_THROW(openSealed(retired, kPlace, sealed), SealBroken);
}

TEST_F(SealingTest, AlarmNamesThePlaceAndNotTheContent) {
    std::string sealed = seal(ring_, kPlace, "token");
    sealed.back() = static_cast<char>(sealed.back() ^ 1);

    try {
        openSealed(ring_, kPlace, sealed);
        FAIL() << "opened";
    } catch (const SealBroken& alarm) {
        const std::string text = alarm.what();
        EXPECT_NE(text.find("authorization.access_token"), std::string::npos);
        EXPECT_NE(text.find("mer_a"), std::string::npos);
        EXPECT_EQ(text.find("token'"), std::string::npos);
    }
}

}  // namespace
}  // namespace test_support
