#include "recogniser/wire.h"

#include <gtest/gtest.h>

#include <string>

namespace recogniser {
namespace {

Reading someReading() {
    Reading reading;
    reading.image_size = {1491, 2095};
    reading.front = Quad{{{50.5, 81.4}, {1433.6, 71.4}, {1440.5, 1014.4}, {57.4, 1024.4}}};
    reading.fields[Field::kPlateNumber] = {"粤S483E4", 88, true};
    reading.fields[Field::kOwner] = {"", 0, false};
    return reading;
}

TEST(Wire, ReadingSurvivesTheWayThereAndBack) {
    const auto outcome = outcomeFromJson(toJson(someReading()));

    ASSERT_TRUE(outcome);
    const auto* reading = std::get_if<Reading>(&*outcome);
    ASSERT_NE(reading, nullptr);
    EXPECT_EQ(reading->image_size.width, 1491);
    EXPECT_EQ(reading->image_size.height, 2095);
    ASSERT_TRUE(reading->front);
    EXPECT_DOUBLE_EQ((*reading->front)[2].x, 1440.5);
    EXPECT_DOUBLE_EQ((*reading->front)[3].y, 1024.4);
    EXPECT_FALSE(reading->back);
    ASSERT_EQ(reading->fields.size(), 2U);
    EXPECT_EQ(reading->fields.at(Field::kPlateNumber).text, "粤S483E4");
    EXPECT_EQ(reading->fields.at(Field::kPlateNumber).confidence, 88);
    EXPECT_TRUE(reading->fields.at(Field::kPlateNumber).valid);
    EXPECT_FALSE(reading->fields.at(Field::kOwner).valid);
}

TEST(Wire, PageNotFoundIsLeftOut) {
    const std::string json = toJson(someReading());

    EXPECT_NE(json.find("\"front\""), std::string::npos);
    EXPECT_EQ(json.find("\"back\""), std::string::npos);
}

TEST(Wire, EveryFailureHasItsName) {
    for (const Failure failure :
         {Failure::kNotAnImage, Failure::kTooLarge, Failure::kNoCard, Failure::kDeadline, Failure::kCrashed}) {
        const auto outcome = outcomeFromJson(toJson(failure));

        ASSERT_TRUE(outcome);
        ASSERT_TRUE(std::holds_alternative<Failure>(*outcome));
        EXPECT_EQ(std::get<Failure>(*outcome), failure);
    }
    EXPECT_EQ(toJson(Failure::kNoCard), R"({"failure":"no_card"})");
}

TEST(Wire, EveryFieldHasItsName) {
    for (int i = 0; i < kFieldCount; ++i) {
        const auto field = static_cast<Field>(i);
        EXPECT_EQ(fieldOfName(fieldName(field)), field);
    }
    EXPECT_EQ(fieldName(Field::kOverallSize), "overall_size");
    EXPECT_FALSE(fieldOfName("vhicle_type"));
}

TEST(Wire, WhatIsNoAnswerIsRefused) {
    for (const char* text :
         {"", "[]", "5", "{", "{}", R"({"failure":"bored"})", R"({"failure":7})", R"({"img_size":{"w":1,"h":2}})",
          R"({"img_size":{"w":1},"fields":{}})", R"({"img_size":{"w":1,"h":2},"fields":{"colour":{}}})",
          R"({"img_size":{"w":1,"h":2},"fields":{},"front":[[1,2],[3,4]]})",
          R"({"img_size":{"w":1,"h":2},"fields":{"vin":{"text":"x"}}})"}) {
        EXPECT_FALSE(outcomeFromJson(text)) << text;
    }
}

}  // namespace
}  // namespace recogniser
