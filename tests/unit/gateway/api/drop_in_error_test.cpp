#include "gateway/api/drop_in_error.h"

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

TEST(DropInError, EveryCodeOfTheTableHasItsNumber) {
    const std::vector<std::pair<ErrorCode, int>> table{{ErrorCode::kCredentialMissing, 41001},
                                                       {ErrorCode::kCredentialInvalid, 40001},
                                                       {ErrorCode::kAppidMissing, 41002},
                                                       {ErrorCode::kAppidInvalid, 40013},
                                                       {ErrorCode::kGrantTypeInvalid, 40002},
                                                       {ErrorCode::kMethodNotAllowed, 43002},
                                                       {ErrorCode::kMerchantNotAuthorized, 61003},
                                                       {ErrorCode::kPermission117Missing, 61007},
                                                       {ErrorCode::kAccountNotEligible, 48001},
                                                       {ErrorCode::kMerchantSuspended, 50002},
                                                       {ErrorCode::kImageMissing, 41005},
                                                       {ErrorCode::kImageInvalid, 40005},
                                                       {ErrorCode::kImageTooLarge, 40006},
                                                       {ErrorCode::kImageUrlInvalid, 101000},
                                                       {ErrorCode::kNotRecognised, 101001},
                                                       {ErrorCode::kMerchantQuotaExceeded, 45009},
                                                       {ErrorCode::kUpstreamQuotaExceeded, 101003},
                                                       {ErrorCode::kRateLimited, 45011},
                                                       {ErrorCode::kIdempotencyInFlight, -1},
                                                       {ErrorCode::kIdempotencyMismatch, 40035},
                                                       {ErrorCode::kIdempotencyReplyExpired, 40035},
                                                       {ErrorCode::kUpstreamBusy, -1},
                                                       {ErrorCode::kUpstreamUnreachable, -1},
                                                       {ErrorCode::kUpstreamTimeout, -1},
                                                       {ErrorCode::kStoreUnavailable, -1},
                                                       {ErrorCode::kConflict, -1}};
    for (const auto& [code, errcode] : table) {
        const auto response = renderDropInError({code, "words"}, "req_1", kNow);

        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.body, "{\"errcode\":" + std::to_string(errcode) + ",\"errmsg\":\"words. rid: req_1\"}");
        EXPECT_EQ(header(response, "Tollgate-Error"), tenants::stableCode(code));
    }
}

TEST(DropInError, EveryTextEndsInOneFullStopBeforeTheRequestId) {
    for (const char* text : {"Words.", "Words"}) {
        EXPECT_NE(renderDropInError({ErrorCode::kInvalidInput, text}, "r", kNow).body.find("\"Words. rid: r\""),
                  std::string::npos);
    }
    EXPECT_NE(renderDropInFault("r").body.find(". rid: r\""), std::string::npos);
}

TEST(DropInError, AnotherNumberLeavesTheRestAsItIs) {
    const Error error{ErrorCode::kCredentialInvalid, "Words."};

    const auto response = renderDropInError(40125, error, "r", kNow);

    EXPECT_EQ(response.body, R"({"errcode":40125,"errmsg":"Words. rid: r"})");
    EXPECT_EQ(header(response, "Tollgate-Error"), "credential_invalid");
}

TEST(DropInError, RefusedUpstreamTokenIsNeverShownAsTheMerchants) {
    // The last two are the platform's own quota of component calls: the merchant's has a code of its own.
    for (const int errcode : {40001, 40014, 42001, 61003, 61023, 40125, 41001, 45009, 45011}) {
        Error error{ErrorCode::kUpstreamRefused, "refused"};
        error.upstream = tenants::UpstreamRefusal{errcode, "rid"};
        EXPECT_EQ(dropInErrcode(error), -1) << errcode;
    }
}

TEST(DropInError, OtherUpstreamRefusalsKeepTheirNumber) {
    Error error{ErrorCode::kUpstreamRefused, "refused"};
    error.upstream = tenants::UpstreamRefusal{45002, "rid"};

    EXPECT_EQ(dropInErrcode(error), 45002);
}

TEST(DropInError, TextForTheLogStaysInside) {
    const auto response =
        renderDropInError({ErrorCode::kStoreUnavailable, "try again", "SELECT secret"}, "req_1", kNow);

    EXPECT_EQ(response.body.find("SELECT"), std::string::npos);
}

TEST(DropInError, RetryAfterCountsUpToTheTimeAndIsNeverZero) {
    Error error{ErrorCode::kMerchantQuotaExceeded, "used up"};
    error.retry_at = kNow + std::chrono::milliseconds{1500};
    EXPECT_EQ(header(renderDropInError(error, "r", kNow), "Retry-After"), "2");

    error.retry_at = kNow - std::chrono::seconds{5};
    EXPECT_EQ(header(renderDropInError(error, "r", kNow), "Retry-After"), "1");

    error.retry_at.reset();
    EXPECT_EQ(header(renderDropInError(error, "r", kNow), "Retry-After"), "");
}

TEST(DropInError, ReplayedErrorSaysSo) {
    Error error{ErrorCode::kNotRecognised, "no licence found"};
    error.replayed = true;

    EXPECT_EQ(header(renderDropInError(error, "r", kNow), "Idempotency-Replayed"), "true");
}

}  // namespace
}  // namespace gateway::api
