#include "tenants/scan/standing.h"

#include <utility>

#include "tenants/authorization/refresh_trouble.h"
#include "tenants/scan/trouble_step.h"

namespace tenants {

namespace {

constexpr std::string_view kSuspendedStep = "When its cause is gone, lift the suspension: PATCH {\"suspended\":false}.";
constexpr std::string_view kNotAuthorizedYetStep =
    "Make an authorization link and send its launch_url to the merchant, whose administrator opens it and consents.";
constexpr std::string_view kWithdrawnStep =
    "The merchant cancelled the authorization at WeChat. If that was not meant, send a new authorization link.";
constexpr std::string_view kOcrNotGrantedStep =
    "The merchant opens its authorization link again (make a new one if it has run out) and leaves permission set 117 "
    "ticked. If WeChat does not offer it, another provider may hold it alone: the merchant cancels that provider's "
    "authorization first.";
constexpr std::string_view kOcrNoLongerGrantedStep =
    "Permission set 117 was granted and is gone: the merchant unticked it, or gave it to another provider that holds "
    "it "
    "alone. The merchant cancels that provider's authorization if there is one, then opens a new authorization link "
    "and "
    "leaves 117 ticked.";
constexpr std::string_view kKindNotSupportedStep =
    "This kind of account has no OCR. The merchant authorizes a mini program, or a verified subscription or service "
    "account, by a new link.";
constexpr std::string_view kKindNotKnownStep =
    "WeChat has not told yet what kind of account this is; the gateway asks again. If it stays so, the merchant "
    "authorizes again by a new link.";
constexpr std::string_view kNotVerifiedStep =
    "The merchant has the account verified in WeChat's console (or authorizes a mini program). WeChat may show a new "
    "verification late; the gateway reads it again every day.";
constexpr std::string_view kAccountLimitedStep =
    "WeChat has cancelled, banned or frozen the account. The merchant settles that with WeChat, or authorizes another "
    "account by a new link.";
constexpr std::string_view kTokenWorks = "Scans go on while the present token works. ";
constexpr std::string_view kNoTokenWorks = "Scans fail until there is a new token. ";

Standing notAuthorized(Obstacle obstacle, std::string_view state, std::string reason, std::string_view step) {
    return {obstacle, state, std::move(reason), std::string{step}, ErrorCode::kMerchantNotAuthorized};
}

/// What scans are told where no token works for this reason: the words of the state that the operator reads.
std::string_view stateWithoutToken(std::string_view trouble) {
    if (trouble == kTroubleReauthorizationNeeded || trouble == kTroubleRefusedThoughListed) return "unauthorized";
    return trouble == kTroubleAccountLimited ? "restricted" : "active";
}

Standing inTrouble(std::string_view trouble, bool works) {
    std::string step{works ? kTokenWorks : kNoTokenWorks};
    step += stepOfTrouble(trouble);
    return {works ? Obstacle::kTokenTrouble : Obstacle::kNoToken, works ? "active" : stateWithoutToken(trouble),
            std::string{trouble}, std::move(step), std::nullopt};
}

Standing notEligible(const AccountFacts& account) {
    const auto standing = [](Obstacle obstacle, std::string_view step) {
        return Standing{obstacle, "restricted", "account_not_eligible", std::string{step},
                        ErrorCode::kAccountNotEligible};
    };
    if (account.kind == AccountKind::kUnknown) return standing(Obstacle::kKindNotKnown, kKindNotKnownStep);
    if (account.kind == AccountKind::kUnsupported) return standing(Obstacle::kKindNotSupported, kKindNotSupportedStep);
    if (!account.statusInOrder()) return standing(Obstacle::kAccountLimited, kAccountLimitedStep);
    return standing(Obstacle::kNotVerified, kNotVerifiedStep);
}

}  // namespace

Standing standingOf(const Merchant& merchant, const Authorization* authorization, UtcTime now) {
    if (merchant.suspended) {
        return {Obstacle::kSuspended, "suspended", merchant.suspended_reason, std::string{kSuspendedStep},
                ErrorCode::kMerchantSuspended};
    }
    if (authorization == nullptr) {
        return notAuthorized(Obstacle::kNotAuthorizedYet, "pending", "not_authorized_yet", kNotAuthorizedYetStep);
    }
    if (authorization->withdrawn) {
        return notAuthorized(Obstacle::kWithdrawn, "unauthorized", "authorization_withdrawn", kWithdrawnStep);
    }
    if (!authorization->allowsOcr()) {
        const bool lost = authorization->ocr_was_granted;
        return {lost ? Obstacle::kOcrNoLongerGranted : Obstacle::kOcrNotGranted, "restricted", "permission_117_missing",
                std::string{lost ? kOcrNoLongerGrantedStep : kOcrNotGrantedStep}, ErrorCode::kPermission117Missing};
    }
    if (!authorization->account.eligibleForOcr()) return notEligible(authorization->account);
    const bool works = authorization->tokenUsableAt(now, std::chrono::milliseconds{0});
    if (!authorization->trouble.empty()) return inTrouble(authorization->trouble, works);
    // Nobody has tried yet; there is nothing to try with.
    if (!works && authorization->refresh_token == nullptr) return inTrouble(kTroubleReauthorizationNeeded, false);
    return {Obstacle::kNone, "active", {}, {}, std::nullopt};
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
