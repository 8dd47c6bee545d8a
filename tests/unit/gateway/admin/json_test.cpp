#include "gateway/admin/json.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::admin {
namespace {

Poco::JSON::Object object(const std::string& body) {
    return *(*readJsonObject(body, {"text", "number", "flag", "time"}));
}

TEST(AdminJson, EmptyBodyIsAnEmptyObject) {
    const auto read = readJsonObject("", {});

    ASSERT_TRUE(read);
    EXPECT_EQ((*read)->size(), 0U);
}

TEST(AdminJson, WhatIsNoObjectIsRefused) {
    for (const char* body : {"[]", "1", "\"a\"", "{", "{\"text\":}", "nonsense", "null"}) {
        EXPECT_FALSE(readJsonObject(body, {"text"})) << body;
    }
}

TEST(AdminJson, AMemberThatStandsTwiceIsRefused) {
    for (const char* body : {R"({"number":1,"number":2})", R"({"text":[{"price":1,"price":2}]})"}) {
        EXPECT_FALSE(readJsonObject(body, {"text", "number"})) << body;
    }
}

TEST(AdminJson, UnknownMemberIsRefusedByName) {
    const auto read = readJsonObject(R"({"day_limits":5})", {"day_limit"});

    ASSERT_FALSE(read);
    EXPECT_NE(read.error().for_caller.find("day_limits"), std::string::npos);
}

TEST(AdminJson, DeepNestingIsRefusedAndDoesNotCrash) {
    const std::string body = "{\"text\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";

    EXPECT_FALSE(readJsonObject(body, {"text"}));
}

TEST(AdminJson, MembersAreReadByType) {
    EXPECT_EQ(**readText(object(R"({"text":"车牌"})"), "text", 10), "车牌");
    EXPECT_EQ(**readInteger(object(R"({"number":9007199254740993})"), "number", 0, INT64_MAX), 9007199254740993);
    EXPECT_EQ(**readFlag(object(R"({"flag":true})"), "flag"), true);
    EXPECT_EQ(tenants::rfc3339(**readTime(object(R"({"time":"2026-11-22T14:36:15Z"})"), "time")),
              "2026-11-22T14:36:15Z");
    EXPECT_FALSE(readText(object("{}"), "text", 10)->has_value());
    EXPECT_FALSE(readTime(object(R"({"time":null})"), "time")->has_value());
}

TEST(AdminJson, MembersOfAnotherTypeOrRangeAreRefused) {
    EXPECT_FALSE(readText(object(R"({"text":5})"), "text", 10));
    EXPECT_FALSE(readText(object(R"({"text":"12345678901"})"), "text", 10));
    EXPECT_FALSE(readText(object(R"({"text":"a\nb"})"), "text", 10));
    EXPECT_FALSE(readJsonObject("{\"text\":\"\xFF\"}", {"text"}));
    EXPECT_FALSE(readInteger(object(R"({"number":"5"})"), "number", 0, 10));
    EXPECT_FALSE(readInteger(object(R"({"number":1.5})"), "number", 0, 10));
    EXPECT_FALSE(readInteger(object(R"({"number":true})"), "number", 0, 10));
    EXPECT_FALSE(readInteger(object(R"({"number":-1})"), "number", 0, 10));
    EXPECT_FALSE(readInteger(object(R"({"number":11})"), "number", 0, 10));
    EXPECT_FALSE(readFlag(object(R"({"flag":1})"), "flag"));
    EXPECT_FALSE(readTime(object(R"({"time":"tomorrow"})"), "time"));
}

TEST(AdminJson, NullIsAWordOfItsOwnWhereItIsAskedFor) {
    EXPECT_FALSE(readIntegerOrNull(object("{}"), "number", 0, 10)->has_value());
    const auto null = readIntegerOrNull(object(R"({"number":null})"), "number", 0, 10);
    ASSERT_TRUE(null && null->has_value());
    EXPECT_FALSE((*null)->has_value());
    EXPECT_EQ(**readIntegerOrNull(object(R"({"number":7})"), "number", 0, 10), 7);
    EXPECT_FALSE(readIntegerOrNull(object(R"({"number":11})"), "number", 0, 10));
    EXPECT_FALSE(readIntegerOrNull(object(R"({"number":"7"})"), "number", 0, 10));
}

TEST(AdminJson, MembersKeepTheirOrder) {
    auto ordered = jsonObject();
    ordered->set("b", 1);
    ordered->set("a", 2);

    EXPECT_EQ(jsonText(ordered), R"({"b":1,"a":2})");
}

}  // namespace
}  // namespace gateway::admin
