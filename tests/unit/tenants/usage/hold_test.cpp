#include "tenants/usage/hold.h"

#include <gtest/gtest.h>

namespace tenants {
namespace {

TEST(HoldState, TextsGoBothWays) {
    for (const HoldState state : {HoldState::kHeld, HoldState::kSettled, HoldState::kReleased, HoldState::kUnknown}) {
        EXPECT_EQ(holdStateFromText(holdStateText(state)), state);
    }
    EXPECT_EQ(holdStateText(HoldState::kUnknown), "unknown");
}

TEST(HoldState, OtherTextsAreNoState) {
    for (const std::string_view text : {"", "HELD", "held ", "lost"}) {
        EXPECT_EQ(holdStateFromText(text), std::nullopt);
    }
}

TEST(Outcome, TextsAreThoseOfTheMetrics) {
    EXPECT_EQ(outcomeText(Outcome::kRecognised), "billed");
    EXPECT_EQ(outcomeText(Outcome::kNotRecognised), "not_recognised");
}

}  // namespace
}  // namespace tenants
