#include "sandbox/authorizer.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace sandbox {
namespace {

using namespace std::chrono_literals;
using Source = RecognitionQuota::Source;

const tenants::UtcTime kNoon = test_support::beijingNoon();

Authorizer authorizedAccount() {
    Authorizer account;
    account.appid = "wx1";
    account.sets = {kOcrPermissionSet};
    account.authorize("refresh-1", kNoon);
    return account;
}

int refusedWith(const Authorizer& account) {
    const auto refusal = account.refusalForOcr();
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

TEST(Authorizer, RenewedAuthorizationEndsEveryOlderToken) {
    Authorizer account = authorizedAccount();
    account.tokens.issue("access-1", kNoon);

    account.authorize("refresh-2", kNoon + 1min);

    EXPECT_EQ(account.tokens.standingOf("access-1", kNoon + 1min), TokenStanding::kNotLatest);
    EXPECT_FALSE(account.acceptsRefreshToken("refresh-1", kNoon + 1min));
    EXPECT_TRUE(account.acceptsRefreshToken("refresh-2", kNoon + 1min));
}

TEST(Authorizer, RotatedRefreshTokenWorksFiveMoreMinutes) {
    Authorizer account = authorizedAccount();

    account.rotateRefreshToken("refresh-2", kNoon);

    EXPECT_TRUE(account.acceptsRefreshToken("refresh-1", kNoon + 5min - 1ms));
    EXPECT_FALSE(account.acceptsRefreshToken("refresh-1", kNoon + 5min));
    EXPECT_TRUE(account.acceptsRefreshToken("refresh-2", kNoon + 5min));
}

TEST(Authorizer, KilledRefreshTokenLeavesNoneThatWorks) {
    Authorizer account = authorizedAccount();

    account.killRefreshToken();

    EXPECT_FALSE(account.acceptsRefreshToken("refresh-1", kNoon));
    EXPECT_FALSE(account.acceptsRefreshToken("", kNoon));
}

TEST(Authorizer, WithdrawnAccountIsNotAuthorized) {
    Authorizer account = authorizedAccount();

    account.withdraw();

    EXPECT_EQ(refusedWith(account), 61003);
    EXPECT_FALSE(account.acceptsRefreshToken("refresh-1", kNoon));
}

TEST(Authorizer, OcrIsRefusedInTheOrderOfChecks) {
    Authorizer account = authorizedAccount();
    EXPECT_EQ(refusedWith(account), 0);

    account.kind = AccountKind::kService;
    account.verified = false;
    EXPECT_EQ(refusedWith(account), 48001);

    account.sets = {17};
    EXPECT_EQ(refusedWith(account), 61007);

    account.withdraw();
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

}  // namespace
}  // namespace sandbox
