#include "gateway/http/error_status.h"

#include <cstdlib>

namespace gateway::http {

using tenants::ErrorCode;

int statusOf(ErrorCode code) {
    switch (code) {
        case ErrorCode::kInvalidInput:
        case ErrorCode::kAppidMissing:
        case ErrorCode::kGrantTypeInvalid:
        case ErrorCode::kImageMissing:
        case ErrorCode::kImageInvalid:
        case ErrorCode::kImageUrlInvalid: return 400;
        case ErrorCode::kCredentialMissing:
        case ErrorCode::kCredentialInvalid:
        case ErrorCode::kAppidInvalid: return 401;
        case ErrorCode::kMerchantNotAuthorized:
        case ErrorCode::kPermission117Missing:
        case ErrorCode::kAccountNotEligible:
        case ErrorCode::kMerchantSuspended: return 403;
        case ErrorCode::kNotFound: return 404;
        case ErrorCode::kMethodNotAllowed: return 405;
        case ErrorCode::kConflict:
        case ErrorCode::kIdempotencyInFlight:
        case ErrorCode::kIdempotencyReplyExpired: return 409;
        case ErrorCode::kPreconditionFailed: return 412;
        case ErrorCode::kImageTooLarge: return 413;
        case ErrorCode::kNotRecognised:
        case ErrorCode::kIdempotencyMismatch: return 422;
        case ErrorCode::kMerchantQuotaExceeded:
        case ErrorCode::kUpstreamQuotaExceeded:
        case ErrorCode::kRateLimited: return 429;
        case ErrorCode::kUpstreamRefused:
        case ErrorCode::kUpstreamUnreachable: return 502;
        case ErrorCode::kUpstreamBusy:
        case ErrorCode::kStoreUnavailable: return 503;
        case ErrorCode::kUpstreamTimeout: return 504;
    }
    std::abort();
}

}  // namespace gateway::http
