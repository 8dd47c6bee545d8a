#include "gateway/api/drop_in_error.h"

#include <Poco/JSONString.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>

namespace gateway::api {
namespace {

using tenants::ErrorCode;

/// Refusals that are about our own credentials or set-up: the merchant can do nothing with the number.
bool concernsOurselves(int errcode) {
    switch (errcode) {
        case 40001:
        case 40013:
        case 40014:
        case 40125:
        case 40164:
        case 41001:
        case 41002:
        case 41004:
        case 41018:
        case 42001:
        case 42006:
        case 42007:
        case 43002:
        case 43003:
        case 45009:  // as an answer to a scan these two have codes of their own
        case 45011:
        case 45035: return true;
        default: return errcode >= 61000 && errcode <= 61029;
    }
}

http::Response render(int errcode, std::string_view text, std::string_view code, std::string_view request_id) {
    std::string message{text};
    if (!message.ends_with('.')) message += '.';  // texts come from every layer; a client cuts them at ". rid: "
    message += " rid: ";
    message += request_id;
    auto response =
        http::textResponse(200, "application/json; charset=utf-8",
                           "{\"errcode\":" + std::to_string(errcode) + ",\"errmsg\":" + Poco::toJSON(message) + "}");
    response.headers.set("Tollgate-Error", std::string{code});
    return response;
}

}  // namespace

int dropInErrcode(const tenants::Error& error) {
    switch (error.code) {
        case ErrorCode::kCredentialMissing: return 41001;
        case ErrorCode::kCredentialInvalid: return 40001;
        case ErrorCode::kAppidMissing: return 41002;
        case ErrorCode::kAppidInvalid: return 40013;
        case ErrorCode::kGrantTypeInvalid: return 40002;
        case ErrorCode::kMethodNotAllowed: return 43002;
        case ErrorCode::kMerchantNotAuthorized: return 61003;
        case ErrorCode::kPermission117Missing: return 61007;
        case ErrorCode::kAccountNotEligible: return 48001;
        case ErrorCode::kMerchantSuspended: return 50002;
        case ErrorCode::kImageMissing: return 41005;
        case ErrorCode::kImageInvalid: return 40005;
        case ErrorCode::kImageTooLarge: return 40006;
        case ErrorCode::kImageUrlInvalid: return 101000;
        case ErrorCode::kNotRecognised: return 101001;
        case ErrorCode::kMerchantQuotaExceeded: return 45009;
        case ErrorCode::kUpstreamQuotaExceeded: return 101003;
        case ErrorCode::kRateLimited: return 45011;
        case ErrorCode::kIdempotencyInFlight: return -1;
        case ErrorCode::kIdempotencyMismatch:
        case ErrorCode::kIdempotencyReplyExpired:
        case ErrorCode::kInvalidInput: return 40035;
        case ErrorCode::kUpstreamBusy:
        case ErrorCode::kUpstreamUnreachable:
        case ErrorCode::kUpstreamTimeout:
        case ErrorCode::kStoreUnavailable: return -1;
        case ErrorCode::kUpstreamRefused:
            return error.upstream && !concernsOurselves(error.upstream->errcode) ? error.upstream->errcode : -1;
        case ErrorCode::kNotFound:
        case ErrorCode::kConflict:
        case ErrorCode::kPreconditionFailed: return -1;  // races over the merchant's authorization that a scan lost
    }
    std::abort();
}

http::Response renderDropInError(const tenants::Error& error, std::string_view request_id, tenants::UtcTime now) {
    return renderDropInError(dropInErrcode(error), error, request_id, now);
}

http::Response renderDropInError(int errcode, const tenants::Error& error, std::string_view request_id,
                                 tenants::UtcTime now) {
    auto response = render(errcode, error.for_caller, tenants::stableCode(error.code), request_id);
    if (error.replayed) response.headers.set("Idempotency-Replayed", "true");
    if (error.code == ErrorCode::kIdempotencyInFlight || error.code == ErrorCode::kStoreUnavailable) {
        response.headers.set("Retry-After", "1");
    } else if (error.retry_at) {
        const auto wait = std::chrono::ceil<std::chrono::seconds>(*error.retry_at - now);
        response.headers.set("Retry-After", std::to_string(std::max<std::int64_t>(1, wait.count())));
    }
    return response;
}

http::Response renderDropInFault(std::string_view request_id) {
    return render(-1, "Internal error.", "internal_error", request_id);
}

}  // namespace gateway::api
