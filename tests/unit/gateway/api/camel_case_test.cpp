#include "gateway/api/camel_case.h"

#include <gtest/gtest.h>

#include "gateway/json/json_outline.h"

namespace gateway::api {
namespace {

TEST(CamelCase, EveryDocumentedNameBecomesThatOfTheCloudCall) {
    const std::pair<const char*, const char*> names[] = {{"errcode", "errCode"},
                                                         {"errmsg", "errMsg"},
                                                         {"plate_num", "plateNum"},
                                                         {"vehicle_type", "vehicleType"},
                                                         {"owner", "owner"},
                                                         {"addr", "addr"},
                                                         {"use_character", "useCharacter"},
                                                         {"model", "model"},
                                                         {"vin", "vin"},
                                                         {"engine_num", "engineNum"},
                                                         {"register_date", "registerDate"},
                                                         {"issue_date", "issueDate"},
                                                         {"plate_num_b", "plateNumB"},
                                                         {"record", "record"},
                                                         {"passengers_num", "passengersNum"},
                                                         {"total_quality", "totalQuality"},
                                                         {"prepare_quality", "prepareQuality"},
                                                         {"overall_size", "overallSize"},
                                                         {"card_position_front", "cardPositionFront"},
                                                         {"card_position_back", "cardPositionBack"},
                                                         {"img_size", "imgSize"},
                                                         {"left_top", "leftTop"},
                                                         {"right_bottom", "rightBottom"}};
    for (const auto& [snake, camel] : names) {
        EXPECT_EQ(camelCased("{\"" + std::string{snake} + "\":0}"), "{\"" + std::string{camel} + "\":0}");
    }
}

TEST(CamelCase, InnerNamesFollowAndLayoutStays) {
    EXPECT_EQ(camelCased("{ \"img_size\" : {\"w_px\":1,\t\"h\":2},\r\n\"list_of\":[{\"a_b\":1},{\"c_d\":\"e_f\"}] }"),
              "{ \"imgSize\" : {\"wPx\":1,\t\"h\":2},\r\n\"listOf\":[{\"aB\":1},{\"cD\":\"e_f\"}] }");
}

TEST(CamelCase, ValuesKeepTheirVeryBytes) {
    const std::string values =
        R"(["a_b","\"errcode\":","x\\","粤B_1",18446744073709551616,1.10,-0,1E+2,"\u4eac",true,null])";

    EXPECT_EQ(camelCased("{\"some_values\":" + values + "}"), "{\"someValues\":" + values + "}");
}

TEST(CamelCase, OnlyAnUnderscoreBeforeALowerCaseLetterOrADigitGoes) {
    EXPECT_EQ(camelCased(R"({"_a":1,"b_":2,"c__d":3,"e_1":4,"f_G":5,"_":6,"":7,"alreadyCamel":8,"h_粤":9})"),
              R"({"_a":1,"b_":2,"c_D":3,"e1":4,"f_G":5,"_":6,"":7,"alreadyCamel":8,"h_粤":9})");
}

TEST(CamelCase, WholeAnswerStaysStrictJson) {
    const std::string answer =
        R"({"errcode":0,"errmsg":"ok","card_position_front":{"pos":{"left_top":{"x":1,"y":2}}},"new_field":"\/"})";

    const std::string camel = camelCased(answer);

    EXPECT_TRUE(json::outlineJsonObject(camel)) << camel;
    EXPECT_EQ(camel,
              R"({"errCode":0,"errMsg":"ok","cardPositionFront":{"pos":{"leftTop":{"x":1,"y":2}}},"newField":"\/"})");
}

TEST(CamelCase, CutTextsEndWhereTheyEnd) {
    for (const char* text : {"", "{", "\"", "{\"a_b", "{\"a_b\\", "{\"a\\\"", "{\"a_b\"", "{\"a_b\" "}) {
        EXPECT_EQ(camelCased(text), text);
    }
}

}  // namespace
}  // namespace gateway::api
