#include "gateway/json/json_outline.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gateway::json {
namespace {

std::string nestedArrays(std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

TEST(JsonOutline, MembersAreGivenAsWritten) {
    const auto outline = outlineJsonObject(
        " { \"s\" : \"a\\\"b\" , \"n\":-1.5e+3,\"t\":true,\"f\":false,\"z\":null,\"o\":{\"x\":[1, 2]},\"l\":[] } \n");

    ASSERT_TRUE(outline);
    ASSERT_EQ(outline->members.size(), 7U);
    const std::vector<std::pair<JsonKind, std::string>> expected{
        {JsonKind::kString, "a\\\"b"}, {JsonKind::kNumber, "-1.5e+3"}, {JsonKind::kBoolean, "true"},
        {JsonKind::kBoolean, "false"}, {JsonKind::kNull, "null"},      {JsonKind::kObject, "{\"x\":[1, 2]}"},
        {JsonKind::kArray, "[]"}};
    for (std::size_t at = 0; at < expected.size(); ++at) {
        EXPECT_EQ(outline->members[at].kind, expected[at].first) << at;
        EXPECT_EQ(outline->members[at].value, expected[at].second) << at;
    }
}

TEST(JsonOutline, MemberIsFoundInTheOutermostObjectOnly) {
    const auto outline = outlineJsonObject(R"({"a":{"inner":1},"b":2})");

    ASSERT_TRUE(outline);
    ASSERT_NE(outline->find("b"), nullptr);
    EXPECT_EQ(outline->find("b")->value, "2");
    EXPECT_EQ(outline->find("inner"), nullptr);
}

TEST(JsonOutline, EachByteIsJudgedTheSameWhereverItStandsInAString) {
    constexpr std::size_t kCharacters = 19;  // two whole eights and a rest
    for (std::size_t at = 0; at < kCharacters; ++at) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            std::string value(kCharacters, 'x');
            value[at] = static_cast<char>(byte);
            const bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';

            EXPECT_EQ(outlineJsonObject("{\"a\":\"" + value + "\"}").has_value(), plain) << at << " " << byte;
        }
    }
}

TEST(JsonOutline, EverythingTheGrammarAllowsIsAccepted) {
    for (const std::string text :
         {"{}", "{\"\":0}", "{\"a\":0}", "{\"a\":-0}", "{\"a\":0.5}", "{\"a\":1E5}", "{\"a\":1e-05}",
          "{\"a\":[[],[1,{}]]}", R"({"a":"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00"})", "{\"行\":\"驶\"}",
          "{\"a\":\"\xF0\x9F\x98\x80\x7F\"}", "\t\r\n {\t\r\n \"a\"\t\r\n :\t\r\n 1\t\r\n }\t\r\n ",
          R"({"a":{"x":1},"b":{"x":1},"x":1})"})
        EXPECT_TRUE(outlineJsonObject(text)) << text;
}

TEST(JsonOutline, EverythingElseIsRefused) {
    for (const std::string& text : {
             std::string{},
             std::string{"null"},
             std::string{"[]"},
             std::string{"1"},
             std::string{"\"a\""},
             std::string{"{"},
             std::string{"}"},
             std::string{"{}}"},
             std::string{"{}{}"},
             std::string{"{} x"},
             std::string{"\xEF\xBB\xBF{}"},
             std::string{"{\"a\"}"},
             std::string{"{\"a\":}"},
             std::string{"{\"a\":1,}"},
             std::string{"{,\"a\":1}"},
             std::string{"{\"a\":1 \"b\":2}"},
             std::string{"{\"a\":1,,\"b\":2}"},
             std::string{"{a:1}"},
             std::string{"{'a':1}"},
             std::string{"{\"a\":'b'}"},
             std::string{"{1:1}"},
             std::string{"{\"a\":[1,]}"},
             std::string{"{\"a\":[,1]}"},
             std::string{"{\"a\":[1 2]}"},
             std::string{"{\"a\":[1}"},
             std::string{"{\"a\":01}"},
             std::string{"{\"a\":+1}"},
             std::string{"{\"a\":-}"},
             std::string{"{\"a\":.5}"},
             std::string{"{\"a\":1.}"},
             std::string{"{\"a\":1e}"},
             std::string{"{\"a\":1e+}"},
             std::string{"{\"a\":0x1}"},
             std::string{"{\"a\":NaN}"},
             std::string{"{\"a\":Infinity}"},
             std::string{"{\"a\":tru}"},
             std::string{"{\"a\":True}"},
             std::string{"{\"a\":nulll}"},
             std::string{"{\"a\":\"b}"},
             std::string{"{\"a\":\"b\\\"}"},
             std::string{"{\"a\":\"\\"},
             std::string{"{\"a\":\"\\x\"}"},
             std::string{"{\"a\":\"\\u12\"}"},
             std::string{"{\"a\":\"\\u12g4\"}"},
             std::string{"{\"a\":\"\\u123"},
             std::string{"{\"a\":\"line\nbreak\"}"},
             std::string{"{\"a\":\"\0\"}", 9},
             std::string{"{\0}", 3},
             std::string{"{}\0", 3},
             std::string{"{\"a\":1/*comment*/}"},
             std::string{"{\"a\":\"\x80\"}"},
             std::string{"{\"a\":\"\xC0\x80\"}"},
             std::string{"{\"a\":\"\xE0\x80\x80\"}"},
             std::string{"{\"a\":\"\xED\xA0\x80\"}"},
             std::string{"{\"a\":\"\xF4\x90\x80\x80\"}"},
             std::string{"{\"a\":\"\xF5\x80\x80\x80\"}"},
             std::string{"{\"a\":\"\xE8\xA1\"}"},
             std::string{"{\"a\":\"\xE8"},
         })
        EXPECT_FALSE(outlineJsonObject(text)) << text;
}

TEST(JsonOutline, EveryCutOfAnObjectIsRefused) {
    const std::string whole = R"({"errcode":0,"plate_num":"粤B12345","pos":{"x":[1,-2.5e3,true,null]}})";
    ASSERT_TRUE(outlineJsonObject(whole));

    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes)
        EXPECT_FALSE(outlineJsonObject(std::string_view{whole}.substr(0, bytes))) << bytes;
}

TEST(JsonOutline, DepthOf32IsReadAndMoreIsRefused) {
    EXPECT_TRUE(outlineJsonObject(nestedArrays(31)));
    EXPECT_TRUE(outlineJsonObject(nestedArrays(32)));
    EXPECT_FALSE(outlineJsonObject(nestedArrays(33)));
    EXPECT_FALSE(outlineJsonObject("{\"a\":" + std::string(200'000, '[')));
}

TEST(JsonOutline, DepthIsASettingOfTheProcess) {
    const struct Restored {
        ~Restored() { setJsonDepthMax(kJsonDepthMax); }
    } restored;
    setJsonDepthMax(9);

    EXPECT_EQ(jsonDepthMax(), 9U);
    EXPECT_TRUE(outlineJsonObject(nestedArrays(8)));
    EXPECT_TRUE(outlineJsonObject(nestedArrays(9)));
    EXPECT_FALSE(outlineJsonObject(nestedArrays(10)));
}

TEST(JsonOutline, IntegerOfMoreThan18DigitsIsLegalButTold) {
    for (const std::string text : {R"({"a":999999999999999999})", R"({"a":-999999999999999999})",
                                   R"({"a":"1234567890123456789"})", R"({"a":0.1234567890123456789})"}) {
        ASSERT_TRUE(outlineJsonObject(text)) << text;
        EXPECT_FALSE(outlineJsonObject(text)->has_long_integer) << text;
    }
    for (const std::string text : {R"({"a":1000000000000000000})", R"({"a":{"b":[-18446744073709551616]}})"}) {
        ASSERT_TRUE(outlineJsonObject(text)) << text;
        EXPECT_TRUE(outlineJsonObject(text)->has_long_integer) << text;
    }
}

TEST(JsonOutline, DoubledNameIsRefusedAtEveryDepth) {
    EXPECT_FALSE(outlineJsonObject(R"({"a":1,"b":2,"a":1})"));
    EXPECT_FALSE(outlineJsonObject(R"({"o":{"a":1,"a":2}})"));
    EXPECT_FALSE(outlineJsonObject(R"({"l":[{"a":1},{"b":1,"b":1}]})"));
}

TEST(JsonOutline, NameWithAnEscapeIsRefused) {
    EXPECT_FALSE(outlineJsonObject(R"({"err\u0063ode":0})"));
    EXPECT_FALSE(outlineJsonObject(R"({"errcode\u0000x":40001})"));
    EXPECT_FALSE(outlineJsonObject(R"({"o":{"\/":1}})"));
}

std::optional<std::string> textOf(std::string_view escaped) {
    const std::string object = "{\"t\":\"" + std::string{escaped} + "\"}";
    const auto outline = outlineJsonObject(object);
    if (!outline) {
        ADD_FAILURE() << "not JSON: " << object;
        return std::nullopt;
    }
    return textOfJsonString(outline->find("t")->value);
}

TEST(JsonString, EscapesAreResolvedAndAllElseIsKept) {
    EXPECT_EQ(textOf(""), "");
    EXPECT_EQ(textOf("粤B12345 plain"), "粤B12345 plain");
    EXPECT_EQ(textOf(R"(https:\/\/a.test\/b)"), "https://a.test/b");
    EXPECT_EQ(textOf(R"(\"\\\b\f\n\r\t)"), "\"\\\b\f\n\r\t");
    EXPECT_EQ(textOf(R"(\u0041\u00e9\u4EAC\uD83D\uDE97!)"), "Aé京🚗!");
    EXPECT_EQ(textOf(R"(\uFFFF\u007f)"), "\xEF\xBF\xBF\x7F");
}

TEST(JsonString, HalfAPairAndNulAreNoText) {
    for (const char* escaped :
         {R"(\uD83D)", R"(\uD83Dx)", R"(\uD83D\n)", R"(\uD83D\u0041)", R"(\uD83D\uD83D)", R"(\uDE97)", R"(a\u0000b)"}) {
        EXPECT_EQ(textOf(escaped), std::nullopt) << escaped;
    }
}

}  // namespace
}  // namespace gateway::json
