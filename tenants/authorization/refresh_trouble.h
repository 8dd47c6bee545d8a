#pragma once

#include <string>
#include <string_view>

#include "tenants/authorization/authorization.h"
#include "tenants/base/error.h"

namespace tenants {

/// Why a token could not be had, in a word that the operator sees and that never changes (docs/admin-api.md says what to
/// do about each).
struct RefreshTrouble {
    std::string_view text;
    bool lasting = false;      // WeChat said no: only somebody's act will change that, so asking soon is pointless
    bool of_platform = false;  // says nothing of one merchant: the others will meet the same
};

inline constexpr std::string_view kTroubleReauthorizationNeeded = "reauthorization_needed";
inline constexpr std::string_view kTroubleRefusedThoughListed = "refused_though_listed";
inline constexpr std::string_view kTroubleAccountLimited = "account_limited";

/// WeChat's refusals that the keepers of tokens and grants act upon. Source: its list of error codes.
namespace errcodes {
inline constexpr int kNotAuthorizedToUs = 61003;
inline constexpr int kPasswordChanged = 42007;  // all tokens are void
inline constexpr int kRefreshTokenInvalid = 61023;
inline constexpr int kAccountLimited = 50002;
inline constexpr int kTicketExpired = 61005;
inline constexpr int kTicketInvalid = 61006;
}  // namespace errcodes

/// WeChat's number behind an error; 0: it gave none.
int errcodeOf(const Error& error);
RefreshTrouble troubleOf(const Error& error);

/// Something that the operator's log says once, and not with every try.
struct TroubleChange {
    MerchantId merchant;  // empty: the component platform itself
    std::string before;   // empty: all was well
    std::string now;      // empty: all is well again
    std::string detail;   // for the log
};

}  // namespace tenants
