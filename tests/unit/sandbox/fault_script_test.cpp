#include "sandbox/fault_script.h"

#include <gtest/gtest.h>

namespace sandbox {
namespace {

TEST(FaultScript, FaultIsUsedUpAfterItsCount) {
    FaultScript script;
    script.add({.path = "/p", .mode = FaultMode::kCut, .count = 2});

    EXPECT_TRUE(script.take("/p", "wx1", ""));
    EXPECT_TRUE(script.take("/p", "wx1", ""));
    EXPECT_FALSE(script.take("/p", "wx1", ""));
    EXPECT_TRUE(script.planned().empty());
}

TEST(FaultScript, FaultMeetsOnlyItsPathAndAccount) {
    FaultScript script;
    script.add({.path = "/p", .appid = "wx1", .mode = FaultMode::kCut});

    EXPECT_FALSE(script.take("/q", "wx1", ""));
    EXPECT_FALSE(script.take("/p", "wx2", ""));
    EXPECT_FALSE(script.take("/p", "", ""));
    EXPECT_TRUE(script.take("/p", "wx1", ""));
}

TEST(FaultScript, FaultsAreUsedInTheOrderTheyCame) {
    FaultScript script;
    script.add({.path = "/p", .mode = FaultMode::kCut});
    script.add({.path = "/p", .mode = FaultMode::kSilent});

    EXPECT_EQ(script.take("/p", "", "")->mode, FaultMode::kCut);
    EXPECT_EQ(script.take("/p", "", "")->mode, FaultMode::kSilent);
}

TEST(FaultScript, ModesHaveNamesThatReadBack) {
    for (const char* name :
         {"errcode", "cut", "reset", "early_reset", "silent", "drip", "http500", "not_json", "delay"}) {
        ASSERT_TRUE(faultModeOfName(name)) << name;
        EXPECT_EQ(faultModeName(*faultModeOfName(name)), name);
    }
    EXPECT_FALSE(faultModeOfName("explode"));
}

TEST(FaultScript, FaultMeetsTheAuthorizerThatAComponentsCallIsAbout) {
    FaultScript script;
    script.add({.path = "/p", .appid = "wx1", .mode = FaultMode::kCut});

    EXPECT_FALSE(script.take("/p", "wxcomponent", "wx2"));
    EXPECT_TRUE(script.take("/p", "wxcomponent", "wx1"));
}

TEST(FaultScript, EarlyResetIsTakenWithTheHeadAndOnlyInItsTurn) {
    FaultScript script;
    script.add({.path = "/p", .mode = FaultMode::kCut});
    script.add({.path = "/p", .mode = FaultMode::kEarlyReset});
    script.add({.path = "/p", .mode = FaultMode::kSilent});

    EXPECT_FALSE(script.takeEarlyReset("/p", ""));
    EXPECT_EQ(script.take("/p", "", "")->mode, FaultMode::kCut);
    EXPECT_FALSE(script.takeEarlyReset("/q", ""));
    EXPECT_TRUE(script.takeEarlyReset("/p", ""));
    EXPECT_EQ(script.take("/p", "", "")->mode, FaultMode::kSilent);
}

TEST(AnswerScript, AnswerWithoutCountStaysUntilItIsCleared) {
    AnswerScript script;
    script.set({.path = "/p", .body = "{}", .count = {}});

    EXPECT_EQ(script.take("/p"), "{}");
    EXPECT_EQ(script.take("/p"), "{}");
    script.clear();
    EXPECT_FALSE(script.take("/p"));
}

TEST(AnswerScript, CountedAnswerIsUsedUp) {
    AnswerScript script;
    script.set({.path = "/p", .body = "{}", .count = 1});

    EXPECT_FALSE(script.take("/q"));
    EXPECT_TRUE(script.take("/p"));
    EXPECT_FALSE(script.take("/p"));
}

TEST(AnswerScript, NewAnswerTakesThePlaceOfTheOld) {
    AnswerScript script;
    script.set({.path = "/p", .body = "old", .count = {}});

    script.set({.path = "/p", .body = "new", .count = 1});

    EXPECT_EQ(script.take("/p"), "new");
    EXPECT_FALSE(script.take("/p"));
}

}  // namespace
}  // namespace sandbox
