#include "tests/support/memory_quotas.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tenants/base/period.h"

namespace test_support {

using namespace tenants;

namespace {

const std::string kDay{kDayPolicy};
const std::string kMonth{kMonthPolicy};
const std::string kUpstreamDay{kUpstreamDayPolicy};
const std::array<std::string, 3> kPolicies{kDay, kMonth, kUpstreamDay};  // in the order in which they are taken

/// Raises what was told of a limit of which so much is gone.
void mark(std::int64_t& warned_percent, std::int64_t gone, std::int64_t all) {
    for (const std::int64_t level : {80, 95}) {
        if (gone * 100 >= level * all) warned_percent = std::max(warned_percent, level);
    }
}

}  // namespace

DaySpan MemoryQuotas::spanOf(const std::string& policy, const Reservation& reservation) {
    if (policy == kDay) return reservation.day;
    if (policy == kUpstreamDay) return reservation.upstream_day;
    const Period month{reservation.at};
    return {month.starts(), month.ends()};
}

MemoryQuotas::Key MemoryQuotas::keyOf(const std::string& policy, const Reservation& reservation) {
    return {reservation.merchant, policy, spanOf(policy, reservation).starts};
}

std::optional<std::int64_t> MemoryQuotas::limitOf(const std::string& policy, const MerchantId& merchant,
                                                  UtcTime at) const {
    const PlanVersion* const plan = plans_.inForce(merchant, at);
    const Account& account = accounts_.at(merchant);
    if (policy == kUpstreamDay) return counted(account, Window{});
    if (policy == kMonth) return plan != nullptr ? plan->terms.month_limit : std::nullopt;
    const std::optional<std::int64_t> of_plan = plan != nullptr ? plan->terms.day_limit : std::nullopt;
    return std::min(account.day_limit, of_plan.value_or(account.day_limit));
}

std::int64_t MemoryQuotas::free(const Account& account, const Window& window) const {
    return std::max<std::int64_t>(0, *account.day_free - window.used_elsewhere);
}

std::int64_t MemoryQuotas::fromPacks(const Account& account, const Window& window) const {
    if (!account.day_free || !window.limit) return 0;
    return std::max<std::int64_t>(0, window.taken() - free(account, window));
}

std::optional<std::int64_t> MemoryQuotas::counted(const Account& account, const Window& window) const {
    if (!account.day_free) return std::nullopt;
    return free(account, window) + account.pack_units + fromPacks(account, window);
}

bool MemoryQuotas::fits(const Account& account, const std::string& policy, const Window& window,
                        std::int64_t units) const {
    if (!window.limit) return true;
    if (window.taken() + units > *window.limit) return false;
    const auto by_count = policy == kUpstreamDay ? counted(account, window) : std::nullopt;
    return !by_count || window.taken() + units <= *by_count;
}

Pack* MemoryQuotas::packFor(const Reservation& reservation) {
    Pack* first = nullptr;
    for (Pack& pack : packs_) {
        if (pack.merchant != reservation.merchant || !pack.openAt(reservation.at)) continue;
        if (pack.left() < reservation.units) continue;
        if (first == nullptr || pack.expires_at < first->expires_at) first = &pack;
    }
    return first;
}

std::variant<MemoryQuotas::Sources, WindowFull> MemoryQuotas::take(const Reservation& reservation) {
    const Account& account = accounts_.at(reservation.merchant);
    const PlanVersion* const plan = plans_.inForce(reservation.merchant, reservation.at);
    Pack* const pack = packFor(reservation);
    std::map<std::string, Window> windows;
    for (const std::string& policy : kPolicies) {
        const auto known = windows_.find(keyOf(policy, reservation));
        const auto limit = limitOf(policy, reservation.merchant, reservation.at);
        if (known != windows_.end() && policy != kUpstreamDay) limitTo(known->second, limit);
        const Window window = known != windows_.end() ? known->second : Window{spanOf(policy, reservation).ends, limit};
        windows.emplace(policy, window);
        if (policy == kUpstreamDay && plan != nullptr && plan->terms.packs_only && pack == nullptr) {
            return WindowFull{kPackPolicy, std::nullopt, {}};
        }
        if (fits(account, policy, window, reservation.units)) continue;
        WindowFull full{*std::ranges::find(kPolicies, policy), window.ends, {}};
        const auto by_count = policy == kUpstreamDay ? counted(account, window) : std::nullopt;
        if (by_count) {
            full.upstream =
                UpstreamUse{std::min(*by_count, *window.limit), window.used, window.held, window.used_elsewhere};
        }
        return full;
    }
    for (const auto& [policy, window] : windows) {
        Window& opened = windows_.try_emplace(keyOf(policy, reservation), window).first->second;
        hold(reservation.merchant, policy, opened, reservation.units);
    }
    if (pack != nullptr) {
        pack->held += reservation.units;
        mark(pack->warned_percent, pack->used + pack->held, pack->units);
    }
    return Sources{plan != nullptr ? std::optional{plan->id} : std::nullopt,
                   pack != nullptr ? std::optional{pack->id} : std::nullopt};
}

/// Units of the upstream window beyond the free ones come off the packs bought at WeChat, and go back with them.
void MemoryQuotas::hold(const MerchantId& merchant, const std::string& policy, Window& window, std::int64_t units) {
    Account& account = accounts_.at(merchant);
    const std::int64_t before = policy == kUpstreamDay ? fromPacks(account, window) : 0;
    window.held += units;
    if (policy == kUpstreamDay) {
        account.pack_units = std::max<std::int64_t>(0, account.pack_units - (fromPacks(account, window) - before));
    }
    warn(window);
}

void MemoryQuotas::end(const Reservation& reservation, const Sources& sources, End end) {
    for (const std::string& policy : kPolicies) {
        Window& window = windows_.at(keyOf(policy, reservation));
        const bool used = end == End::kCharged || (end == End::kNotCharged && policy == kUpstreamDay);
        if (used) {
            window.held -= reservation.units;
            window.used += reservation.units;
        } else {
            hold(reservation.merchant, policy, window, -reservation.units);
        }
    }
    if (!sources.pack) return;
    Pack& pack = *std::ranges::find(packs_, *sources.pack, &Pack::id);
    pack.held -= reservation.units;
    if (end == End::kCharged) pack.used += reservation.units;
}

void MemoryQuotas::takeBack(const Reservation& reservation, const Sources& sources, UtcTime now) {
    for (const std::string& policy : kPolicies) {
        Window& window = windows_.at(keyOf(policy, reservation));
        if (policy != kUpstreamDay && now < window.ends) window.used -= reservation.units;
    }
    if (!sources.pack) return;
    Pack& pack = *std::ranges::find(packs_, *sources.pack, &Pack::id);
    if (now >= pack.expires_at) return;
    pack.used -= reservation.units;
    UtcTime& last = given_back_at_[pack.id];
    last = std::max(last, now);
}

void MemoryQuotas::expire(Pack& pack, UtcTime now) const {
    const std::chrono::milliseconds instant{1};
    pack.expires_at = std::max(now, pack.starts_at + instant);
    const auto given_back = given_back_at_.find(pack.id);
    if (given_back != given_back_at_.end()) pack.expires_at = std::max(pack.expires_at, given_back->second + instant);
}

void MemoryQuotas::markUpstreamFull(const Reservation& reservation) {
    Window& window = windows_.at(keyOf(kUpstreamDay, reservation));
    window.limit = window.taken();
    if (const auto day_free = accounts_.at(reservation.merchant).day_free) {
        window.used_elsewhere = std::max(window.used_elsewhere, *day_free - window.taken());
    }
    warn(window);
}

void MemoryQuotas::limitTo(Window& window, std::optional<std::int64_t> limit) {
    if (limit) limit = std::max(*limit, window.taken());
    if (window.limit == limit) return;
    window.limit = limit;
    warn(window);
}

MemoryQuotas::Window* MemoryQuotas::openUpstream(const MerchantId& merchant, UtcTime now) {
    Window* open = nullptr;
    for (auto& [key, window] : windows_) {
        if (key.merchant == merchant && key.policy == kUpstreamDay && key.starts <= now && now < window.ends) {
            open = &window;
        }
    }
    return open;
}

void MemoryQuotas::setDayLimit(const MerchantId& merchant, std::int64_t limit, UtcTime now) {
    accounts_[merchant].day_limit = limit;
    takeTerms(merchant, now);
}

void MemoryQuotas::takeTerms(const MerchantId& merchant, UtcTime now) {
    for (auto& [key, window] : windows_) {
        const bool open = key.merchant == merchant && key.starts <= now && now < window.ends;
        if (open && key.policy != kUpstreamDay) limitTo(window, limitOf(key.policy, merchant, now));
    }
}

void MemoryQuotas::setUpstream(const MerchantId& merchant, const UpstreamQuotaChange& change, UtcTime now) {
    if (!change.any()) return;
    Account& account = accounts_.at(merchant);
    Window* const window = openUpstream(merchant, now);
    const std::int64_t before = window != nullptr ? fromPacks(account, *window) : 0;
    if (change.day_free) account.day_free = *change.day_free;
    const std::int64_t after = window != nullptr ? fromPacks(account, *window) : 0;
    account.pack_units = std::max<std::int64_t>(0, account.pack_units - (after - before));
    if (change.pack_units) account.pack_units = *change.pack_units;
    if (window == nullptr) return;
    if (!window->limit) window->limit = window->taken();
    limitTo(*window, counted(account, *window));
}

void MemoryQuotas::tellUpstream(const MerchantId& merchant, const UpstreamQuotaTold& told, UtcTime now) {
    Account& account = accounts_.at(merchant);
    Window* const window = openUpstream(merchant, now);
    const std::int64_t before = window != nullptr ? fromPacks(account, *window) : 0;
    account.day_free = told.day_free;
    if (window == nullptr) return;
    window->used_elsewhere = std::max<std::int64_t>(0, told.used - window->taken());
    account.pack_units = std::max<std::int64_t>(0, account.pack_units - (fromPacks(account, *window) - before));
    if (!window->limit) window->limit = window->taken();
    limitTo(*window, counted(account, *window));
}

void MemoryQuotas::reopenUpstream(const MerchantId& merchant, UtcTime now) {
    Window* const window = openUpstream(merchant, now);
    if (window == nullptr) return;
    window->limit.reset();
    window->used_elsewhere = 0;
}

void MemoryQuotas::warn(Window& window) {
    if (!window.limit || *window.limit + window.used_elsewhere == 0) return;
    mark(window.warned_percent, window.taken() + window.used_elsewhere, *window.limit + window.used_elsewhere);
}

std::vector<WindowView> MemoryQuotas::openWindows(const MerchantId& merchant, UtcTime now) const {
    std::vector<WindowView> open;
    for (const auto& [key, window] : windows_) {
        if (key.merchant != merchant || now < key.starts || now >= window.ends) continue;
        open.push_back({key.policy,
                        {key.starts, window.ends},
                        window.limit,
                        window.used,
                        window.held,
                        0,
                        window.used_elsewhere,
                        window.warned_percent});
    }
    return open;
}

}  // namespace test_support
