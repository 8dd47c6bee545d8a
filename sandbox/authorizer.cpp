#include "sandbox/authorizer.h"

#include <utility>

namespace sandbox {
namespace {

constexpr int kAccountStatusCancelled = 14;
constexpr int kAccountStatusBanned = 16;
constexpr int kAccountStatusWarned = 18;
constexpr int kAccountStatusFrozen = 19;

}  // namespace

std::string_view accountKindName(AccountKind kind) {
    switch (kind) {
        case AccountKind::kMiniProgram: return "mini_program";
        case AccountKind::kSubscription: return "subscription";
        case AccountKind::kService: return "service";
    }
    return "";
}

std::optional<AccountKind> accountKindOfName(std::string_view name) {
    for (const AccountKind kind : {AccountKind::kMiniProgram, AccountKind::kSubscription, AccountKind::kService}) {
        if (accountKindName(kind) == name) return kind;
    }
    return std::nullopt;
}

std::string_view refreshTokenPlaceName(RefreshTokenPlace place) {
    switch (place) {
        case RefreshTokenPlace::kRefresh: return "refresh";
        case RefreshTokenPlace::kInfo: return "info";
        case RefreshTokenPlace::kList: return "list";
    }
    return "";
}

std::optional<RefreshTokenPlace> refreshTokenPlaceOfName(std::string_view name) {
    for (const auto place : {RefreshTokenPlace::kRefresh, RefreshTokenPlace::kInfo, RefreshTokenPlace::kList}) {
        if (refreshTokenPlaceName(place) == name) return place;
    }
    return std::nullopt;
}

std::int64_t RecognitionQuota::usedAt(tenants::UtcTime now) const {
    return tenants::beijingDay(now).starts == day_starts_at ? day_used : 0;
}

std::optional<RecognitionQuota::Source> RecognitionQuota::take(tenants::UtcTime now) {
    const tenants::UtcTime today = tenants::beijingDay(now).starts;
    if (day_starts_at != today) {
        day_starts_at = today;
        day_used = 0;
    }
    if (day_used < day_free) {
        ++day_used;
        ++recognitions_total;
        return Source::kDay;
    }
    if (pack_units > 0) {
        --pack_units;
        ++recognitions_total;
        return Source::kPack;
    }
    return std::nullopt;
}

void RecognitionQuota::giveBack(Source source) {
    --recognitions_total;
    if (source == Source::kPack) {
        ++pack_units;
    } else if (day_used > 0) {  // zero where the day turned in between: then there is nothing left to give back
        --day_used;
    }
}

void Authorization::authorize(std::set<int> granted, std::string new_refresh_token, tenants::UtcTime now) {
    authorized = true;
    authorized_at = now;
    sets = std::move(granted);
    tokens.killAll();
    refresh_token = std::move(new_refresh_token);
    refresh_token_before.clear();
    refresh_token_rotated_at.reset();
}

void Authorization::withdraw() {
    authorized = false;
    code_exchanged = false;
    killRefreshToken();
}

void Authorization::rotateRefreshToken(std::string new_refresh_token, tenants::UtcTime now) {
    refresh_token_before = std::exchange(refresh_token, std::move(new_refresh_token));
    refresh_token_rotated_at = now;
}

void Authorization::killRefreshToken() {
    refresh_token.clear();
    refresh_token_before.clear();
    refresh_token_rotated_at.reset();
}

bool Authorization::acceptsRefreshToken(std::string_view text, tenants::UtcTime now) const {
    if (text.empty()) return false;
    if (text == refresh_token) return true;
    return text == refresh_token_before && refresh_token_rotated_at &&
           now < *refresh_token_rotated_at + kAccessTokenOverlap;
}

const Authorization* Authorizer::authorizationOf(const std::string& component_appid) const {
    const auto found = authorizations.find(component_appid);
    return found == authorizations.end() || !found->second.authorized ? nullptr : &found->second;
}

Authorization* Authorizer::authorizationOf(const std::string& component_appid) {
    const auto found = authorizations.find(component_appid);
    return found == authorizations.end() || !found->second.authorized ? nullptr : &found->second;
}

const std::set<int>& Authorizer::setsFor(const std::string& component_appid) const {
    const Authorization* const authorization = authorizationOf(component_appid);
    return authorization == nullptr ? sets : authorization->sets;
}

bool Authorizer::limited() const noexcept {
    return account_status != kAccountStatusNormal && account_status != kAccountStatusWarned;
}

std::optional<Refusal> Authorizer::refusalForOcr(const std::string& component_appid) const {
    if (limited()) return refusals::accountLimited();
    const Authorization* const authorization = authorizationOf(component_appid);
    if (authorization == nullptr) return refusals::notAuthorized();
    if (!authorization->sets.contains(kOcrPermissionSet)) return refusals::setMissing();
    if (!eligibleForOcr()) return refusals::accountNotEligible();
    return std::nullopt;
}

bool isAccountStatus(std::int64_t status) {
    return status == kAccountStatusNormal || status == kAccountStatusCancelled || status == kAccountStatusBanned ||
           status == kAccountStatusWarned || status == kAccountStatusFrozen;
}

}  // namespace sandbox
