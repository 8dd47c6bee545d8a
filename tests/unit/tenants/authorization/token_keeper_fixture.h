#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tenants/authorization/token_keeper.h"
#include "tests/support/spawned.h"
#include "tests/support/world.h"

namespace tenants {

// A token lives 7200 s; it is due 600 s before its end, each merchant's up to 120 s earlier.
inline constexpr std::chrono::seconds kSurelyFresh{6470};
inline constexpr std::chrono::seconds kDue{6700};
inline constexpr std::chrono::seconds kDead{7200};

/// One merchant that has just been authorized.
class TokenKeeperTest : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(world_.authorize()); }
    Result<LiveToken> usable() { return runBlocking(world_.keeper.usable(world_.merchant)); }
    Result<LiveToken> replace(LiveToken refused) {
        return runBlocking(world_.keeper.replace(world_.merchant, std::move(refused)));
    }
    /// As the renewal ahead of time does it.
    Result<Done> renew() { return runBlocking(world_.keeper.renewIfDue(world_.merchant)); }
    std::string usableText() { return std::string{usable()->token->expose()}; }
    std::string trouble() const { return world_.authorization()->trouble; }
    int refreshes() const { return world_.platform.calls("refresh"); }

    test_support::World world_;
};

}  // namespace tenants
