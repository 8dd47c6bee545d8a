#include "gateway/api/body_fields.h"

#include <gtest/gtest.h>

namespace gateway::api {
namespace {

std::optional<http::FormPairs> read(const std::string& type, std::string body) {
    http::Request request;
    if (!type.empty()) request.head.headers.add("Content-Type", type);
    request.body = body;
    return readBodyFields(request);
}

std::string valueOf(const std::optional<http::FormPairs>& fields, std::string_view name) {
    if (!fields) return "(no fields)";
    const std::string* const value = findField(*fields, name);
    return value == nullptr ? "(none)" : *value;
}

TEST(BodyFields, JsonGivesStringsNumbersAndBooleansByTheirText) {
    const auto fields =
        read("application/json", R"({"appid":"wx\u0031","force_refresh":true,"n":-1.50,"z":null,"o":{}})");

    EXPECT_EQ(valueOf(fields, "appid"), "wx1");
    EXPECT_EQ(valueOf(fields, "force_refresh"), "true");
    EXPECT_EQ(valueOf(fields, "n"), "-1.50");
    EXPECT_EQ(valueOf(fields, "z"), "(none)");
    EXPECT_EQ(valueOf(fields, "o"), "(none)");
}

TEST(BodyFields, FormGivesItsPairsDecoded) {
    const auto fields = read("application/x-www-form-urlencoded; charset=utf-8", "appid=wx+1&secret=%74gk&appid=other");

    EXPECT_EQ(valueOf(fields, "appid"), "wx 1");
    EXPECT_EQ(valueOf(fields, "secret"), "tgk");
}

TEST(BodyFields, JsonIsKnownByItsFirstByte) {
    for (const char* type : {"", "application/x-www-form-urlencoded", "text/plain", "APPLICATION/JSON"}) {
        EXPECT_EQ(valueOf(read(type, "\r\n {\"appid\":\"wx1\"}"), "appid"), "wx1") << type;
    }
}

TEST(BodyFields, NothingToReadHasNoFields) {
    for (const char* type : {"", "application/json", "application/x-www-form-urlencoded", "image/jpeg"}) {
        EXPECT_TRUE(read(type, "").value().empty()) << type;
        EXPECT_TRUE(read(type, " \n").value().empty()) << type;
        EXPECT_TRUE(read(type, "{}").value().empty()) << type;
    }
    EXPECT_TRUE(read("image/jpeg", "appid=wx1").value().empty());
    EXPECT_TRUE(read("application/jsonp", "appid=wx1").value().empty());
}

TEST(BodyFields, BrokenBodiesAreNone) {
    for (const char* body : {"{", "{\"a\":1,}", "{\"a\":1,\"a\":1}", "{\"a\":\"\\u0000\"}", "{} x"}) {
        EXPECT_FALSE(read("application/json", body)) << body;
        EXPECT_FALSE(read("", body)) << body;
    }
    EXPECT_FALSE(read("application/json", "[1]"));
    EXPECT_FALSE(read("application/json", "appid=wx1"));
    EXPECT_FALSE(read("application/x-www-form-urlencoded", "appid=%zz"));
    EXPECT_FALSE(read("application/json", "{\"a\":" + std::string(100'000, '[')));
}

}  // namespace
}  // namespace gateway::api
