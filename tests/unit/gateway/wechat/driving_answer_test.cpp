#include "gateway/wechat/driving_answer.h"

#include <string>

#include <gtest/gtest.h>

namespace gateway::wechat {
namespace {

const std::string kAnswer =
    R"({"errcode":0,"errmsg":"ok","plate_num":"粤B12345","vehicle_type":"小型普通客车","owner":"张三",)"
    R"("card_position_front":{"pos":{"left_top":{"x":119,"y":2925}}},"img_size":{"w":3120,"h":4208},"new_field":[1.50]})";

tenants::UpstreamAnswer read(const std::string& body) {
    auto answer = readDrivingAnswer(body);
    if (const auto* reason = std::get_if<std::string>(&answer)) {
        ADD_FAILURE() << *reason << ": " << body;
        return {};
    }
    return std::get<tenants::UpstreamAnswer>(std::move(answer));
}

TEST(DrivingAnswer, LicenceGoesOnByteForByte) {
    const auto answer = read(kAnswer);

    EXPECT_EQ(answer.errcode, 0);
    EXPECT_TRUE(answer.has_licence);
    EXPECT_EQ(answer.body, kAnswer);
}

TEST(DrivingAnswer, ErrcodeAsTextOrAbsentIsSuccess) {
    EXPECT_TRUE(read(R"({"errcode":"0","plate_num":"x"})").has_licence);
    EXPECT_TRUE(read(R"({"plate_num":"x"})").has_licence);
}

TEST(DrivingAnswer, OneSideWithEmptyFieldsIsALicence) {
    EXPECT_TRUE(read(R"({"errcode":0,"plate_num_b":"","record":"430300999"})").has_licence);
    EXPECT_TRUE(read(R"({"errcode":0,"vhicle_type":""})").has_licence);
}

TEST(DrivingAnswer, SuccessWithoutADocumentedFieldIsNoLicence) {
    for (const std::string body :
         {R"({})", R"({"errcode":0,"errmsg":"ok"})", R"({"errcode":0,"img_size":{"w":1,"h":1}})",
          R"({"errcode":0,"data":{"plate_num":"x"}})", R"({"errcode":0,"plate_num":null})",
          R"({"errcode":0,"plate_num":{"text":"x"}})"})
        EXPECT_FALSE(read(body).has_licence) << body;
}

TEST(DrivingAnswer, RefusalKeepsNumberTextAndRequestIdAndIsNoLicence) {
    const auto answer = read(
        R"({"errcode":101002,"errmsg":"not enough market quota rid: 6661aaaa-1234abcd-0badcafe","plate_num":"x"})");

    EXPECT_EQ(answer.errcode, 101002);
    EXPECT_NE(answer.errmsg.find("market quota"), std::string::npos);
    EXPECT_EQ(answer.rid, "6661aaaa-1234abcd-0badcafe");
    EXPECT_FALSE(answer.has_licence);
}

TEST(DrivingAnswer, OldSpellingIsCorrectedAndNothingElseTouched) {
    const auto answer =
        read(R"({ "errcode":"0" , "vhicle_type" : "vhicle_type", "x":{"vhicle_type":1}, "plate_num":"a" })");

    EXPECT_EQ(answer.body,
              R"({ "errcode":"0" , "vehicle_type" : "vhicle_type", "x":{"vhicle_type":1}, "plate_num":"a" })");
    EXPECT_TRUE(answer.has_licence);
}

TEST(DrivingAnswer, OldSpellingBesideTheNewOneStays) {
    const std::string body = R"({"vhicle_type":"a","vehicle_type":"b"})";

    EXPECT_EQ(read(body).body, body);
}

TEST(DrivingAnswer, WhatIsNoStrictJsonObjectIsNamed) {
    for (const std::string body : {"", "<html>", "[]", "{\"errcode\":0", "{\"errcode\":0,}", "{\"errcode\":0}x",
                                   "{\"errcode\":0,\"errcode\":40001}"})
        EXPECT_EQ(std::get<std::string>(readDrivingAnswer(body)), "answer_not_json") << body;
}

TEST(DrivingAnswer, UnreadableErrcodeIsNamed) {
    EXPECT_EQ(std::get<std::string>(readDrivingAnswer(R"({"errcode":null,"plate_num":"x"})")),
              "answer_errcode_unreadable");
}

}  // namespace
}  // namespace gateway::wechat
