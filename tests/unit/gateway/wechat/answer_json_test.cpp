#include "gateway/wechat/answer_json.h"

#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace gateway::wechat {
namespace {

AnswerJson json(const std::string& text) {
    auto parsed = AnswerJson::parse(text);
    if (!parsed) throw std::invalid_argument(text);
    return std::move(*parsed);
}

TEST(AnswerJson, FieldOfAnotherTypeCountsAsAbsent) {
    const AnswerJson answer =
        json(R"({"text":"t","number":7,"flag":true,"none":null,"list":[{"a":1},2],"object":{"b":1}})");

    EXPECT_EQ(answer.text("number"), "");
    EXPECT_EQ(answer.text("none"), "");
    EXPECT_EQ(answer.text("absent"), "");
    EXPECT_EQ(answer.secret("number"), nullptr);
    EXPECT_FALSE(answer.wholeNumber("text"));
    EXPECT_FALSE(answer.wholeNumber("flag"));
    EXPECT_FALSE(answer.wholeNumber("none"));
    EXPECT_FALSE(answer.wholeNumber("object"));
    EXPECT_FALSE(answer.object("list"));
    EXPECT_FALSE(answer.objects("object"));
    ASSERT_TRUE(answer.objects("list"));
    EXPECT_EQ(answer.objects("list")->size(), 1U);
}

TEST(AnswerJson, WholeNumberIsReadFromNumberOrText) {
    const AnswerJson answer = json(R"({"number":-7200,"text":"7200","big":999999999999999999})");

    EXPECT_EQ(answer.wholeNumber("number"), -7200);
    EXPECT_EQ(answer.wholeNumber("text"), 7200);
    EXPECT_EQ(answer.wholeNumber("big"), 999999999999999999);
}

TEST(AnswerJson, NumberWithAFractionIsNoWholeNumber) {
    for (const std::string number : {"1.5", "7200.0", "1e3"})
        EXPECT_FALSE(json(R"({"n":)" + number + "}").wholeNumber("n")) << number;
}

TEST(AnswerJson, AnswerWithAnIntegerThatPocoMisreadsIsRefused) {
    for (const std::string number : {"-9223372036854775809", "18446744073709551616"})
        EXPECT_FALSE(AnswerJson::parse(R"({"a":[{"n":)" + number + "}]}")) << number;
}

TEST(AnswerJson, SecretIsNullWhereAbsentOrEmpty) {
    const AnswerJson answer = json(R"({"token":"t","empty":""})");

    EXPECT_EQ(answer.secret("token")->expose(), "t");
    EXPECT_EQ(answer.secret("empty"), nullptr);
    EXPECT_EQ(answer.secret("absent"), nullptr);
}

TEST(AnswerJson, TextThatIsNoStrictObjectIsRefused) {
    EXPECT_FALSE(AnswerJson::parse(R"({"a":"\u0000"})"));
    EXPECT_FALSE(AnswerJson::parse(R"({"a":)"));
    EXPECT_FALSE(AnswerJson::parse(R"({"a":1,"a":2})"));
    EXPECT_FALSE(AnswerJson::parse("[]"));
}

}  // namespace
}  // namespace gateway::wechat
