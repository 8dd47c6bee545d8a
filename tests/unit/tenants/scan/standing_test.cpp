#include "tenants/scan/standing.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

namespace tenants {
namespace {

constexpr UtcTime kNow{std::chrono::hours{500'000}};

Authorization allowed() {
    Authorization authorization;
    authorization.access_token = shareSecret("access");
    authorization.access_expires_at = kNow + std::chrono::seconds{1};
    authorization.refresh_token = shareSecret("refresh");
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

    expect(standingOf({}, &authorization, kNow), "active", "", std::nullopt);
}

TEST(Standing, TroubleWithTheTokenIsShownButDoesNotRefuse) {
    Authorization authorization = allowed();
    authorization.trouble = "reauthorization_needed";

    expect(standingOf({}, &authorization, kNow), "active", "reauthorization_needed", std::nullopt);
}

TEST(Standing, WithoutATokenThatWorksTheStateSaysWhatScansAreTold) {
    const struct {
        const char* trouble;
        const char* state;
    } rows[] = {{"reauthorization_needed", "unauthorized"},
                {"refused_though_listed", "unauthorized"},
                {"account_limited", "restricted"},
                {"upstream_timeout", "active"},
                {"address_not_allowed", "active"}};
    for (const auto& row : rows) {
        Authorization authorization = allowed();
        authorization.trouble = row.trouble;
        const std::string while_it_works = standingOf({}, &authorization, kNow).next_step;
        authorization.access_expires_at = kNow;

        const Standing standing = standingOf({}, &authorization, kNow);

        EXPECT_EQ(standing.obstacle, Obstacle::kNoToken) << row.trouble;
        expect(standing, row.state, row.trouble, std::nullopt);
        EXPECT_NE(standing.next_step, while_it_works) << row.trouble;
    }
}

TEST(Standing, TokenThatRanOutIsNoTroubleAsLongAsThereIsARefreshToken) {
    Authorization authorization = allowed();
    authorization.access_token = nullptr;
    authorization.access_expires_at = {};
    expect(standingOf({}, &authorization, kNow), "active", "", std::nullopt);

    authorization.refresh_token = nullptr;

    expect(standingOf({}, &authorization, kNow), "unauthorized", "reauthorization_needed", std::nullopt);
}

TEST(Standing, EachObstacleHidesThoseThatAreCheckedAfterIt) {
    // From the last that is checked to the first: each one added stands before those that are there.
    Merchant merchant;
    Authorization authorization = allowed();

    authorization.account.kind = AccountKind::kService;
    authorization.account.verified = false;
    expect(standingOf(merchant, &authorization, kNow), "restricted", "account_not_eligible",
           ErrorCode::kAccountNotEligible);

    authorization.granted_sets = {17, 1117};
    expect(standingOf(merchant, &authorization, kNow), "restricted", "permission_117_missing",
           ErrorCode::kPermission117Missing);

    authorization.withdrawn = true;
    expect(standingOf(merchant, &authorization, kNow), "unauthorized", "authorization_withdrawn",
           ErrorCode::kMerchantNotAuthorized);

    merchant.suspended = true;
    merchant.suspended_reason = "invoice 7 unpaid";
    expect(standingOf(merchant, &authorization, kNow), "suspended", "invoice 7 unpaid", ErrorCode::kMerchantSuspended);
    expect(standingOf(merchant, nullptr, kNow), "suspended", "invoice 7 unpaid", ErrorCode::kMerchantSuspended);
}

TEST(Standing, MerchantThatNeverConsentedIsPending) {
    expect(standingOf({}, nullptr, kNow), "pending", "not_authorized_yet", ErrorCode::kMerchantNotAuthorized);
}

TEST(Standing, RefusalDoesNotRepeatTheOperatorsWords) {
    EXPECT_EQ(refusalError(ErrorCode::kMerchantSuspended).for_caller, "The merchant is suspended by the operator.");
}

/// Each thing that can be in the way, made from a merchant that can scan.
std::vector<std::pair<Obstacle, Standing>> everyStanding() {
    std::vector<std::pair<Obstacle, Standing>> all;
    const auto add = [&all](Obstacle expected, auto edit) {
        Merchant merchant;
        Authorization authorization = allowed();
        edit(merchant, authorization);
        all.emplace_back(expected, standingOf(merchant, &authorization, kNow));
    };
    add(Obstacle::kSuspended, [](Merchant& merchant, Authorization&) { merchant.suspended = true; });
    add(Obstacle::kWithdrawn, [](Merchant&, Authorization& next) { next.withdraw({}); });
    add(Obstacle::kOcrNotGranted, [](Merchant&, Authorization& next) { next.takeGrants({17}); });
    add(Obstacle::kOcrNoLongerGranted, [](Merchant&, Authorization& next) {
        next.takeGrants({117});
        next.takeGrants({17});
    });
    add(Obstacle::kKindNotSupported,
        [](Merchant&, Authorization& next) { next.account.kind = AccountKind::kUnsupported; });
    add(Obstacle::kKindNotKnown, [](Merchant&, Authorization& next) { next.account.kind = AccountKind::kUnknown; });
    add(Obstacle::kNotVerified, [](Merchant&, Authorization& next) {
        next.account.kind = AccountKind::kSubscription;
        next.account.verified = false;
    });
    add(Obstacle::kAccountLimited, [](Merchant&, Authorization& next) { next.account.account_status = 16; });
    add(Obstacle::kTokenTrouble, [](Merchant&, Authorization& next) { next.trouble = "upstream_busy"; });
    add(Obstacle::kNoToken, [](Merchant&, Authorization& next) {
        next.access_token = nullptr;
        next.refresh_token = nullptr;
    });
    all.emplace_back(Obstacle::kNotAuthorizedYet, standingOf({}, nullptr, kNow));
    return all;
}

TEST(Standing, EveryObstacleIsToldFromTheOthersAndHasANextStepOfItsOwn) {
    std::set<std::string> steps;
    const auto all = everyStanding();
    for (const auto& [expected, standing] : all) {
        EXPECT_EQ(standing.obstacle, expected);
        EXPECT_GT(standing.next_step.size(), 20U) << standing.state;
        steps.insert(standing.next_step);
    }
    EXPECT_EQ(steps.size(), all.size());
    const Authorization authorization = allowed();
    EXPECT_EQ(standingOf({}, &authorization, kNow).next_step, "");
}

TEST(Standing, StableReasonsDoNotDependOnTheKindOfObstacle) {
    for (const auto& [obstacle, standing] : everyStanding()) {
        if (standing.refusal == ErrorCode::kPermission117Missing) {
            EXPECT_EQ(standing.state_reason, "permission_117_missing");
        }
        if (standing.refusal == ErrorCode::kAccountNotEligible) {
            EXPECT_EQ(standing.state_reason, "account_not_eligible");
        }
    }
}

}  // namespace
}  // namespace tenants
