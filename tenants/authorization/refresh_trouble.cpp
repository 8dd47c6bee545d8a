#include "tenants/authorization/refresh_trouble.h"

#include <algorithm>
#include <array>

namespace tenants {

namespace {

struct Row {
    int errcode;
    RefreshTrouble trouble;
};

constexpr std::array kTable{
    Row{-1, {"upstream_busy", false, true}},
    Row{errcodes::kRefreshTokenInvalid, {kTroubleReauthorizationNeeded, true, false}},
    Row{errcodes::kPasswordChanged, {kTroubleReauthorizationNeeded, true, false}},
    Row{errcodes::kNotAuthorizedToUs, {kTroubleRefusedThoughListed, true, false}},
    Row{errcodes::kAccountLimited, {kTroubleAccountLimited, true, false}},
    Row{45009, {"platform_quota_exceeded", true, true}},
    Row{45011, {"platform_rate_limited", false, true}},
    Row{61004, {"address_not_allowed", true, true}},
    Row{40164, {"address_not_allowed", true, true}},
    Row{45035, {"address_not_allowed", true, true}},
    Row{40125, {"component_secret_refused", true, true}},
    Row{errcodes::kTicketExpired, {"ticket_refused", true, true}},
    Row{errcodes::kTicketInvalid, {"ticket_refused", true, true}},
    Row{61011, {"component_refused", true, true}},
    // The component token's own refusals: replaced where that helps, so that what is left is for the operator.
    Row{40001, {"component_refused", true, true}},
    Row{40014, {"component_refused", true, true}},
    Row{42001, {"component_refused", true, true}},
    Row{42006, {"component_refused", true, true}},
};

}  // namespace

int errcodeOf(const Error& error) {
    return error.upstream ? error.upstream->errcode : 0;
}

RefreshTrouble troubleOf(const Error& error) {
    const int errcode = errcodeOf(error);
    if (errcode == 0) return {stableCode(error.code), false, true};  // silence, or a store that cannot write
    const auto* const row = std::ranges::find(kTable, errcode, &Row::errcode);
    if (row != kTable.end()) return row->trouble;
    return {stableCode(error.code), false, false};
}

}  // namespace tenants
