#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tenants/usage/usage_entry.h"

namespace tenants {

/// An entry that somebody outside knows of: from a receipt, a statement, or a head that was printed.
struct KnownEntry {
    MerchantId merchant;
    std::int64_t number = 0;
    ChainHash hash{};
    std::string source;  // who says so, for the fault's text
};

struct LedgerFault {
    std::string merchant;  // its id; empty where the row belongs to none
    std::string text;      // names the entry, hold, window or pack, and what is wrong with it
};

struct LedgerEnd {
    std::int64_t number = 0;
    ChainHash hash{};
};

/// What a ledger proved of itself.
struct LedgerReport {
    static constexpr std::size_t kFaultsKept = 1000;

    std::int64_t entries = 0;
    std::map<MerchantId, LedgerEnd> ends;  // of every merchant that was looked at and has entries
    LedgerEnd audit_end;                   // of the audit's chain
    std::vector<LedgerFault> faults;       // the first of them
    std::int64_t fault_count = 0;
    bool merchant_unknown = false;  // the one that was asked for is nowhere, and there is no fault that may be why

    void add(const std::string& merchant, std::string text);
};

/// Where an entry lies in its table.
struct PlacedEntry {
    UsageEntry entry;
    std::int64_t row = 0;
    std::optional<std::int64_t> previous_row;  // as stored
};

/// Follows one merchant's chain as long as nothing is wrong with it: cheap, for the millions that are sound.
class ChainWalk {
public:
    /// True where `placed` is the next entry of this chain, whole and in its place; false ends the walk.
    bool follows(const PlacedEntry& placed);
    const LedgerEnd& end() const noexcept { return end_; }
    std::optional<std::int64_t> lastRow() const noexcept { return last_row_; }

private:
    LedgerEnd end_;
    std::optional<std::int64_t> last_row_;
};

/// Entries that the ledger once had, and the chain's hash before them.
struct MissingEntries {
    std::int64_t first = 0;
    std::int64_t last = 0;
    ChainHash before{};
};

/// Says what is wrong with a chain that a walk ended on. Takes that merchant's entries in order of number, then of row.
class ChainDiagnosis {
public:
    /// `head_number`: of the last entry, by the head.
    ChainDiagnosis(MerchantId merchant, std::int64_t head_number, LedgerReport& report)
        : merchant_(std::move(merchant)), head_number_(head_number), report_(report) {}

    void take(const PlacedEntry& placed);
    /// An entry that no program of ours wrote like this.
    void takeUnreadable(std::int64_t number, std::int64_t row, const std::string& why);
    void finish();

    /// At most 1000 of each are remembered.
    const std::vector<MissingEntries>& missing() const noexcept { return missing_; }
    /// What does not belong where it stands.
    const std::vector<PlacedEntry>& strays() const noexcept { return strays_; }
    const LedgerEnd& end() const noexcept { return end_; }

private:
    /// The last entry's hash was not the one that its content gives.
    struct Doubt {
        ChainHash computed{};
        ChainHash before{};
    };

    void fault(std::string text) { report_.add(merchant_.text(), std::move(text)); }
    void lose(std::int64_t first, std::int64_t last, const std::string& where);
    void takeTwin(const PlacedEntry& placed);
    void checkPlace(const PlacedEntry& placed);
    void settleDoubt(const UsageEntry* next);
    void advance(const PlacedEntry& placed);

    const MerchantId merchant_;
    const std::int64_t head_number_;
    LedgerReport& report_;
    LedgerEnd end_;
    bool chain_known_ = true;  // end_.hash is that of the entry before the next one
    std::optional<Doubt> doubt_;
    std::optional<PlacedEntry> last_;
    std::vector<MissingEntries> missing_;
    std::vector<PlacedEntry> strays_;
};

/// Names every entry that `here` misses and that is among the strays of `there`.
void findMoved(const MerchantId& here, const std::vector<MissingEntries>& missing, const MerchantId& there,
               const std::vector<PlacedEntry>& strays, LedgerReport& report);

/// What is known from outside, against what a ledger has.
class KnownEntries {
public:
    void add(const KnownEntry& known) { known_[known.merchant].emplace(known.number, known); }
    void see(const UsageEntry& entry);
    /// Reports each one that the ledger contradicts or does not reach any more.
    void judge(LedgerReport& report) const;

private:
    std::map<MerchantId, std::multimap<std::int64_t, KnownEntry>> known_;
    std::map<std::pair<MerchantId, std::int64_t>, ChainHash> seen_;
};

}  // namespace tenants
