#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tenants/billing/statement.h"
#include "tenants/usage/upstream_days.h"
#include "tenants/usage/usage_entry.h"

namespace tenants {

/// How near the end of its window WeChat's word must be heard to count as the word of that day.
inline constexpr std::chrono::minutes kLastWordLead{60};

/// Whether WeChat's word of a window can be the day's.
enum class WordState {
    kOpen,     // the window has not ended: what was heard is so far
    kLast,     // heard within kLastWordLead of the end
    kStale,    // heard earlier: nobody knows what came afterwards
    kMissing,  // never heard
};
std::string_view wordStateText(WordState state);  // open, last_word, stale, missing
WordState wordStateOf(const DaySpan& window, const std::optional<UpstreamWord>& word, UtcTime now);

/// How far WeChat's number may be from ours without meaning anything, by WeChat's own word about 1 %: one in a hundred of
/// the greater one of both, in whole scans, rounded down. So below 100 WeChat is taken by its word.
std::int64_t upstreamTolerance(std::int64_t told, std::int64_t ours);

/// The ledger's entries of the scans of one window.
struct LedgerDay {
    std::int64_t charges = 0;      // recognised scans, those that were taken back included
    std::int64_t corrections = 0;  // units taken back
    std::int64_t waivers = 0;      // scans without an answer that were decided not to be billed
    std::int64_t billed() const { return charges - corrections; }
};

/// Why WeChat's number is not that of the units billed, in units; positive: WeChat has more. The sum of all is the whole
/// difference.
struct UpstreamCauses {
    std::int64_t not_recognised = 0;  // answered without a charge: WeChat counts pictures that show no licence
    std::int64_t unknown_holds = 0;   // their answer was lost, and they are not decided
    std::int64_t waivers = 0;         // their answer was lost, and they were decided not to be billed
    std::int64_t corrections = 0;     // taken back by us alone
    std::int64_t settled_later = 0;   // negative: settled by us after WeChat's word, or while it was asked
    std::int64_t packs = 0;           // negative: beyond the free calls of the day, where WeChat's number ends
    std::int64_t used_elsewhere = 0;  // calls on the same quota that were not ours
    std::int64_t tolerance = 0;       // what is left, where WeChat's own inexactness covers it
    std::int64_t unexplained = 0;     // the rest: negative where we billed what WeChat did not count

    std::int64_t sum() const;
    void add(const UpstreamCauses& other);
    bool operator==(const UpstreamCauses&) const = default;
};

/// Sorts WeChat's word of a window that has one. What WeChat has beyond our count of the same moment is given to causes in
/// this order, each as far as it reaches: scans under way then and settled since, unknown ones, waived ones; the rest is
/// tolerance where it lies within it, else used elsewhere. What WeChat has less is units of packs where all free calls are
/// used, else first what it did not count of pictures without a licence, then tolerance, else unexplained; what we
/// settled while WeChat was asked is settled later.
UpstreamCauses sortUpstream(const UpstreamDay& day, const UpstreamWord& word, const LedgerDay& ledger);

/// Why the units on the statement of a scan's own month are not those billed; positive: the statement has more. The sum
/// of all is the whole difference.
struct StatementCauses {
    std::int64_t late_entries = 0;      // charges that are billed in another period
    std::int64_t late_corrections = 0;  // taken back in another period
    std::int64_t unexplained = 0;       // of the statement's period, but not among the entries that it sums

    std::int64_t sum() const { return late_entries + late_corrections + unexplained; }
    void add(const StatementCauses& other);
    bool operator==(const StatementCauses&) const = default;
};

/// What WeChat's last word says of the scans without an answer of a window. None of it bills anybody.
enum class UnknownVerdict {
    kUndecided,   // no last word, or it was heard before the scan
    kCounted,     // WeChat counted as many beyond those answered: the answers were lost
    kNotCounted,  // WeChat counted no more than those answered
    kUnclear,     // between the two, or too near to either for WeChat's exactness
};
UnknownVerdict judgeUnknown(const DaySpan& window, const std::optional<UpstreamWord>& word, UtcTime scanned_at,
                            UtcTime now);

}  // namespace tenants
