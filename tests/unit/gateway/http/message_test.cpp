#include "gateway/http/message.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace gateway::http {
namespace {

using namespace std::string_literals;

TEST(Headers, NamesCompareWithoutCase) {
    Headers headers;
    headers.add("X-Thing", "1");
    headers.add("x-thing", "2");

    ASSERT_NE(headers.find("X-THING"), nullptr);
    EXPECT_EQ(*headers.find("X-THING"), "1");
    EXPECT_EQ(headers.count("x-Thing"), 2U);
    EXPECT_EQ(headers.find("X-Thin"), nullptr);
}

TEST(Headers, SetReplacesAllOfThatName) {
    Headers headers;
    headers.add("A", "1");
    headers.add("B", "2");
    headers.add("a", "3");

    headers.set("a", "4");

    EXPECT_EQ(headers.count("A"), 1U);
    EXPECT_EQ(*headers.find("A"), "4");
    EXPECT_EQ(headers.all().size(), 2U);
}

TEST(Headers, WhatCouldSplitAnAnswerCannotGetIn) {
    Headers headers;

    for (const std::string& value : {"a\r\nSet-Cookie: b"s, "a\rb"s, "a\nb"s, "a\0b"s, "\x7f"s, "\x1b[0m"s}) {
        EXPECT_THROW(headers.add("X", value), std::logic_error);
        EXPECT_THROW(headers.set("X", value), std::logic_error);
    }
    for (const std::string& name : {""s, "X: y\r\nZ"s, "a b"s, "a:"s, "\xe8"s})
        EXPECT_THROW(headers.add(name, "v"), std::logic_error);
    EXPECT_TRUE(headers.all().empty());
}

TEST(RequestHead, QueryParametersAreDecoded) {
    RequestHead head;
    head.query = "access_token=a%2Bb+c&img_url=%zz&empty=";

    EXPECT_EQ(head.queryParameter("access_token"), "a+b c");
    EXPECT_EQ(head.queryParameter("empty"), "");
    EXPECT_EQ(head.queryParameter("img_url"), std::nullopt);
    EXPECT_EQ(head.queryParameter("missing"), std::nullopt);
}

TEST(ProblemResponse, NamesStatusCodeAndRequest) {
    const Response response = problemResponse(404, "not_found", "req_1", "There is nothing at this path.");

    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(*response.headers.find("Content-Type"), "application/problem+json");
    EXPECT_EQ(*response.headers.find("Tollgate-Error"), "not_found");
    EXPECT_EQ(response.body,
              R"({"type":"about:blank","title":"Not Found","status":404,"detail":"There is nothing at this path.",)"
              R"("instance":"urn:tollgate:request:req_1","code":"not_found","request_id":"req_1"})");
}

}  // namespace
}  // namespace gateway::http
