#include "gateway/http/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace gateway::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(PercentDecode, EncodedBytesOfEitherCaseAreDecoded) {
    EXPECT_EQ(percentDecode("a%2Fb%2fc%E8%a1%8C", PlusSign::kIsItself), "a/b/c\xe8\xa1\x8c");
}

TEST(PercentDecode, PlusIsASpaceOnlyWhereAsked) {
    EXPECT_EQ(percentDecode("a+b%20c", PlusSign::kIsSpace), "a b c");
    EXPECT_EQ(percentDecode("a+b%20c", PlusSign::kIsItself), "a+b c");
}

TEST(PercentDecode, BrokenEncodingsAreRefused) {
    for (const char* text : {"%", "a%", "%4", "a%4", "%zz", "%4g", "%-1", "% 1", "%%41"}) {
        EXPECT_EQ(percentDecode(text, PlusSign::kIsSpace), std::nullopt) << text;
    }
}

TEST(PercentDecode, DecodedTextIsNotDecodedAgain) {
    EXPECT_EQ(percentDecode("%2541", PlusSign::kIsSpace), "%41");
}

TEST(DecodeForm, PairsComeInTheirOrder) {
    EXPECT_THAT(*decodeForm("type=photo&img_url=http%3A%2F%2Fa%2Fb.jpg%3Fx%3D1&type=again&flag&empty=&=nameless&a=b=c"),
                ElementsAre(Pair("type", "photo"), Pair("img_url", "http://a/b.jpg?x=1"), Pair("type", "again"),
                            Pair("flag", ""), Pair("empty", ""), Pair("", "nameless"), Pair("a", "b=c")));
}

TEST(DecodeForm, NothingBetweenSeparatorsIsNoPair) {
    EXPECT_THAT(*decodeForm(""), ElementsAre());
    EXPECT_THAT(*decodeForm("&&a=1&&b=2&"), ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST(DecodeForm, BrokenEncodingAnywhereRefusesAll) {
    EXPECT_EQ(decodeForm("a=1&b=%"), std::nullopt);
    EXPECT_EQ(decodeForm("%=1&b=2"), std::nullopt);
}

TEST(DecodeForm, PairsOfTheLimitAreTakenOneMoreIsNot) {
    std::string text;
    for (std::size_t i = 0; i < kFormPairsMax; ++i) text += "a=1&";

    EXPECT_EQ(decodeForm(text)->size(), kFormPairsMax);
    EXPECT_EQ(decodeForm(text + "a=1"), std::nullopt);
}

TEST(FormValue, FirstPairOfThatNameCounts) {
    EXPECT_EQ(formValue("b=0&a=1+2&a=3", "a"), "1 2");
    EXPECT_EQ(formValue("%61=1", "a"), "1");
    EXPECT_EQ(formValue("aa=1&A=2", "a"), std::nullopt);
}

TEST(FormCount, PairsOfThatNameCountHoweverTheyAreWritten) {
    EXPECT_EQ(formCount("", "a"), 0U);
    EXPECT_EQ(formCount("b=1&aa=2", "a"), 0U);
    EXPECT_EQ(formCount("a=1", "a"), 1U);
    EXPECT_EQ(formCount("a=1&b=2&a&%61=%zz&&A=3", "a"), 3U);
}

TEST(FormValue, BrokenValueIsNoValueAndOthersDoNotMatter) {
    EXPECT_EQ(formValue("a=%&a=1", "a"), std::nullopt);
    EXPECT_EQ(formValue("b=%&a=1", "a"), "1");
}

}  // namespace
}  // namespace gateway::http
