#include "tenants/scan/standing.h"

#include <gtest/gtest.h>

namespace tenants {
namespace {

Authorization allowed() {
    Authorization authorization;
    authorization.granted_sets = {117};
    authorization.account = {AccountKind::kMiniProgram, true, 1, "shop"};
    return authorization;
}

void expect(const Standing& standing, std::string_view state, std::string_view reason,
            std::optional<ErrorCode> refusal) {
    EXPECT_EQ(standing.state, state);
    EXPECT_EQ(standing.state_reason, reason);
    EXPECT_EQ(standing.refusal, refusal);
}

TEST(Standing, MerchantWithEverythingIsActive) {
    const Authorization authorization = allowed();

    expect(standingOf({}, &authorization), "active", "", std::nullopt);
}

TEST(Standing, TroubleWithTheTokenIsShownButDoesNotRefuse) {
    Authorization authorization = allowed();
    authorization.trouble = "reauthorization_needed";

    expect(standingOf({}, &authorization), "active", "reauthorization_needed", std::nullopt);
}

TEST(Standing, EachObstacleHidesThoseThatAreCheckedAfterIt) {
    // From the last that is checked to the first: each one added stands before those that are there.
    Merchant merchant;
    Authorization authorization = allowed();

    authorization.account.kind = AccountKind::kService;
    authorization.account.verified = false;
    expect(standingOf(merchant, &authorization), "restricted", "account_not_eligible", ErrorCode::kAccountNotEligible);

    authorization.granted_sets = {17, 1117};
    expect(standingOf(merchant, &authorization), "restricted", "permission_117_missing",
           ErrorCode::kPermission117Missing);

    authorization.withdrawn = true;
    expect(standingOf(merchant, &authorization), "unauthorized", "authorization_withdrawn",
           ErrorCode::kMerchantNotAuthorized);

    merchant.suspended = true;
    merchant.suspended_reason = "invoice 7 unpaid";
    expect(standingOf(merchant, &authorization), "suspended", "invoice 7 unpaid", ErrorCode::kMerchantSuspended);
    expect(standingOf(merchant, nullptr), "suspended", "invoice 7 unpaid", ErrorCode::kMerchantSuspended);
}

TEST(Standing, MerchantThatNeverConsentedIsPending) {
    expect(standingOf({}, nullptr), "pending", "not_authorized_yet", ErrorCode::kMerchantNotAuthorized);
}

TEST(Standing, RefusalDoesNotRepeatTheOperatorsWords) {
    EXPECT_EQ(refusalError(ErrorCode::kMerchantSuspended).for_caller, "The merchant is suspended by the operator.");
}

}  // namespace
}  // namespace tenants
