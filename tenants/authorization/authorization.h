#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"
#include "tenants/base/secret.h"

namespace tenants {

/// WeChat's permission set that covers /cv/ocr/* (source: API page "drivingocr"). Compared exactly: 17 or 1117 is not it.
inline constexpr int kOcrPermissionSet = 117;

enum class AccountKind { kUnknown, kMiniProgram, kSubscription, kService, kUnsupported };
std::string_view accountKindText(AccountKind kind);  // mini_program, subscription, service, unsupported, unknown

/// What api_get_authorizer_info told of the merchant's account. Absent facts are never read as good ones.
struct AccountFacts {
    AccountKind kind = AccountKind::kUnknown;
    bool verified = false;   // verify_type_info.id == 0, WeChat's own verification
    int account_status = 0;  // 1 normal, 14 cancelled, 16 banned, 18 warned, 19 frozen; 0: not told
    std::string nick_name;

    /// Mini programs always, subscription and service accounts only if verified, none that is cancelled, banned or
    /// frozen. A status that was not told (0) counts as normal: old answers lack it. Source: the applicability table.
    bool eligibleForOcr() const;
    /// Not cancelled, banned, frozen or anything that we do not know.
    bool statusInOrder() const;
};

/// A merchant's account as it is authorized to us, with the tokens that work on its behalf. An immutable value:
/// a change makes the next generation.
struct Authorization {
    MerchantId merchant;
    AppId appid;
    bool withdrawn = false;     // the merchant cancelled, or WeChat says 61003: tokens are wiped then
    bool grants_stale = false;  // an event said that the grants changed: re-read before the next scan
    std::set<int> granted_sets;
    bool ocr_was_granted = false;  // at some time: without the set now, it was taken back or another provider has it
    AccountFacts account;
    UtcTime event_at;  // WeChat's CreateTime of the newest event or consent applied
    UtcTime changed_at;
    SharedSecret access_token;            // null: none
    UtcTime access_expires_at;            // by WeChat's expires_in, counted from before the request
    SharedSecret refresh_token;           // null: none
    SharedSecret previous_refresh_token;  // kept for one fallback
    std::string trouble;                  // why the last refresh failed, a stable short text; empty: fine
    std::int64_t generation = 0;          // set by the store; goes up by one with each change

    bool allowsOcr() const { return granted_sets.contains(kOcrPermissionSet); }
    /// True if the access token outlives a call that starts now and may take `call_max`.
    bool tokenUsableAt(UtcTime now, std::chrono::milliseconds call_max) const {
        return access_token != nullptr && now + call_max < access_expires_at;
    }

    /// What WeChat says is granted now.
    void takeGrants(std::set<int> sets);
    /// Makes `newest` the refresh token and keeps its predecessor for one fallback. Null, or the one that is there
    /// already, changes nothing: an answer that lacks a refresh token does not mean that there is none.
    void takeRefreshToken(const SharedSecret& newest);
    /// The merchant is gone: no token of its outlives that.
    void withdraw(UtcTime now);
};

/// Equal content, in constant time; two absent secrets are equal too.
bool sameSecret(const SharedSecret& one, const SharedSecret& other);

}  // namespace tenants
