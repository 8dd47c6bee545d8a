#include "sandbox/authorizer.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace sandbox {
namespace {

using namespace std::chrono_literals;
using Source = RecognitionQuota::Source;

const tenants::UtcTime kNoon = test_support::beijingNoon();

const std::string kComponent = "wxcomponent";

Authorizer authorizedAccount() {
    Authorizer account;
    account.appid = "wx1";
    account.authorizations[kComponent].authorize({kOcrPermissionSet}, "refresh-1", kNoon);
    return account;
}

Authorization grantedOne() {
    return authorizedAccount().authorizations.at(kComponent);
}

int refusedWith(const Authorizer& account, const std::string& component_appid = kComponent) {
    const auto refusal = account.refusalForOcr(component_appid);
    return refusal ? refusal->errcode : 0;
}

TEST(RecognitionQuota, DayIsUsedUpAtItsLastUnit) {
    RecognitionQuota quota{.day_free = 2};

    EXPECT_EQ(quota.take(kNoon), Source::kDay);
    EXPECT_EQ(quota.take(kNoon), Source::kDay);
    EXPECT_EQ(quota.take(kNoon), std::nullopt);
    EXPECT_EQ(quota.usedAt(kNoon), 2);
}

TEST(RecognitionQuota, DayTurnsAtMidnightInBeijing) {
    RecognitionQuota quota{.day_free = 1};
    const tenants::UtcTime midnight = kNoon + 12h;  // 16:00 UTC
    ASSERT_TRUE(quota.take(kNoon));

    EXPECT_EQ(quota.take(midnight - 1ms), std::nullopt);
    EXPECT_EQ(quota.usedAt(midnight), 0);
    EXPECT_EQ(quota.take(midnight), Source::kDay);
}

TEST(RecognitionQuota, PackServesWhenTheDayIsUsedUp) {
    RecognitionQuota quota{.day_free = 1, .pack_units = 1};

    EXPECT_EQ(quota.take(kNoon), Source::kDay);
    EXPECT_EQ(quota.take(kNoon), Source::kPack);
    EXPECT_EQ(quota.take(kNoon), std::nullopt);
    EXPECT_EQ(quota.recognitions_total, 2);
}

TEST(RecognitionQuota, PackDoesNotComeBackWithTheDay) {
    RecognitionQuota quota{.day_free = 0, .pack_units = 1};
    ASSERT_EQ(quota.take(kNoon), Source::kPack);

    EXPECT_EQ(quota.take(kNoon + 24h), std::nullopt);
}

TEST(RecognitionQuota, UnitGoesBackWhereItCameFrom) {
    RecognitionQuota quota{.day_free = 1, .pack_units = 1};
    ASSERT_EQ(quota.take(kNoon), Source::kDay);
    ASSERT_EQ(quota.take(kNoon), Source::kPack);

    quota.giveBack(Source::kPack);
    quota.giveBack(Source::kDay);

    EXPECT_EQ(quota.pack_units, 1);
    EXPECT_EQ(quota.usedAt(kNoon), 0);
    EXPECT_EQ(quota.recognitions_total, 0);
}

TEST(Authorization, RenewalEndsEveryOlderToken) {
    Authorization authorization = grantedOne();
    authorization.tokens.issue("access-1", kNoon);

    authorization.authorize({kOcrPermissionSet}, "refresh-2", kNoon + 1min);

    EXPECT_EQ(authorization.tokens.standingOf("access-1", kNoon + 1min), TokenStanding::kNotLatest);
    EXPECT_FALSE(authorization.acceptsRefreshToken("refresh-1", kNoon + 1min));
    EXPECT_TRUE(authorization.acceptsRefreshToken("refresh-2", kNoon + 1min));
}

TEST(Authorization, RotatedRefreshTokenWorksFiveMoreMinutes) {
    Authorization authorization = grantedOne();

    authorization.rotateRefreshToken("refresh-2", kNoon);

    EXPECT_TRUE(authorization.acceptsRefreshToken("refresh-1", kNoon + 5min - 1ms));
    EXPECT_FALSE(authorization.acceptsRefreshToken("refresh-1", kNoon + 5min));
    EXPECT_TRUE(authorization.acceptsRefreshToken("refresh-2", kNoon + 5min));
}

TEST(Authorization, KilledRefreshTokenLeavesNoneThatWorks) {
    Authorization authorization = grantedOne();

    authorization.killRefreshToken();

    EXPECT_FALSE(authorization.acceptsRefreshToken("refresh-1", kNoon));
    EXPECT_FALSE(authorization.acceptsRefreshToken("", kNoon));
}

TEST(Authorizer, WithdrawnAccountIsNotAuthorized) {
    Authorizer account = authorizedAccount();

    account.authorizations.at(kComponent).withdraw();

    EXPECT_EQ(refusedWith(account), 61003);
    EXPECT_EQ(account.authorizationOf(kComponent), nullptr);
    EXPECT_FALSE(account.authorizations.at(kComponent).acceptsRefreshToken("refresh-1", kNoon));
}

TEST(Authorizer, AuthorizationOfOneComponentIsNothingToAnother) {
    Authorizer account = authorizedAccount();
    account.sets = {17};

    EXPECT_EQ(refusedWith(account, "wxother"), 61003);
    EXPECT_EQ(account.setsFor("wxother"), (std::set<int>{17}));
    EXPECT_EQ(account.setsFor(kComponent), (std::set<int>{kOcrPermissionSet}));
}

TEST(Authorizer, OcrIsRefusedInTheOrderOfChecks) {
    Authorizer account = authorizedAccount();
    EXPECT_EQ(refusedWith(account), 0);

    account.kind = AccountKind::kService;
    account.verified = false;
    EXPECT_EQ(refusedWith(account), 48001);

    account.authorizations.at(kComponent).sets = {17};
    EXPECT_EQ(refusedWith(account), 61007);

    account.authorizations.at(kComponent).withdraw();
    EXPECT_EQ(refusedWith(account), 61003);

    account.account_status = 19;
    EXPECT_EQ(refusedWith(account), 50002);
}

TEST(Authorizer, UnverifiedMiniProgramMayUseOcr) {
    Authorizer account = authorizedAccount();
    account.verified = false;

    EXPECT_EQ(refusedWith(account), 0);
}

TEST(Authorizer, WarnedAccountStillWorks) {
    Authorizer account = authorizedAccount();
    account.account_status = 18;

    EXPECT_EQ(refusedWith(account), 0);
}

TEST(Authorizer, KindsHaveNamesThatReadBack) {
    for (const AccountKind kind : {AccountKind::kMiniProgram, AccountKind::kSubscription, AccountKind::kService}) {
        EXPECT_EQ(accountKindOfName(accountKindName(kind)), kind);
    }
    EXPECT_EQ(accountKindOfName("shop"), std::nullopt);
}

TEST(RefreshTokenPlace, PlacesHaveNamesThatReadBack) {
    for (const auto place : {RefreshTokenPlace::kRefresh, RefreshTokenPlace::kInfo, RefreshTokenPlace::kList})
        EXPECT_EQ(refreshTokenPlaceOfName(refreshTokenPlaceName(place)), place);
    EXPECT_EQ(refreshTokenPlaceOfName("somewhere"), std::nullopt);
}

}  // namespace
}  // namespace sandbox
