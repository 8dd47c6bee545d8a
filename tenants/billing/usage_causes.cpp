#include "tenants/billing/usage_causes.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace tenants {
namespace {

/// Moves up to `most` of `left` to a cause.
void take(std::int64_t& cause, std::int64_t& left, std::int64_t most) {
    const std::int64_t taken = std::clamp<std::int64_t>(most, 0, left);
    cause += taken;
    left -= taken;
}

}  // namespace

std::string_view wordStateText(WordState state) {
    switch (state) {
        case WordState::kOpen: return "open";
        case WordState::kLast: return "last_word";
        case WordState::kStale: return "stale";
        case WordState::kMissing: return "missing";
    }
    std::abort();  // a value outside the enumeration: memory is damaged
}

WordState wordStateOf(const DaySpan& window, const std::optional<UpstreamWord>& word, UtcTime now) {
    if (now < window.ends) return WordState::kOpen;
    if (!word) return WordState::kMissing;
    return word->heard_at >= window.ends - kLastWordLead ? WordState::kLast : WordState::kStale;
}

std::int64_t upstreamTolerance(std::int64_t told, std::int64_t ours) {
    return std::max(told, ours) / 100;
}

std::int64_t UpstreamCauses::sum() const {
    return not_recognised + unknown_holds + waivers + corrections + settled_later + packs + used_elsewhere + tolerance +
           unexplained;
}

void UpstreamCauses::add(const UpstreamCauses& other) {
    not_recognised += other.not_recognised;
    unknown_holds += other.unknown_holds;
    waivers += other.waivers;
    corrections += other.corrections;
    settled_later += other.settled_later;
    packs += other.packs;
    used_elsewhere += other.used_elsewhere;
    tolerance += other.tolerance;
    unexplained += other.unexplained;
}

void StatementCauses::add(const StatementCauses& other) {
    late_entries += other.late_entries;
    late_corrections += other.late_corrections;
    unexplained += other.unexplained;
}

UpstreamCauses sortUpstream(const UpstreamDay& day, const UpstreamWord& word, const LedgerDay& ledger) {
    const std::int64_t tolerance = upstreamTolerance(word.told.used, word.used_here);
    const std::int64_t settled_later = day.used - word.used_here;
    const std::int64_t without_charge = day.used - ledger.charges;
    UpstreamCauses causes;
    causes.corrections = ledger.corrections;
    causes.settled_later = -settled_later;
    // More charges than scans that were settled: window and ledger contradict each other.
    (without_charge >= 0 ? causes.not_recognised : causes.unexplained) = without_charge;

    std::int64_t more = std::max<std::int64_t>(0, word.told.used - word.used_here);
    take(causes.settled_later, more, std::min(settled_later, word.held_here));
    take(causes.unknown_holds, more, std::min(day.unknown, word.held_here));
    take(causes.waivers, more, ledger.waivers);
    (more <= tolerance ? causes.tolerance : causes.used_elsewhere) += more;

    // Settled while WeChat was asked: its number may be from before.
    if (word.told.used < word.used_here) {
        causes.settled_later -= word.used_here - std::max(word.told.used, word.told.ours);
    }
    std::int64_t less = std::max<std::int64_t>(0, word.told.ours - word.told.used);
    const bool free_used_up = word.told.used >= word.told.day_free;
    if (free_used_up) causes.packs = -std::exchange(less, 0);
    std::int64_t not_counted = 0;
    take(not_counted, less, causes.not_recognised);
    causes.not_recognised -= not_counted;
    (less <= tolerance ? causes.tolerance : causes.unexplained) -= less;
    return causes;
}

UnknownVerdict judgeUnknown(const DaySpan& window, const std::optional<UpstreamWord>& word, UtcTime scanned_at,
                            UtcTime now) {
    if (wordStateOf(window, word, now) != WordState::kLast || scanned_at > word->heard_at) {
        return UnknownVerdict::kUndecided;
    }
    const std::int64_t tolerance = upstreamTolerance(word->told.used, word->used_here);
    const std::int64_t more = word->told.used - word->used_here;
    if (more - tolerance >= word->held_here) return UnknownVerdict::kCounted;
    const bool tells_all = word->told.used < word->told.day_free;
    return tells_all && word->told.used + tolerance <= word->told.ours ? UnknownVerdict::kNotCounted
                                                                       : UnknownVerdict::kUnclear;
}

}  // namespace tenants
