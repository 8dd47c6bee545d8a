#include "tenants/usage/ledger_check.h"

#include <algorithm>

#include "tenants/base/digest.h"
#include "tenants/usage/entry_chain.h"

namespace tenants {
namespace {

constexpr std::size_t kRememberedMax = 1000;

std::string entryName(std::int64_t number) {
    return "entry " + std::to_string(number);
}

std::string atRow(std::int64_t row) {
    return " (row " + std::to_string(row) + ")";
}

bool belongsBehind(const ChainHash& before, const UsageEntry& entry) {
    return chainHash(before, entry) == entry.hash;
}

}  // namespace

void LedgerReport::add(const std::string& merchant, std::string text) {
    fault_count += 1;
    if (faults.size() < kFaultsKept) faults.push_back({merchant, std::move(text)});
}

bool ChainWalk::follows(const PlacedEntry& placed) {
    const UsageEntry& entry = placed.entry;
    if (entry.number != end_.number + 1 || placed.previous_row != last_row_) return false;
    if (!belongsBehind(end_.hash, entry)) return false;
    end_ = {entry.number, entry.hash};
    last_row_ = placed.row;
    return true;
}

void ChainDiagnosis::take(const PlacedEntry& placed) {
    const UsageEntry& entry = placed.entry;
    if (entry.number <= end_.number) return takeTwin(placed);
    if (entry.number > head_number_ && entry.number != end_.number + 1) {
        fault(entryName(entry.number) + atRow(placed.row) + " was added: the head ends the ledger at " +
              std::to_string(head_number_));
        if (strays_.size() < kRememberedMax) strays_.push_back(placed);
        return;
    }
    if (entry.number != end_.number + 1) {
        lose(end_.number + 1, entry.number - 1, "");
        settleDoubt(nullptr);
        chain_known_ = false;
    }
    settleDoubt(&entry);
    if (chain_known_ && !belongsBehind(end_.hash, entry)) {
        doubt_ = Doubt{chainHash(end_.hash, entry), end_.hash};
    }
    if ((doubt_ || !chain_known_) && strays_.size() < kRememberedMax) strays_.push_back(placed);
    checkPlace(placed);
    advance(placed);
}

void ChainDiagnosis::takeUnreadable(std::int64_t number, std::int64_t row, const std::string& why) {
    settleDoubt(nullptr);
    fault(entryName(number) + atRow(row) + " was changed: " + why);
    if (number != end_.number + 1) return;
    end_ = {number, {}};
    chain_known_ = false;
    last_.reset();
}

void ChainDiagnosis::finish() {
    settleDoubt(nullptr);
    if (end_.number < head_number_) {
        lose(end_.number + 1, head_number_, " at the end: the head ends the ledger at " + std::to_string(head_number_));
    }
}

void ChainDiagnosis::lose(std::int64_t first, std::int64_t last, const std::string& where) {
    const std::string names = first == last
                                  ? entryName(first) + " is missing"
                                  : "entries " + std::to_string(first) + " to " + std::to_string(last) + " are missing";
    fault(names + where);
    if (chain_known_ && missing_.size() < kRememberedMax) missing_.push_back({first, last, end_.hash});
}

/// Another entry of the last one's number: one of the two belongs there.
void ChainDiagnosis::takeTwin(const PlacedEntry& placed) {
    const bool takes_its_place =
        doubt_ && last_ && last_->entry.number == placed.entry.number && belongsBehind(doubt_->before, placed.entry);
    const PlacedEntry stray = takes_its_place ? *last_ : placed;
    fault(entryName(placed.entry.number) + " is there twice: the one in row " + std::to_string(stray.row) +
          " was added");
    if (takes_its_place) {
        doubt_.reset();
        advance(placed);
    } else if (strays_.size() < kRememberedMax) {
        strays_.push_back(stray);
    }
}

void ChainDiagnosis::checkPlace(const PlacedEntry& placed) {
    if (!last_) {
        if (end_.number == 0 && placed.entry.number == 1 && placed.previous_row) {
            fault(entryName(1) + atRow(placed.row) + " names a row before it, but is the first");
        }
        return;
    }
    if (placed.row < last_->row) {
        fault(entryName(placed.entry.number) + atRow(placed.row) + " was reordered: it stands before " +
              entryName(last_->entry.number) + atRow(last_->row));
    } else if (placed.entry.number == last_->entry.number + 1 && placed.previous_row != last_->row) {
        fault(entryName(placed.entry.number) + atRow(placed.row) +
              " names another row than that of the entry before it");
    }
}

/// What was wrong with the last entry shows in what follows it.
void ChainDiagnosis::settleDoubt(const UsageEntry* next) {
    if (!doubt_) return;
    const std::string last = entryName(end_.number);
    if (next != nullptr && !belongsBehind(end_.hash, *next) && belongsBehind(doubt_->computed, *next)) {
        fault("the hash of " + last + " was changed");
        end_.hash = doubt_->computed;
    } else {
        fault(last + " was changed, or the one before it was given another hash: what it says does not give its hash");
    }
    doubt_.reset();
}

void ChainDiagnosis::advance(const PlacedEntry& placed) {
    end_ = {placed.entry.number, placed.entry.hash};
    chain_known_ = true;
    last_ = placed;
}

void findMoved(const MerchantId& here, const std::vector<MissingEntries>& missing, const MerchantId& there,
               const std::vector<PlacedEntry>& strays, LedgerReport& report) {
    for (const MissingEntries& gap : missing) {
        ChainHash before = gap.before;
        for (std::int64_t number = gap.first; number <= gap.last; ++number) {
            const auto found = std::ranges::find_if(strays, [&](const PlacedEntry& stray) {
                UsageEntry entry = stray.entry;
                entry.merchant = here;
                return entry.number == number && belongsBehind(before, entry);
            });
            if (found == strays.end()) break;
            report.add(here.text(), entryName(number) + " was moved to " + there.text() + atRow(found->row));
            before = found->entry.hash;
        }
    }
}

void KnownEntries::see(const UsageEntry& entry) {
    if (known_.empty()) return;
    const auto merchant = known_.find(entry.merchant);
    if (merchant != known_.end() && merchant->second.contains(entry.number)) {
        seen_.insert_or_assign({entry.merchant, entry.number}, entry.hash);
    }
}

void KnownEntries::judge(LedgerReport& report) const {
    for (const auto& [merchant, numbers] : known_) {
        for (const auto& [number, known] : numbers) {
            if (number == 0) continue;  // the head of an empty ledger, which every ledger once was
            const auto seen = seen_.find({merchant, number});
            if (seen == seen_.end()) {
                report.add(merchant.text(), entryName(number) + " is missing, which " + known.source +
                                                " names: the ledger was cut off, or this is an older copy of it");
            } else if (seen->second != known.hash) {
                report.add(merchant.text(), "the ledger up to " + entryName(number) + " was changed: its hash is " +
                                                hexText(seen->second) + ", but " + known.source + " says " +
                                                hexText(known.hash));
            }
        }
    }
}

}  // namespace tenants
