#include "tenants/billing/statement.h"

#include <array>
#include <stdexcept>

namespace tenants {
namespace {

constexpr std::array<LineKind, 5> kKinds{LineKind::kUsage, LineKind::kCorrection, LineKind::kPurchase,
                                         LineKind::kMinimum, LineKind::kRounding};

Money sumOf(const std::vector<StatementLine>& lines) {
    Money sum;
    for (const StatementLine& line : lines) sum = sum.plus(line.amount);
    return sum;
}

void addSum(std::vector<StatementLine>& lines, LineKind kind, Money amount, std::optional<PlanVersionId> version = {},
            std::optional<PackId> pack = {}) {
    if (amount == Money{} && !pack) return;
    StatementLine line;
    line.kind = kind;
    line.plan_version = std::move(version);
    line.pack = std::move(pack);
    line.amount = amount;
    lines.push_back(std::move(line));
}

}  // namespace

std::string_view lineKindText(LineKind kind) {
    switch (kind) {
        case LineKind::kUsage: return "usage";
        case LineKind::kCorrection: return "correction";
        case LineKind::kPurchase: return "purchase";
        case LineKind::kMinimum: return "minimum";
        case LineKind::kRounding: return "rounding";
    }
    return "";
}

std::optional<LineKind> lineKindFromText(std::string_view text) {
    for (const LineKind kind : kKinds) {
        if (lineKindText(kind) == text) return kind;
    }
    return std::nullopt;
}

void HoldTally::add(HoldState state, UtcTime at, const RequestId& request) {
    if (state == HoldState::kReleased) ++released;
    if (state != HoldState::kHeld && state != HoldState::kUnknown) return;
    ++pending;
    if (named.size() < kNamedMax) named.push_back({request, state, at});
}

Money Statement::payable() const {
    return sumOf(lines);
}

std::string Statement::number() const {
    return "st-" + period.text() + "-" + merchant.text();
}

void StatementBuilder::add(const UsageEntry& entry) {
    if (entry.period != period_) throw std::logic_error("an entry of another period");
    if (entry.number <= lastNumber()) throw std::logic_error("entries out of order");
    const EntryPrice price = pricer_.price(entry);
    const LineKind kind = correctsClosedPeriod(entry) ? LineKind::kCorrection : LineKind::kUsage;
    if (entry.units != 0) units_[{kind, entry.plan_version, price.tier, price.unit_price, entry.pack}] += entry.units;

    switch (entry.kind) {
        case EntryKind::kCharge: ++sums_.charges; break;
        case EntryKind::kCorrection: ++sums_.corrections; break;
        case EntryKind::kWaiver: ++sums_.waivers; break;
    }
    if (!sums_.first_number) sums_.first_number = entry.number;
    sums_.last_number = entry.number;
    sums_.chain_hash = entry.hash;

    if (!isLate(entry) || entry.kind == EntryKind::kCorrection) return;
    const UtcTime day = beijingDay(entry.at).starts;
    LateDay& late = late_[day];
    late.day_starts = day;
    if (late.entries++ == 0) late.first_number = entry.number;
    late.last_number = entry.number;
    late.units += entry.units;
}

Statement StatementBuilder::sum() const {
    Statement statement = sums_;
    statement.period = period_;
    for (const auto& [key, units] : units_) {
        const auto& [kind, plan_version, tier, unit_price, pack] = key;
        if (units == 0) continue;  // all of them were taken back
        StatementLine line{kind, plan_version, pack, tier, unit_price, units, unit_price.times(units)};
        statement.lines.push_back(std::move(line));
    }
    for (const auto& [day, late] : late_) statement.late.push_back(late);
    return statement;
}

Statement StatementBuilder::finish(const StatementTerms& terms) const {
    Statement statement = sum();
    Money charged;
    for (const StatementLine& line : statement.lines) {
        if (line.kind == LineKind::kUsage) charged = charged.plus(line.amount);
    }
    for (const SoldPack& pack : terms.sold) {
        addSum(statement.lines, LineKind::kPurchase, pack.price, {}, pack.id);
    }
    if (terms.minimum && charged < terms.minimum->amount) {
        addSum(statement.lines, LineKind::kMinimum, terms.minimum->amount.minus(charged), terms.minimum->version);
    }
    const Money exact = sumOf(statement.lines);
    addSum(statement.lines, LineKind::kRounding, roundedToFen(exact).minus(exact));
    return statement;
}

}  // namespace tenants
