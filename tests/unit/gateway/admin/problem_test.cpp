#include "gateway/admin/problem.h"

#include <gtest/gtest.h>

namespace gateway::admin {
namespace {

TEST(Problem, HasTheMembersOfRfc9457AndOurs) {
    const auto response = problem({tenants::ErrorCode::kNotFound, "no such merchant", "row 5"}, "req_1");

    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(*response.headers.find("Content-Type"), "application/problem+json");
    EXPECT_EQ(response.body, R"({"type":"about:blank","title":"Not Found","status":404,"detail":"no such merchant",)"
                             R"("instance":"urn:tollgate:request:req_1","code":"not_found","request_id":"req_1"})");
}

TEST(Problem, UpstreamRefusalShowsItsNumberAndNotItsText) {
    tenants::Error error{tenants::ErrorCode::kUpstreamRefused, "WeChat refused", "errmsg: internal words"};
    error.upstream = tenants::UpstreamRefusal{61004, "6661aaaa-1234abcd-0badcafe"};

    const auto response = problem(error, "req_1");

    EXPECT_EQ(response.status, 502);
    EXPECT_NE(response.body.find(R"("upstream_code":61004,"upstream_request_id":"6661aaaa-1234abcd-0badcafe")"),
              std::string::npos);
    EXPECT_EQ(response.body.find("internal words"), std::string::npos);
}

TEST(Problem, EveryCodeHasAStatus) {
    using tenants::ErrorCode;
    for (int code = 0; code <= static_cast<int>(ErrorCode::kPreconditionFailed); ++code) {
        const auto response = problem({static_cast<ErrorCode>(code), "words"}, "req_1");
        EXPECT_GE(response.status, 400) << code;
        EXPECT_LE(response.status, 504) << code;
    }
}

}  // namespace
}  // namespace gateway::admin
