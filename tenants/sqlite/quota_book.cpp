#include "tenants/sqlite/quota_book.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tenants/base/period.h"

namespace tenants::sqlite {
namespace {

DaySpan monthOf(UtcTime instant) {
    const Period month{instant};
    return {month.starts(), month.ends()};
}

/// The free calls of the window's day that others left to us. Of a quota that is known.
std::int64_t freeUnits(const MerchantTerms& terms, const QuotaWindow& window) {
    return std::max<std::int64_t>(0, *terms.upstream_day_free - window.used_elsewhere);
}

/// How many of the units that the window has come from packs bought at WeChat.
std::int64_t packUnits(const MerchantTerms& terms, const QuotaWindow& window) {
    if (!terms.upstream_day_free || !window.limit) return 0;
    return std::max<std::int64_t>(0, window.taken() - freeUnits(terms, window));
}

/// What WeChat's quota lets us use in the window by our count; none: not known.
std::optional<std::int64_t> countedLimit(const MerchantTerms& terms, const QuotaWindow& window) {
    if (!terms.upstream_day_free) return std::nullopt;
    return freeUnits(terms, window) + terms.upstream_pack_units + packUnits(terms, window);
}

/// A window that WeChat refused in, or that the operator opened, keeps that; else our count decides.
std::optional<WindowFull> upstreamFull(const MerchantTerms& terms, const QuotaWindow& window,
                                       const Reservation& reservation) {
    const std::optional<std::int64_t> counted = countedLimit(terms, window);
    const bool counted_out = counted && window.limit && window.taken() + reservation.units > *counted;
    if (!counted_out && window.fits(reservation.units)) return std::nullopt;
    WindowFull full{kUpstreamDayPolicy, reservation.upstream_day.ends, {}};
    if (counted) {
        full.upstream = UpstreamUse{std::min(*counted, *window.limit), window.used, window.held, window.used_elsewhere};
    }
    return full;
}

std::optional<WindowFull> fullOne(const QuotaBook::Offer& offer, const Reservation& reservation) {
    const auto full = [units = reservation.units](const QuotaWindow* window, std::optional<std::int64_t> limit) {
        return window != nullptr ? !window->fits(units) : limit && units > *limit;
    };
    if (full(offer.day, offer.terms->dayLimitAt(reservation.at))) {
        return WindowFull{kDayPolicy, reservation.day.ends, {}};
    }
    if (full(offer.month, offer.plan->month_limit)) {
        return WindowFull{kMonthPolicy, monthOf(reservation.at).ends, {}};
    }
    if (offer.plan->packs_only && offer.pack == nullptr) return WindowFull{kPackPolicy, std::nullopt, {}};
    if (offer.upstream != nullptr) return upstreamFull(*offer.terms, *offer.upstream, reservation);
    QuotaWindow unopened;
    unopened.limit = countedLimit(*offer.terms, unopened);
    return upstreamFull(*offer.terms, unopened, reservation);
}

}  // namespace

/// The windows that are there take the limits of the plan that counts at the scan's instant: so a version that was
/// scheduled changes them with the first scan after it began.
QuotaBook::Offer QuotaBook::find(std::int64_t merchant_row, const Reservation& reservation) {
    Offer offer;
    offer.terms = &terms_.of(merchant_row);
    offer.plan = &offer.terms->planAt(reservation.at);
    offer.day = windows_.find(merchant_row, Policy::kDay, reservation.day.starts);
    offer.month = windows_.find(merchant_row, Policy::kMonth, monthOf(reservation.at).starts);
    offer.upstream = windows_.find(merchant_row, Policy::kUpstreamDay, reservation.upstream_day.starts);
    offer.pack = packs_.firstToExpire(merchant_row, reservation.units, reservation.at);
    if (offer.day != nullptr) windows_.limitTo(*offer.day, offer.terms->dayLimitAt(reservation.at));
    if (offer.month != nullptr) windows_.limitTo(*offer.month, offer.plan->month_limit);
    offer.full = fullOne(offer, reservation);
    return offer;
}

HoldSources QuotaBook::open(Offer& offer, const Reservation& reservation) {
    const std::int64_t merchant_row = offer.terms->merchant_row;
    if (offer.day == nullptr) {
        offer.day =
            &windows_.open(merchant_row, Policy::kDay, reservation.day, offer.terms->dayLimitAt(reservation.at));
    }
    if (offer.month == nullptr) {
        offer.month = &windows_.open(merchant_row, Policy::kMonth, monthOf(reservation.at), offer.plan->month_limit);
    }
    if (offer.upstream == nullptr) {
        offer.upstream = &windows_.open(merchant_row, Policy::kUpstreamDay, reservation.upstream_day,
                                        countedLimit(*offer.terms, QuotaWindow{}));
    }
    return {merchant_row,
            offer.day->row,
            offer.month->row,
            offer.upstream->row,
            offer.pack != nullptr ? std::optional{offer.pack->row} : std::nullopt,
            offer.plan->version_row};
}

void QuotaBook::take(const Offer& offer, std::int64_t units) {
    for (QuotaWindow* const window : {offer.day, offer.month}) {
        window->held += units;
        windows_.changed(*window);
    }
    changeUpstream(*offer.terms, *offer.upstream, [units](QuotaWindow& window) { window.held += units; });
    if (offer.pack == nullptr) return;
    offer.pack->held += units;
    packs_.changed(*offer.pack);
}

void QuotaBook::settle(const HoldSources& sources, std::int64_t units, bool charged, bool was_unknown) {
    const auto settle = [&](QuotaWindow& window, bool used) {
        window.held -= units;
        if (used) window.used += units;
        if (was_unknown) window.unknown -= units;
        windows_.changed(window);
    };
    settle(windows_.at(sources.day_window_row), charged);
    if (sources.month_window_row) settle(windows_.at(*sources.month_window_row), charged);
    settle(windows_.at(sources.upstream_window_row), true);  // WeChat looked at the picture, whatever it found
    if (!sources.pack_row) return;
    PackUnits& pack = packs_.at(*sources.pack_row);
    pack.held -= units;
    if (charged) pack.used += units;
    packs_.changed(pack);
}

void QuotaBook::giveBack(const HoldSources& sources, std::int64_t units, bool was_unknown) {
    const auto give_back = [units, was_unknown](QuotaWindow& window) {
        window.held -= units;
        if (was_unknown) window.unknown -= units;
    };
    QuotaWindow& day = windows_.at(sources.day_window_row);
    give_back(day);
    windows_.changed(day);
    if (sources.month_window_row) {
        QuotaWindow& month = windows_.at(*sources.month_window_row);
        give_back(month);
        windows_.changed(month);
    }
    changeUpstream(terms_.of(sources.merchant_row), windows_.at(sources.upstream_window_row), give_back);
    if (!sources.pack_row) return;
    PackUnits& pack = packs_.at(*sources.pack_row);
    pack.held -= units;
    packs_.changed(pack);
}

void QuotaBook::takeBack(const HoldSources& sources, std::int64_t units, UtcTime now) {
    for (const std::optional<std::int64_t> row : {std::optional{sources.day_window_row}, sources.month_window_row}) {
        if (!row) continue;
        QuotaWindow& window = windows_.at(*row);
        if (now >= window.span.ends) continue;
        window.used -= units;
        windows_.changed(window);
    }
    if (!sources.pack_row) return;
    PackUnits& pack = packs_.at(*sources.pack_row);
    if (now >= pack.expires_at) return;
    pack.used -= units;
    packs_.changed(pack);
    // A pack that was used up offers units again.
    packs_.forget(sources.merchant_row);
}

void QuotaBook::markUnknown(const HoldSources& sources, std::int64_t units) {
    const auto mark = [&](QuotaWindow& window) {
        window.unknown += units;
        windows_.changed(window);
    };
    mark(windows_.at(sources.day_window_row));
    if (sources.month_window_row) mark(windows_.at(*sources.month_window_row));
    mark(windows_.at(sources.upstream_window_row));
}

/// Calls that still run keep their units; each that WeChat refuses too lowers the limit by its own. Packs are left as
/// they are: WeChat's refusal may be of calls and not of recognitions, and a day later they are asked again.
void QuotaBook::markUpstreamFull(const HoldSources& sources) {
    const MerchantTerms& terms = terms_.of(sources.merchant_row);
    QuotaWindow& window = windows_.at(sources.upstream_window_row);
    window.limit = window.taken();
    if (terms.upstream_day_free) {
        window.used_elsewhere = std::max(window.used_elsewhere, *terms.upstream_day_free - window.taken());
    }
    windows_.changed(window);
}

void QuotaBook::reopenUpstream(std::int64_t merchant_row, UtcTime now) {
    QuotaWindow* const window = windows_.findAt(merchant_row, Policy::kUpstreamDay, now);
    if (window == nullptr) return;
    window->limit.reset();
    window->used_elsewhere = 0;
    windows_.changed(*window);
}

void QuotaBook::takeUpstreamQuota(std::int64_t merchant_row, const UpstreamQuotaTold& told, UtcTime now) {
    MerchantTerms& terms = terms_.of(merchant_row);
    QuotaWindow* const window = windows_.findAt(merchant_row, Policy::kUpstreamDay, now);
    // What of our own that runs WeChat counted already is not known: taken for counted, so that nobody is accused.
    const std::int64_t elsewhere =
        window != nullptr ? std::max<std::int64_t>(0, told.used - window->taken()) : std::int64_t{0};
    changeDayFree(terms, window, told.day_free, elsewhere);
    if (window == nullptr) return;
    refill(terms, *window);
    windows_.keepWord(*window, told, now);
}

void QuotaBook::keepUpstreamWord(std::int64_t merchant_row, const UpstreamQuotaTold& told, UtcTime now) {
    const QuotaWindow* const window = windows_.findAt(merchant_row, Policy::kUpstreamDay, now);
    if (window != nullptr) windows_.keepWord(*window, told, now);
}

const MerchantTerms& QuotaBook::changeUpstreamQuota(std::int64_t merchant_row, const UpstreamQuotaChange& change,
                                                    UtcTime now) {
    MerchantTerms& terms = terms_.of(merchant_row);
    if (!change.any()) return terms;
    QuotaWindow* const window = windows_.findAt(merchant_row, Policy::kUpstreamDay, now);
    if (change.day_free) {
        changeDayFree(terms, window, *change.day_free, window != nullptr ? window->used_elsewhere : 0);
    }
    if (change.pack_units) terms.upstream_pack_units = *change.pack_units;
    terms_.changed(terms);
    if (window != nullptr) refill(terms, *window);
    return terms;
}

/// Units of the window that were free and are not any more come from packs then, and the other way round: so both numbers
/// change in one step.
void QuotaBook::changeDayFree(MerchantTerms& terms, QuotaWindow* window, std::optional<std::int64_t> day_free,
                              std::int64_t elsewhere) {
    terms_.changed(terms);
    if (window == nullptr) {
        terms.upstream_day_free = day_free;
        return;
    }
    changeUpstream(terms, *window, [&terms, day_free, elsewhere](QuotaWindow& changed) {
        terms.upstream_day_free = day_free;
        changed.used_elsewhere = elsewhere;
    });
}

void QuotaBook::takeTerms(std::int64_t merchant_row, UtcTime now) {
    terms_.forget(merchant_row);
    const MerchantTerms& terms = terms_.of(merchant_row);
    if (QuotaWindow* const day = windows_.findAt(merchant_row, Policy::kDay, now)) {
        windows_.limitTo(*day, terms.dayLimitAt(now));
    }
    if (QuotaWindow* const month = windows_.findAt(merchant_row, Policy::kMonth, now)) {
        windows_.limitTo(*month, terms.planAt(now).month_limit);
    }
}

/// The window's limit is what our count says now.
void QuotaBook::refill(MerchantTerms& terms, QuotaWindow& window) {
    if (!window.limit) window.limit = window.taken();  // a window without a limit has no units of packs
    windows_.limitTo(window, countedLimit(terms, window));
    windows_.changed(window);
}

template <class Change>
void QuotaBook::changeUpstream(MerchantTerms& terms, QuotaWindow& window, const Change& change) {
    const std::int64_t before = packUnits(terms, window);
    change(window);
    windows_.changed(window);
    const std::int64_t more = packUnits(terms, window) - before;
    if (more == 0) return;
    terms.upstream_pack_units = std::max<std::int64_t>(0, terms.upstream_pack_units - more);
    terms_.changed(terms);
}

void QuotaBook::write() {
    windows_.write();
    packs_.write();
    for (const QuotaWindow& window : windows_.takeWarned()) {
        warnings_.push_back({terms_.of(window.merchant_row).merchant,
                             std::string{policyText(window.policy)},
                             {},
                             window.span,
                             window.warned_percent,
                             *window.limit,
                             window.used,
                             window.held,
                             window.used_elsewhere});
    }
    for (const PackUnits& pack : packs_.takeWarned()) {
        warnings_.push_back({terms_.of(pack.merchant_row).merchant,
                             std::string{kPackPolicy},
                             PackId{pack.id},
                             {pack.starts_at, pack.expires_at},
                             pack.warned_percent,
                             pack.units,
                             pack.used,
                             pack.held,
                             0});
    }
    terms_.write();
}

void QuotaBook::forget() noexcept {
    windows_.forget();
    packs_.forget();
    terms_.forget();
    warnings_.clear();
}

void QuotaBook::afterCommit() noexcept {
    for (const MerchantTerms& terms : terms_.takeCommitted()) {
        if (news_.upstream_quota) news_.upstream_quota(terms);
    }
    for (const QuotaWarning& warning : warnings_) {
        if (news_.warning) news_.warning(warning);
    }
    warnings_.clear();
}

}  // namespace tenants::sqlite
