#include "gateway/http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace gateway::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

tenants::Task<Response> answerNothing(Request) {
    co_return Response{};
}

void add(Router& router, const std::string& method, const std::string& pattern) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.handler = answerNothing;
    router.add(std::move(route));
}

RequestHead request(const std::string& method, const std::string& path) {
    RequestHead head;
    head.method = method;
    head.path = path;
    return head;
}

std::string patternOf(const Router& router, const std::string& method, const std::string& path) {
    RequestHead head = request(method, path);
    const Router::Match match = router.match(head);
    return match.route == nullptr ? "" : match.route->pattern;
}

TEST(Router, PathAndMethodFindTheRoute) {
    Router router;
    add(router, "POST", "/cv/ocr/driving");
    add(router, "GET", "/cv/ocr/driving");
    add(router, "POST", "/v1/licences:scan");

    EXPECT_EQ(patternOf(router, "POST", "/cv/ocr/driving"), "/cv/ocr/driving");
    EXPECT_EQ(patternOf(router, "POST", "/v1/licences:scan"), "/v1/licences:scan");
    EXPECT_EQ(patternOf(router, "POST", "/cv/ocr"), "");
    EXPECT_EQ(patternOf(router, "POST", "/cv/ocr/driving/"), "");
    EXPECT_EQ(patternOf(router, "POST", "/CV/ocr/driving"), "");
}

TEST(Router, ParametersAreRawSegments) {
    Router router;
    add(router, "POST", "/admin/v1/merchants/{merchant}/keys/{key}:revoke");
    add(router, "GET", "/admin/v1/merchants/{merchant}/keys/{key}");
    RequestHead head = request("POST", "/admin/v1/merchants/mer_%41/keys/key_2:revoke");

    const Router::Match match = router.match(head);

    ASSERT_NE(match.route, nullptr);
    EXPECT_EQ(head.pathParameter("merchant"), "mer_%41");
    EXPECT_EQ(head.pathParameter("key"), "key_2");
    EXPECT_EQ(head.pathParameter("other"), "");
    EXPECT_EQ(patternOf(router, "GET", "/admin/v1/merchants/mer_1/keys/key_2"),
              "/admin/v1/merchants/{merchant}/keys/{key}");
}

TEST(Router, ParameterIsNeverEmptyAndHasNoColon) {
    Router router;
    add(router, "GET", "/a/{x}");
    add(router, "GET", "/b/{x}:do");

    EXPECT_EQ(patternOf(router, "GET", "/a/"), "");
    EXPECT_EQ(patternOf(router, "GET", "/a/1:do"), "");
    EXPECT_EQ(patternOf(router, "GET", "/a/1/2"), "");
    EXPECT_EQ(patternOf(router, "GET", "/b/:do"), "");
    EXPECT_EQ(patternOf(router, "GET", "/b/1:2:do"), "");
    EXPECT_EQ(patternOf(router, "GET", "/b/1:do"), "/b/{x}:do");
}

TEST(Router, LiteralSegmentWinsInWhateverOrderTheyWereAdded) {
    Router router;
    add(router, "GET", "/{a}/{b}");
    add(router, "GET", "/{a}/fixed");
    add(router, "GET", "/x/{b}");
    add(router, "GET", "/x/y");

    EXPECT_EQ(patternOf(router, "GET", "/x/y"), "/x/y");
    EXPECT_EQ(patternOf(router, "GET", "/x/fixed"), "/x/{b}");
    EXPECT_EQ(patternOf(router, "GET", "/z/fixed"), "/{a}/fixed");
    EXPECT_EQ(patternOf(router, "GET", "/z/z"), "/{a}/{b}");
}

TEST(Router, HeadIsServedByGet) {
    Router router;
    add(router, "GET", "/a");
    add(router, "POST", "/b");

    EXPECT_EQ(patternOf(router, "HEAD", "/a"), "/a");
    EXPECT_EQ(patternOf(router, "HEAD", "/b"), "");
}

TEST(Router, HeadIsNotServedByAGetThatHasEffects) {
    Router router;
    router.add({.method = "GET",
                .pattern = "/a",
                .handler = [](Request) -> tenants::Task<Response> { co_return Response{}; },
                .only_reads = false});
    RequestHead head = request("HEAD", "/a");

    const Router::Match match = router.match(head);

    EXPECT_EQ(match.route, nullptr);
    EXPECT_THAT(match.allowed_methods, ElementsAre("GET"));
}

TEST(Router, OtherMethodTellsWhichAreAllowed) {
    Router router;
    add(router, "POST", "/a/{x}");
    add(router, "GET", "/a/{x}");
    RequestHead known = request("DELETE", "/a/1");
    RequestHead unknown = request("DELETE", "/b");

    EXPECT_THAT(router.match(known).allowed_methods, ElementsAre("GET", "HEAD", "POST"));
    EXPECT_THAT(router.match(unknown).allowed_methods, IsEmpty());
    EXPECT_EQ(patternOf(router, "get", "/a/1"), "");
}

TEST(Router, PathsThatOthersMayReadDifferentlyMatchNothing) {
    Router router;
    add(router, "GET", "/a/{x}");
    add(router, "GET", "/a/{x}/{y}");
    add(router, "GET", "/{x}");

    for (const std::string path :
         {"/a/b%2fc", "/a/b%2Fc", "/a/%00", "/a/b%5cc", "/a/b\\c", "/a//b", "//a/b", "/a/.", "/a/..", "/a/../b",
          "/a/%2e", "/a/%2E%2e", "/a/.%2e", "/a/%", "/a/%4", "/a/%zz", "/.", "a/b", ""}) {
        EXPECT_EQ(patternOf(router, "GET", path), "") << path;
    }
    for (const std::string path : {"/a/...", "/a/.b", "/a/b..", "/a/%41", "/a/%2e%2e%2e"})
        EXPECT_NE(patternOf(router, "GET", path), "") << path;
}

TEST(Router, MalformedPatternsAreRefused) {
    for (const std::string pattern : {"", "a", "//a", "/a//b", "/{", "/{}", "/{A}", "/{a}b", "/a{b}", "/{a}:{b}",
                                      "/{a}{b}", "/a b", "/a%41", "/a?b", "/a#b", "/a\\b"}) {
        Router router;
        EXPECT_THROW(add(router, "GET", pattern), std::logic_error) << pattern;
    }
}

TEST(Router, SameRouteTwiceIsRefused) {
    Router router;
    add(router, "GET", "/a");
    add(router, "GET", "/a/{x}");

    EXPECT_THROW(add(router, "GET", "/a"), std::logic_error);
    EXPECT_THROW(add(router, "GET", "/a/{x}"), std::logic_error);
    EXPECT_THROW(add(router, "POST", "/a/{y}"), std::logic_error);  // one place, two names
    EXPECT_THROW(add(router, "BAD METHOD", "/b"), std::logic_error);
    EXPECT_THROW(router.add(Route{.method = "GET", .pattern = "/c", .handler = nullptr}), std::logic_error);
}

TEST(PlainRefusal, EachHasItsStatus) {
    RequestHead head;
    head.request_id = "req_1";

    EXPECT_EQ(plainRefusal(head, Refusal::kBodyTooLarge).status, 413);
    EXPECT_EQ(plainRefusal(head, Refusal::kBodyTimeout).status, 408);
    EXPECT_EQ(plainRefusal(head, Refusal::kBodyMalformed).status, 400);
    EXPECT_EQ(plainRefusal(head, Refusal::kHandlerFailed).status, 500);
    EXPECT_EQ(plainRefusal(head, Refusal::kOverloaded).status, 503);
    EXPECT_NE(plainRefusal(head, Refusal::kOverloaded).headers.find("Retry-After"), nullptr);
}

}  // namespace
}  // namespace gateway::http
