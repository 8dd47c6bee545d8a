#include "tenants/base/error.h"

#include <cstdlib>

namespace tenants {

std::string_view stableCode(ErrorCode code) {
    switch (code) {
        case ErrorCode::kCredentialMissing: return "credential_missing";
        case ErrorCode::kCredentialInvalid: return "credential_invalid";
        case ErrorCode::kAppidMissing: return "appid_missing";
        case ErrorCode::kAppidInvalid: return "appid_invalid";
        case ErrorCode::kGrantTypeInvalid: return "grant_type_invalid";
        case ErrorCode::kMethodNotAllowed: return "method_not_allowed";
        case ErrorCode::kMerchantNotAuthorized: return "merchant_not_authorized";
        case ErrorCode::kPermission117Missing: return "permission_117_missing";
        case ErrorCode::kAccountNotEligible: return "account_not_eligible";
        case ErrorCode::kMerchantSuspended: return "merchant_suspended";
        case ErrorCode::kImageMissing: return "image_missing";
        case ErrorCode::kImageInvalid: return "image_invalid";
        case ErrorCode::kImageTooLarge: return "image_too_large";
        case ErrorCode::kImageUrlInvalid: return "image_url_invalid";
        case ErrorCode::kNotRecognised: return "not_recognised";
        case ErrorCode::kMerchantQuotaExceeded: return "merchant_quota_exceeded";
        case ErrorCode::kUpstreamQuotaExceeded: return "upstream_quota_exceeded";
        case ErrorCode::kRateLimited: return "rate_limited";
        case ErrorCode::kIdempotencyInFlight: return "idempotency_in_flight";
        case ErrorCode::kIdempotencyMismatch: return "idempotency_mismatch";
        case ErrorCode::kIdempotencyReplyExpired: return "idempotency_reply_expired";
        case ErrorCode::kUpstreamBusy: return "upstream_busy";
        case ErrorCode::kUpstreamUnreachable: return "upstream_unreachable";
        case ErrorCode::kUpstreamTimeout: return "upstream_timeout";
        case ErrorCode::kUpstreamRefused: return "upstream_refused";
        case ErrorCode::kStoreUnavailable: return "store_unavailable";
        case ErrorCode::kInvalidInput: return "invalid_input";
        case ErrorCode::kNotFound: return "not_found";
        case ErrorCode::kConflict: return "conflict";
        case ErrorCode::kPreconditionFailed: return "precondition_failed";
    }
    std::abort();  // a value outside the enumeration: memory is damaged
}

}  // namespace tenants
