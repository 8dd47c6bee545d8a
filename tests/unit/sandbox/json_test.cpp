#include "sandbox/json.h"

#include <gtest/gtest.h>

namespace sandbox {
namespace {

TEST(Json, OnlyWholeObjectsAreRead) {
    EXPECT_FALSE(parseObject(R"({"a":1})").isNull());
    for (const char* text : {"", "[1]", "1", "{", R"({"a":1} x)", "{a:1}"})
        EXPECT_TRUE(parseObject(text).isNull()) << text;
}

TEST(Json, DeepNestingIsRefused) {
    std::string deep;
    for (int level = 0; level < 40; ++level) deep += R"({"a":)";
    deep += "1";
    for (int level = 0; level < 40; ++level) deep += "}";

    EXPECT_TRUE(parseObject(deep).isNull());
}

TEST(Json, FieldsAreOfExactlyTheirType) {
    const auto object =
        parseObject(R"({"text":"1","number":1,"flag":true,"fraction":1.5,"nothing":null,"big":18446744073709551615})");

    EXPECT_EQ(stringField(object, "text"), "1");
    EXPECT_EQ(integerField(object, "number"), 1);
    EXPECT_EQ(booleanField(object, "flag"), true);
    for (const char* name : {"text", "flag", "fraction", "nothing", "big", "missing"})
        EXPECT_FALSE(integerField(object, name)) << name;
    for (const char* name : {"number", "flag", "nothing", "missing"}) EXPECT_FALSE(stringField(object, name)) << name;
    for (const char* name : {"text", "number", "nothing", "missing"}) EXPECT_FALSE(booleanField(object, name)) << name;
}

TEST(Json, SetsHoldNumbersFromZeroOn) {
    const auto object = parseObject(R"({"good":[117,17,117],"empty":[],"text":["117"],"negative":[-1],"number":117})");

    EXPECT_EQ(integerSetField(object, "good"), (std::set<int>{17, 117}));
    EXPECT_EQ(integerSetField(object, "empty"), std::set<int>{});
    for (const char* name : {"text", "negative", "number", "missing"})
        EXPECT_FALSE(integerSetField(object, name)) << name;
}

TEST(Json, RenderingKeepsOrderAndChineseText) {
    auto object = newObject();
    object->set("z", std::string{"粤B12345"});
    object->set("a", 1);

    EXPECT_EQ(render(object), R"({"z":"粤B12345","a":1})");
}

}  // namespace
}  // namespace sandbox
