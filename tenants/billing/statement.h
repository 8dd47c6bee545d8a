#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "tenants/base/ids.h"
#include "tenants/base/money.h"
#include "tenants/base/period.h"
#include "tenants/billing/pricing.h"
#include "tenants/usage/usage_entry.h"

namespace tenants {

/// What a line of a statement is for. The order is that of the lines on the statement.
enum class LineKind {
    kUsage,       // scans of the period, those that were taken back already subtracted
    kCorrection,  // scans of a period that was closed, taken back at what that lowers its price by
    kPurchase,    // a pack that was sold
    kMinimum,     // what the scans lack to the plan's monthly minimum
    kRounding,    // from the exact sum to whole fen, half to even
};
std::string_view lineKindText(LineKind kind);  // usage, correction, purchase, minimum, rounding
std::optional<LineKind> lineKindFromText(std::string_view text);
/// Whether no entry stands behind lines of this kind: they are the statement's own.
constexpr bool isOwnCharge(LineKind kind) {
    return kind != LineKind::kUsage && kind != LineKind::kCorrection;
}

/// One price of a statement. Of usage and corrections `unit_price` × `units` = `amount`; the other kinds have no units.
struct StatementLine {
    LineKind kind = LineKind::kUsage;
    std::optional<PlanVersionId> plan_version;  // none: the merchant had no plan
    std::optional<PackId> pack;                 // that paid for the units beforehand, or was sold
    std::int64_t tier = 0;                      // from 1; 0: no tier priced it
    Money unit_price;
    std::int64_t units = 0;
    Money amount;
    bool operator==(const StatementLine&) const = default;
};

/// Charges and waivers whose scan lies before the period that they are billed in, by the Beijing day of the scan.
struct LateDay {
    UtcTime day_starts;
    std::int64_t entries = 0;
    std::int64_t units = 0;
    std::int64_t first_number = 0;
    std::int64_t last_number = 0;
    bool operator==(const LateDay&) const = default;
};

/// A scan of the period that was not decided when it was closed: not billed here, and late where it is billed at all.
struct PendingHold {
    RequestId request;
    HoldState state = HoldState::kUnknown;  // or kHeld
    UtcTime at;
    bool operator==(const PendingHold&) const = default;
};

/// The holds of a merchant's scans of a period that never became a charge.
struct HoldTally {
    static constexpr std::size_t kNamedMax = 1000;
    std::int64_t released = 0;
    std::int64_t pending = 0;        // held or unknown
    std::vector<PendingHold> named;  // the first of the pending ones, by time; at most kNamedMax
    void add(HoldState state, UtcTime at, const RequestId& request);
    bool operator==(const HoldTally&) const = default;
};

/// The closed sum of one merchant's entries of one period. Never changed once it is signed.
struct Statement {
    MerchantId merchant;
    std::string merchant_name;  // as it was at closing
    std::string issuer;         // the provider's legal name, as it was at closing
    Period period{UtcTime{}};
    UtcTime closed_at;
    std::int64_t charges = 0, corrections = 0, waivers = 0;  // entries
    std::optional<std::int64_t> first_number;                // of the period's entries; none: there were none
    std::optional<std::int64_t> last_number;
    std::array<unsigned char, 32> chain_hash{};  // of the last of them; zeros where there is none
    std::vector<StatementLine> lines;
    std::vector<LateDay> late;
    HoldTally holds;

    std::int64_t entries() const { return charges + corrections + waivers; }
    Money payable() const;       // the sum of all lines: whole fen; negative where we owe the merchant
    std::string number() const;  // its name for the outside: st-2026-11-mer_…
    bool operator==(const Statement&) const = default;
};

/// What is billed besides entries.
struct SoldPack {
    PackId id;
    Money price;
};
struct MonthlyMinimum {
    PlanVersionId version;
    Money amount;
};
struct StatementTerms {
    std::optional<MonthlyMinimum> minimum;  // of the version in force at the period's last instant
    std::vector<SoldPack> sold;             // packs that no statement has billed yet
};

/// Sums one merchant's entries of one period, in ledger order, in memory that does not grow with their number.
/// Not safe from several threads.
class StatementBuilder {
public:
    StatementBuilder(Period period, const PlanTermsSource& plans) : period_(period), pricer_(plans) {}

    /// Throws std::logic_error for an entry of another period or out of order, and what Pricer throws.
    void add(const UsageEntry& entry);
    std::int64_t lastNumber() const { return sums_.last_number.value_or(0); }
    /// The lines of entries alone, not rounded.
    Statement sum() const;
    /// The statement with its lines and rounded; who it is of, and `holds`, are left to the caller.
    Statement finish(const StatementTerms& terms) const;

private:
    using LineKey = std::tuple<LineKind, std::optional<PlanVersionId>, std::int64_t, Money, std::optional<PackId>>;

    Period period_;
    Pricer pricer_;
    Statement sums_;
    std::map<LineKey, std::int64_t> units_;
    std::map<UtcTime, LateDay> late_;
};

/// Whether the scan lies before the month that it is billed in: that month was closed already.
inline bool isLate(const UsageEntry& entry) {
    return entry.at < entry.period.starts();
}

/// A correction of an entry whose period was closed; it carries what it gives back, 0 where no plan priced it.
inline bool correctsClosedPeriod(const UsageEntry& entry) {
    return entry.kind == EntryKind::kCorrection && entry.price.has_value();
}

}  // namespace tenants
