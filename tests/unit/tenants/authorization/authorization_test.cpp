#include "tenants/authorization/authorization.h"

#include <gtest/gtest.h>

namespace tenants {
namespace {

TEST(AccountFacts, KindVerificationAndStatusDecideAboutOcr) {
    struct Row {
        AccountKind kind;
        bool verified;
        int status;
        bool eligible;
    };
    const Row rows[] = {
        {AccountKind::kMiniProgram, true, 1, true},   {AccountKind::kMiniProgram, false, 1, true},
        {AccountKind::kMiniProgram, true, 0, true},   {AccountKind::kMiniProgram, true, 18, true},
        {AccountKind::kMiniProgram, true, 14, false}, {AccountKind::kMiniProgram, true, 16, false},
        {AccountKind::kMiniProgram, true, 19, false}, {AccountKind::kMiniProgram, true, 99, false},
        {AccountKind::kSubscription, true, 1, true},  {AccountKind::kSubscription, false, 1, false},
        {AccountKind::kService, true, 1, true},       {AccountKind::kService, false, 1, false},
        {AccountKind::kService, true, 19, false},     {AccountKind::kUnknown, true, 1, false},
        {AccountKind::kUnsupported, true, 1, false},
    };
    for (const Row& row : rows) {
        const AccountFacts facts{row.kind, row.verified, row.status, ""};

        EXPECT_EQ(facts.eligibleForOcr(), row.eligible)
            << accountKindText(row.kind) << " verified " << row.verified << " status " << row.status;
    }
}

TEST(Authorization, OnlyExactly117AllowsOcr) {
    Authorization authorization;

    authorization.granted_sets = {17, 1117, 11, 7};
    EXPECT_FALSE(authorization.allowsOcr());

    authorization.granted_sets.insert(117);
    EXPECT_TRUE(authorization.allowsOcr());
}

TEST(Authorization, NewRefreshTokenKeepsItsPredecessorAndAnAbsentOneChangesNothing) {
    Authorization authorization;
    authorization.takeRefreshToken(shareSecret("one"));

    authorization.takeRefreshToken(nullptr);
    authorization.takeRefreshToken(shareSecret("one"));
    EXPECT_EQ(authorization.refresh_token->expose(), "one");
    EXPECT_EQ(authorization.previous_refresh_token, nullptr);

    authorization.takeRefreshToken(shareSecret("two"));
    EXPECT_EQ(authorization.refresh_token->expose(), "two");
    EXPECT_EQ(authorization.previous_refresh_token->expose(), "one");
}

TEST(Authorization, WithdrawalLeavesNoToken) {
    Authorization authorization;
    authorization.access_token = shareSecret("access");
    authorization.takeRefreshToken(shareSecret("one"));
    authorization.takeRefreshToken(shareSecret("two"));
    authorization.granted_sets = {117};

    authorization.withdraw(UtcTime{} + std::chrono::hours{1});

    EXPECT_TRUE(authorization.withdrawn);
    EXPECT_EQ(authorization.access_token, nullptr);
    EXPECT_EQ(authorization.refresh_token, nullptr);
    EXPECT_EQ(authorization.previous_refresh_token, nullptr);
    EXPECT_FALSE(authorization.tokenUsableAt(UtcTime{}, std::chrono::milliseconds{0}));
}

TEST(Authorization, TokenMustOutliveTheCallThatStartsNow) {
    Authorization authorization;
    authorization.access_token = shareSecret("access");
    authorization.access_expires_at = UtcTime{} + std::chrono::seconds{10};

    EXPECT_TRUE(authorization.tokenUsableAt(UtcTime{}, std::chrono::milliseconds{9'999}));
    EXPECT_FALSE(authorization.tokenUsableAt(UtcTime{}, std::chrono::milliseconds{10'000}));
}

TEST(SameSecret, ComparesContentAndAbsence) {
    EXPECT_TRUE(sameSecret(nullptr, nullptr));
    EXPECT_FALSE(sameSecret(shareSecret("a"), nullptr));
    EXPECT_TRUE(sameSecret(shareSecret("a"), shareSecret("a")));
    EXPECT_FALSE(sameSecret(shareSecret("a"), shareSecret("b")));
}

}  // namespace
}  // namespace tenants
