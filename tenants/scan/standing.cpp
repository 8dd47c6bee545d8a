#include "tenants/scan/standing.h"

namespace tenants {

Standing standingOf(const Merchant& merchant, const Authorization* authorization) {
    if (merchant.suspended) return {"suspended", merchant.suspended_reason, ErrorCode::kMerchantSuspended};
    if (authorization == nullptr) return {"pending", "not_authorized_yet", ErrorCode::kMerchantNotAuthorized};
    if (authorization->withdrawn) {
        return {"unauthorized", "authorization_withdrawn", ErrorCode::kMerchantNotAuthorized};
    }
    if (!authorization->allowsOcr()) return {"restricted", "permission_117_missing", ErrorCode::kPermission117Missing};
    if (!authorization->account.eligibleForOcr()) {
        return {"restricted", "account_not_eligible", ErrorCode::kAccountNotEligible};
    }
    return {"active", authorization->trouble, std::nullopt};
}

Error refusalError(ErrorCode refusal) {
    switch (refusal) {
        case ErrorCode::kMerchantSuspended: return {refusal, "The merchant is suspended by the operator."};
        case ErrorCode::kMerchantNotAuthorized:
            return {refusal, "The merchant's account is not authorized to this platform."};
        case ErrorCode::kPermission117Missing:
            return {refusal, "The merchant's account has not granted permission set 117."};
        case ErrorCode::kAccountNotEligible:
            return {refusal, "The merchant's account may not use OCR: its kind, verification or status forbids it."};
        default: return {refusal, "The merchant may not scan."};
    }
}

}  // namespace tenants
