#include "gateway/wechat/answer_status.h"

#include <string>

#include <gtest/gtest.h>

namespace gateway::wechat {
namespace {

std::optional<AnswerStatus> read(std::string_view text) {
    const auto outline = json::outlineJsonObject(text);
    return outline ? readAnswerStatus(*outline) : std::nullopt;
}

TEST(AnswerStatus, AbsentErrcodeIsSuccess) {
    const auto status = read(R"({"component_access_token":"t"})");

    ASSERT_TRUE(status);
    EXPECT_EQ(status->errcode, 0);
    EXPECT_EQ(status->errmsg, "");
    EXPECT_EQ(status->rid, "");
}

TEST(AnswerStatus, ErrcodeIsReadAsNumberOrText) {
    for (const std::string_view text : {R"({"errcode":-1})", R"({"errcode":"-1"})"}) {
        const auto status = read(text);

        ASSERT_TRUE(status) << text;
        EXPECT_EQ(status->errcode, -1) << text;
    }
}

TEST(AnswerStatus, ErrcodeOfAnotherFormIsUnreadable) {
    for (const std::string_view text :
         {R"({"errcode":null})", R"({"errcode":true})", R"({"errcode":0.0})", R"({"errcode":1e2})", R"({"errcode":""})",
          R"({"errcode":" 0"})", R"({"errcode":"+1"})", R"({"errcode":"0x1"})", R"({"errcode":{}})",
          R"({"errcode":[0]})", R"({"errcode":2147483648})", R"({"errcode":-2147483649})",
          R"({"errcode":99999999999999999999})"})
        EXPECT_FALSE(read(text)) << text;
}

TEST(AnswerStatus, RequestIdIsTakenFromTheMessage) {
    const auto status =
        read(R"({"errcode":40001,"errmsg":"invalid credential hint: [AbCd] rid: 6661aaaa-1234abcd-0badcafe"})");

    ASSERT_TRUE(status);
    EXPECT_EQ(status->rid, "6661aaaa-1234abcd-0badcafe");
    EXPECT_EQ(status->errmsg, "invalid credential hint: [AbCd] rid: 6661aaaa-1234abcd-0badcafe");
}

TEST(AnswerStatus, RequestIdEndsAtWhatCannotBePartOfIt) {
    EXPECT_EQ(readRid("x rid: 1a-2b-3c, more"), "1a-2b-3c");
    EXPECT_EQ(readRid("rid:1a-2b-3c"), "1a-2b-3c");
    EXPECT_EQ(readRid("rid: first rid: 1a-2b-3c"), "1a-2b-3c");
    EXPECT_EQ(readRid("x rid: \\u0041"), "");
    EXPECT_EQ(readRid("x rid:"), "");
    EXPECT_EQ(readRid("ok"), "");
    EXPECT_EQ(readRid("rid: " + std::string(65, 'a')), "");
}

TEST(AnswerStatus, MessageThatIsNoTextIsLeftOut) {
    const auto status = read(R"({"errcode":0,"errmsg":{"rid: 1":2}})");

    ASSERT_TRUE(status);
    EXPECT_EQ(status->errmsg, "");
}

TEST(WholeNumber, OnlyDigitsAndALeadingMinusAreANumber) {
    EXPECT_EQ(readWholeNumber("0"), 0);
    EXPECT_EQ(readWholeNumber("-7200"), -7200);
    for (const std::string_view text : {"", "-", "+1", " 1", "1 ", "1.0", "1e1", "9223372036854775808"})
        EXPECT_FALSE(readWholeNumber(text)) << text;
}

}  // namespace
}  // namespace gateway::wechat
