#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/clock.h"

namespace tenants {

/// Everything that can be answered instead of a result, one code per cause. `stableCode` gives the name that the
/// outside sees and that never changes. Source: the error table of the drop-in routes, and the admin API's.
enum class ErrorCode {
    kCredentialMissing,
    kCredentialInvalid,
    kAppidMissing,
    kAppidInvalid,
    kGrantTypeInvalid,
    kMethodNotAllowed,
    kMerchantNotAuthorized,
    kPermission117Missing,
    kAccountNotEligible,
    kMerchantSuspended,
    kImageMissing,
    kImageInvalid,
    kImageTooLarge,
    kImageUrlInvalid,
    kNotRecognised,
    kMerchantQuotaExceeded,
    kUpstreamQuotaExceeded,
    kRateLimited,
    kIdempotencyInFlight,
    kIdempotencyMismatch,
    kIdempotencyReplyExpired,
    kUpstreamBusy,
    kUpstreamUnreachable,
    kUpstreamTimeout,
    kUpstreamRefused,
    kStoreUnavailable,
    kInvalidInput,
    kNotFound,
    kConflict,
    kPreconditionFailed,
};

/// `credential_missing`, `permission_117_missing`, …: lower-case snake case, never changed once released.
std::string_view stableCode(ErrorCode code);

/// What WeChat said when it refused: the number, and its request id for the operator's enquiry. Never its text.
struct UpstreamRefusal {
    int errcode = 0;
    std::string rid;
};

/// An expected outcome that is not success. Two texts, so that the wrong one cannot leave the house.
struct Error {
    ErrorCode code;
    std::string for_caller;                // no secret, no SQL, nothing of the upstream's text
    std::string for_log = {};              // may name internals, never a secret; empty: nothing to add
    std::string policy = {};               // of the quota that is used up; empty: the error is about none
    std::optional<UtcTime> retry_at = {};  // when trying again makes sense, where that is known
    std::optional<UpstreamRefusal> upstream = {};
    std::string request_id = {};  // under which the ledger has the hold behind this error; empty: none
    bool replayed = false;        // the stored outcome of an earlier request, told again
};

}  // namespace tenants
