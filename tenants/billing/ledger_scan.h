#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tenants/usage/usage_entry.h"

namespace tenants {

/// How much of each entry is wanted.
enum class EntryDetail {
    kMoney,  // merchant, number, kind, units, times, period, plan version, pack, price, hash; the rest stays empty
    kAll,
};

/// Which entries: those billed in a period from `first` through `last`, of one merchant or of all.
struct LedgerRange {
    Period first;
    Period last;
    std::optional<MerchantId> merchant;
    EntryDetail detail = EntryDetail::kAll;
    std::optional<std::int64_t> through = {};  // place in the ledger to end at: another cursor's `end`; none: now's
};

/// How far a cursor has come, in rows that it looked at.
struct ScanProgress {
    std::int64_t done = 0;
    std::int64_t total = 0;
};

/// Walks over a range of the ledger, whose end is fixed when the cursor is made: what is recorded later is not seen.
/// Entries come in the order in which they were recorded; of one merchant that is the order of its ledger. One thread.
class LedgerCursor {
public:
    virtual ~LedgerCursor() = default;
    /// Replaces `batch` by the next entries, in one read that is short whatever is asked for. A batch may be empty though
    /// more is to come; false: there was nothing left to look at. Blocks on the disk.
    virtual bool next(std::vector<UsageEntry>& batch) = 0;
    virtual ScanProgress progress() const = 0;
    /// Every entry of the range that was recorded up to this place in the ledger has been seen, once `next` gave false.
    virtual std::int64_t end() const = 0;
};

/// The ledger as bills are made from it. Safe from any thread.
class LedgerScan {
public:
    virtual ~LedgerScan() = default;
    /// kNotFound's case, a merchant that there is not, gives a cursor over nothing.
    virtual std::unique_ptr<LedgerCursor> open(const LedgerRange& range) const = 0;
};

}  // namespace tenants
