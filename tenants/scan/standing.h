#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tenants/authorization/authorization.h"
#include "tenants/base/error.h"
#include "tenants/merchant/merchant.h"

namespace tenants {

/// What stands between a merchant and its scans, one for each thing that somebody can do about it.
enum class Obstacle {
    kNone,
    kSuspended,
    kNotAuthorizedYet,
    kWithdrawn,
    kOcrNotGranted,       // set 117 never was
    kOcrNoLongerGranted,  // it was: taken back, or another provider has it, as sets that exclude one another go
    kKindNotSupported,    // only mini programs, subscription and service accounts have OCR
    kKindNotKnown,        // WeChat did not tell it yet
    kNotVerified,         // a subscription or service account without WeChat's verification
    kAccountLimited,      // cancelled, banned or frozen
    kTokenTrouble,        // the last token refresh failed; scans go on with the token that works
    kNoToken,             // none works, and none could be had: scans are tried, and refused
};

/// Whether a merchant can scan, and what stands in the way: one answer for the scan, for the operator's view and for what
/// the merchant is told when it comes back from WeChat's page.
struct Standing {
    Obstacle obstacle = Obstacle::kNone;
    std::string_view state;            // pending, active, restricted, unauthorized, suspended
    std::string state_reason;          // stable text, or the operator's own words; empty: nothing to say
    std::string next_step;             // what the operator does about it, in words; empty: nothing
    std::optional<ErrorCode> refusal;  // what a scan is answered with; none: it may go on
};

/// Checked in this order: suspended, not authorized, permission set 117, the account's eligibility. `authorization`
/// may be null: none yet. Reasons: `not_authorized_yet`, `authorization_withdrawn`, `permission_117_missing`,
/// `account_not_eligible`; else the trouble that its last token refresh had, if any. With one the merchant is active as
/// long as a token works; then it is `unauthorized` or `restricted` where that is what its scans are told, but there is
/// no `refusal`: a scan tries once more for a token. Grants are judged as they are known; whether they are stale is for
/// the caller to look at.
Standing standingOf(const Merchant& merchant, const Authorization* authorization, UtcTime now);

/// The words that go with a refusal of `standingOf`, for the merchant's developer.
Error refusalError(ErrorCode refusal);

}  // namespace tenants
