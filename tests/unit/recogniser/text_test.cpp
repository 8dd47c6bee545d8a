#include "recogniser/text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace recogniser {
namespace {

TEST(CodePoints, SurviveTheWayThereAndBack) {
    const std::string text = "a粤é𠮷Z";

    const std::u32string code_points = toCodePoints(text);

    EXPECT_EQ(code_points, U"a粤é𠮷Z");
    EXPECT_EQ(toUtf8(code_points), text);
}

TEST(CodePoints, LeaveOutBytesThatAreNotUtf8) {
    EXPECT_EQ(toCodePoints("a\xFF\xE7\xB2z"), U"az");
    EXPECT_EQ(toCodePoints("\xE7"), U"");
    EXPECT_EQ(toCodePoints("\x80粤"), U"粤");
}

TEST(EditDistance, CountsAddedMissingAndExchangedCharacters) {
    EXPECT_EQ(editDistance(U"", U""), 0U);
    EXPECT_EQ(editDistance(U"abc", U""), 3U);
    EXPECT_EQ(editDistance(U"小型轿车", U"小型车"), 1U);
    EXPECT_EQ(editDistance(U"kitten", U"sitting"), 3U);
}

TEST(NearestWord, GivesNothingWhereTwoAreEquallyNear) {
    constexpr std::array<std::u32string_view, 3> kWords = {U"货运", U"客运", U"教练"};

    EXPECT_EQ(nearestWord(U"货运", kWords, 1), U"货运");
    EXPECT_EQ(nearestWord(U"教东", kWords, 1), U"教练");
    EXPECT_EQ(nearestWord(U"空运", kWords, 1), U"");
    EXPECT_EQ(nearestWord(U"飞机", kWords, 1), U"");
}

TEST(Compact, RemovesSpaceAndNarrowsFullWidthSigns) {
    EXPECT_EQ(compact(U" Ａ１　·\n（"), U"A1·(");
}

}  // namespace
}  // namespace recogniser
