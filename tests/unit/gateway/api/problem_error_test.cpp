#include "gateway/api/problem_error.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_clock.h"

namespace gateway::api {
namespace {

using tenants::Error;
using tenants::ErrorCode;

const tenants::UtcTime kNow = test_support::utc("2026-11-22T14:36:15Z");

std::string header(const http::Response& response, std::string_view name) {
    const std::string* value = response.headers.find(name);
    return value == nullptr ? "" : *value;
}

TEST(ProblemError, EveryCodeHasARealStatusAndSaysItsName) {
    const std::vector<std::pair<ErrorCode, int>> table{{ErrorCode::kCredentialMissing, 401},
                                                       {ErrorCode::kCredentialInvalid, 401},
                                                       {ErrorCode::kMerchantNotAuthorized, 403},
                                                       {ErrorCode::kPermission117Missing, 403},
                                                       {ErrorCode::kAccountNotEligible, 403},
                                                       {ErrorCode::kMerchantSuspended, 403},
                                                       {ErrorCode::kImageMissing, 400},
                                                       {ErrorCode::kImageInvalid, 400},
                                                       {ErrorCode::kImageTooLarge, 413},
                                                       {ErrorCode::kImageUrlInvalid, 400},
                                                       {ErrorCode::kNotRecognised, 422},
                                                       {ErrorCode::kMerchantQuotaExceeded, 429},
                                                       {ErrorCode::kUpstreamQuotaExceeded, 429},
                                                       {ErrorCode::kRateLimited, 429},
                                                       {ErrorCode::kIdempotencyInFlight, 409},
                                                       {ErrorCode::kIdempotencyMismatch, 422},
                                                       {ErrorCode::kIdempotencyReplyExpired, 409},
                                                       {ErrorCode::kUpstreamBusy, 503},
                                                       {ErrorCode::kUpstreamUnreachable, 502},
                                                       {ErrorCode::kUpstreamTimeout, 504},
                                                       {ErrorCode::kUpstreamRefused, 502},
                                                       {ErrorCode::kStoreUnavailable, 503},
                                                       {ErrorCode::kInvalidInput, 400}};
    for (const auto& [code, status] : table) {
        const auto response = renderProblem({code, "words"}, "req_1", kNow);

        EXPECT_EQ(response.status, status) << tenants::stableCode(code);
        EXPECT_EQ(header(response, "Content-Type"), "application/problem+json");
        EXPECT_EQ(header(response, "Tollgate-Error"), tenants::stableCode(code));
        EXPECT_NE(response.body.find("\"status\":" + std::to_string(status) + ",\"detail\":\"words\""),
                  std::string::npos)
            << response.body;
        EXPECT_NE(
            response.body.find("\"code\":\"" + std::string{tenants::stableCode(code)} + "\",\"request_id\":\"req_1\""),
            std::string::npos);
        EXPECT_EQ(header(response, "WWW-Authenticate"), status == 401 ? "Bearer" : "");
    }
}

TEST(ProblemError, QuotaThatIsUsedUpNamesItsPolicyAndWhenItTurns) {
    Error error{ErrorCode::kMerchantQuotaExceeded, "The day's scans are used."};
    error.policy = "day";
    error.retry_at = test_support::utc("2026-11-22T16:00:00Z");

    const auto response = renderProblem(error, "req_01J9Z3", kNow);

    EXPECT_EQ(response.body,
              R"({"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Quota exceeded",)"
              R"("status":429,"detail":"The day's scans are used.","instance":"urn:tollgate:request:req_01J9Z3",)"
              R"("code":"merchant_quota_exceeded","request_id":"req_01J9Z3","violated-policies":["day"],)"
              R"("resets_at":"2026-11-22T16:00:00Z"})");
    EXPECT_EQ(header(response, "Retry-After"), "5025");
}

TEST(ProblemError, RefusalByWechatTellsItsNumberAndNeverItsText) {
    Error error{ErrorCode::kUpstreamRefused, "WeChat refused.", "what WeChat said"};
    error.upstream = tenants::UpstreamRefusal{45002, "6a-rid"};

    const auto response = renderProblem(error, "r", kNow);

    EXPECT_EQ(response.status, 502);
    EXPECT_NE(response.body.find(R"("upstream_code":45002,"upstream_request_id":"6a-rid")"), std::string::npos);
    EXPECT_EQ(response.body.find("what WeChat said"), std::string::npos);
}

TEST(ProblemError, RepeatsSayWhenToComeBackAndThatTheyAreRepeats) {
    EXPECT_EQ(header(renderProblem({ErrorCode::kIdempotencyInFlight, "runs"}, "r", kNow), "Retry-After"), "1");
    Error replayed{ErrorCode::kUpstreamTimeout, "unknown"};
    replayed.replayed = true;
    replayed.request_id = "k-1";
    const auto response = renderProblem(replayed, "r", kNow);
    EXPECT_EQ(header(response, "Idempotency-Replayed"), "true");
    EXPECT_NE(response.body.find(R"("ledger_request_id":"k-1")"), std::string::npos);
}

TEST(ProblemError, FaultOfOursIs500) {
    const auto response = renderProblemFault("r");

    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(header(response, "Tollgate-Error"), "internal_error");
}

}  // namespace
}  // namespace gateway::api
