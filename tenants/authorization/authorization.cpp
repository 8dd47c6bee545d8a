#include "tenants/authorization/authorization.h"

#include <cstdlib>
#include <utility>

namespace tenants {

namespace {

// account_status of api_get_authorizer_info.
constexpr int kStatusNotTold = 0;
constexpr int kStatusNormal = 1;
constexpr int kStatusWarned = 18;  // may still work: allowed, and visible to the operator

}  // namespace

std::string_view accountKindText(AccountKind kind) {
    switch (kind) {
        case AccountKind::kUnknown: return "unknown";
        case AccountKind::kMiniProgram: return "mini_program";
        case AccountKind::kSubscription: return "subscription";
        case AccountKind::kService: return "service";
        case AccountKind::kUnsupported: return "unsupported";
    }
    std::abort();  // a value outside the enumeration: memory is damaged
}

bool AccountFacts::statusInOrder() const {
    // A status that we do not know counts against the account, like the ones known to be bad.
    return account_status == kStatusNotTold || account_status == kStatusNormal || account_status == kStatusWarned;
}

bool AccountFacts::eligibleForOcr() const {
    if (!statusInOrder()) return false;
    switch (kind) {
        case AccountKind::kMiniProgram: return true;
        case AccountKind::kSubscription:
        case AccountKind::kService: return verified;
        case AccountKind::kUnknown:
        case AccountKind::kUnsupported: return false;
    }
    std::abort();  // a value outside the enumeration: memory is damaged
}

bool sameSecret(const SharedSecret& one, const SharedSecret& other) {
    if (one == other) return true;
    return one != nullptr && other != nullptr && one->sameAs(other->expose());
}

void Authorization::takeGrants(std::set<int> sets) {
    granted_sets = std::move(sets);
    ocr_was_granted = ocr_was_granted || allowsOcr();
}

void Authorization::takeRefreshToken(const SharedSecret& newest) {
    if (newest == nullptr || sameSecret(newest, refresh_token)) return;
    previous_refresh_token = std::move(refresh_token);
    refresh_token = newest;
}

void Authorization::withdraw(UtcTime now) {
    withdrawn = true;
    grants_stale = false;
    access_token = nullptr;
    access_expires_at = {};
    refresh_token = nullptr;
    previous_refresh_token = nullptr;
    trouble.clear();
    changed_at = now;
}

}  // namespace tenants
