#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sandbox/access_tokens.h"
#include "sandbox/refusal.h"
#include "tenants/base/clock.h"

namespace sandbox {

/// The permission set that holds the OCR calls. Source: WeChat API page "drivingocr".
inline constexpr int kOcrPermissionSet = 117;
/// Free recognitions of an account and day. Source: wechat-platform.md §6.3.
inline constexpr std::int64_t kFreeRecognitionsPerDay = 100;
/// `account_status` of an account that may do everything. Source: wechat-platform.md §3.8.
inline constexpr int kAccountStatusNormal = 1;

enum class AccountKind { kMiniProgram, kSubscription, kService };

/// "mini_program", "subscription", "service".
std::string_view accountKindName(AccountKind kind);
std::optional<AccountKind> accountKindOfName(std::string_view name);

/// Recognitions of one account: free ones that come back at midnight in Beijing, and a bought pack that does not.
struct RecognitionQuota {
    std::int64_t day_free = kFreeRecognitionsPerDay;
    std::int64_t pack_units = 0;
    std::int64_t day_used = 0;  // free ones, on the day that starts at `day_starts_at`
    tenants::UtcTime day_starts_at{};
    std::int64_t recognitions_total = 0;  // free and bought, since the account was made

    /// Free recognitions used on the Beijing day of `now`.
    std::int64_t usedAt(tenants::UtcTime now) const;
    /// Where a unit was taken from, so that it can be given back.
    enum class Source { kDay, kPack };
    /// Takes one unit, the day's before the pack's; empty where both are used up.
    std::optional<Source> take(tenants::UtcTime now);
    /// Gives a unit back that was taken for a picture which could not be read at all.
    void giveBack(Source source);
};

/// Where a component is normally shown the refresh token of an account.
enum class RefreshTokenPlace { kRefresh, kInfo, kList };
/// "refresh", "info", "list".
std::string_view refreshTokenPlaceName(RefreshTokenPlace place);
std::optional<RefreshTokenPlace> refreshTokenPlaceOfName(std::string_view name);

/// What one account granted one component, and what the component was given for it. Values and rules only.
struct Authorization {
    bool authorized = false;
    std::optional<tenants::UtcTime> authorized_at = {};
    std::set<int> sets = {};
    bool code_exchanged = false;     // before that the platform shows no refresh token in its lists
    std::string refresh_token = {};  // empty: none that works
    std::string refresh_token_before = {};
    std::optional<tenants::UtcTime> refresh_token_rotated_at = {};
    AccessTokens tokens = {};

    /// Grants `sets`: a new refresh token, and every older token dies.
    void authorize(std::set<int> granted, std::string new_refresh_token, tenants::UtcTime now);
    /// Takes the authorization back. Calls with its access tokens are refused with 61003 from then on, which says more
    /// than a dead token would; the next consent kills them.
    void withdraw();
    /// A new refresh token; the one before works for five more minutes. Nothing happens to access tokens.
    void rotateRefreshToken(std::string new_refresh_token, tenants::UtcTime now);
    /// No refresh token works until the account authorizes again. Access tokens live on until they expire.
    void killRefreshToken();
    bool acceptsRefreshToken(std::string_view text, tenants::UtcTime now) const;
};

/// An account that can authorize components. Values and rules only.
struct Authorizer {
    std::string appid;
    AccountKind kind = AccountKind::kMiniProgram;
    bool verified = true;
    int account_status = kAccountStatusNormal;
    std::set<int> sets = {};  // what the next first consent grants unless it names others
    std::string nick_name = {};
    std::string user_name = {};  // gh_…
    RecognitionQuota quota = {};
    std::map<std::string, std::string> options = {};           // by name; those that were set. Source: §3.10
    std::set<RefreshTokenPlace> hidden_refresh_token = {};     // where its refresh token is left out of the answer
    std::map<std::string, Authorization> authorizations = {};  // by component appid, withdrawn ones too

    /// Null where it never authorized that component, or took it back.
    const Authorization* authorizationOf(const std::string& component_appid) const;
    Authorization* authorizationOf(const std::string& component_appid);
    /// What it granted that component, or would grant.
    const std::set<int>& setsFor(const std::string& component_appid) const;

    /// Frozen, banned or cancelled; an account that was only warned (18) still works.
    bool limited() const noexcept;
    /// The account's own right to OCR: mini programs always, the others when verified. Source: wechat-platform.md §10.
    bool eligibleForOcr() const noexcept { return kind == AccountKind::kMiniProgram || verified; }
    /// Why an OCR call of that component for this account would be refused, before its picture is looked at.
    std::optional<Refusal> refusalForOcr(const std::string& component_appid) const;
};

/// Known values of `account_status`. Source: wechat-platform.md §3.8.
bool isAccountStatus(std::int64_t status);

}  // namespace sandbox
