#include "gateway/http/response_head.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

namespace gateway::http {
namespace {

using namespace std::chrono_literals;

const ResponseFraming kFraming{"Sun, 06 Nov 1994 08:49:37 GMT", "req_1", true, 1};

TEST(HttpDate, TimeHasTheFixedForm) {
    HttpDate date;
    const tenants::UtcTime time = std::chrono::sys_days{std::chrono::year{1994} / 11 / 6} + 8h + 49min + 37s + 999ms;

    EXPECT_EQ(date.at(time), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(date.at(time + 1ms), "Sun, 06 Nov 1994 08:49:38 GMT");
    EXPECT_EQ(date.at(time - 1s), "Sun, 06 Nov 1994 08:49:36 GMT");
}

TEST(ResponseHead, OwnFieldsStandInPlaceOfTheHandlers) {
    Response response = textResponse(200, "text/plain", "hello");
    response.headers.add("content-length", "99");
    response.headers.add("Transfer-Encoding", "chunked");
    response.headers.add("Connection", "upgrade");
    response.headers.add("X-Request-Id", "other");
    response.headers.add("Date", "today");

    EXPECT_EQ(renderResponseHead(response, kFraming),
              "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Request-Id: req_1\r\n"
              "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
}

TEST(ResponseHead, ConnectionFollowsVersionAndKeepAlive) {
    Response response;
    ResponseFraming framing = kFraming;

    framing.keep_alive = false;
    EXPECT_NE(renderResponseHead(response, framing).find("\r\nConnection: close\r\n"), std::string::npos);
    framing.minor_version = 0;
    EXPECT_NE(renderResponseHead(response, framing).find("\r\nConnection: close\r\n"), std::string::npos);
    framing.keep_alive = true;
    EXPECT_NE(renderResponseHead(response, framing).find("\r\nConnection: keep-alive\r\n"), std::string::npos);
}

TEST(ResponseHead, EmptyBodyHasALengthUnlessTheStatusHasNone) {
    Response response;

    EXPECT_NE(renderResponseHead(response, kFraming).find("Content-Length: 0\r\n"), std::string::npos);
    response.status = 204;
    EXPECT_EQ(renderResponseHead(response, kFraming).find("Content-Length"), std::string::npos);
    response.status = 304;
    EXPECT_EQ(renderResponseHead(response, kFraming).find("Content-Length"), std::string::npos);
}

TEST(ResponseHead, StatusThatIsNotFinalIsRefused) {
    for (const int status : {-1, 0, 100, 101, 199, 600}) {
        Response response;
        response.status = status;

        EXPECT_THROW(renderResponseHead(response, kFraming), std::logic_error) << status;
    }
}

}  // namespace
}  // namespace gateway::http
