#include "tenants/billing/usage_reconciliation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>

namespace tenants {
namespace {

constexpr std::ptrdiff_t kMerchantsMax = 100;  // of one page
constexpr std::size_t kDateLength = 10;        // 2026-11-28

using Days = std::vector<ReconciledDay>;

/// Statements of one merchant, read when an entry asks for them, and how many units the ledger has for each.
class MerchantStatements {
public:
    MerchantStatements(const StatementStore& store, const MerchantId& merchant) : store_(store), merchant_(merchant) {}

    struct Known {
        std::optional<Statement> statement;
        std::int64_t recounted = 0;
    };
    Known& of(Period period) {
        const auto known = periods_.find(period);
        if (known != periods_.end()) return known->second;
        Known read;
        if (auto found = store_.find(merchant_, period)) read.statement = std::move(found->statement);
        return periods_.emplace(period, std::move(read)).first->second;
    }

private:
    const StatementStore& store_;
    const MerchantId& merchant_;
    std::map<Period, Known> periods_;
};

bool sums(const Statement& statement, const UsageEntry& entry) {
    return statement.first_number && entry.number >= *statement.first_number && entry.number <= *statement.last_number;
}

std::int64_t unitsOf(const Statement& statement) {
    std::int64_t units = 0;
    for (const StatementLine& line : statement.lines) {
        if (!isOwnCharge(line.kind)) units += line.units;
    }
    return units;
}

/// The window that the scan lies in; null: none of these.
ReconciledDay* dayOf(Days::iterator first, Days::iterator end, UtcTime at) {
    const auto after = std::upper_bound(
        first, end, at, [](UtcTime time, const ReconciledDay& day) { return time < day.day.span.starts; });
    if (after == first || at >= std::prev(after)->day.span.ends) return nullptr;
    return &*std::prev(after);
}

void addToLedger(LedgerDay& ledger, const UsageEntry& entry) {
    switch (entry.kind) {
        case EntryKind::kCharge: ledger.charges += entry.units; break;
        case EntryKind::kCorrection: ledger.corrections -= entry.units; break;
        case EntryKind::kWaiver: ++ledger.waivers; break;
    }
}

/// `own`: the statement of the month that the scan was made in.
void addToStatement(StatedDay& stated, const UsageEntry& entry, const Statement& own) {
    if (entry.period != own.period) {
        (entry.units > 0 ? stated.causes.late_entries : stated.causes.late_corrections) -= entry.units;
    } else if (sums(own, entry)) {
        stated.units += entry.units;
    } else {
        stated.causes.unexplained -= entry.units;
    }
}

/// The days of one merchant.
void addEntries(const UsageReconciliationSource& source, Days::iterator first, Days::iterator end,
                std::int64_t ledger_end) {
    const MerchantId& merchant = first->day.merchant;
    const Period from{first->day.span.starts};
    const Period last = *Period::ofNumber(999'912);
    MerchantStatements statements{source.statements, merchant};
    for (auto day = first; day != end; ++day) {
        if (const auto& own = statements.of(Period{day->day.span.starts}).statement) {
            day->statement = StatedDay{own->number(), 0, {}, true};
        }
    }
    const auto cursor = source.scan.open({from, last, merchant, EntryDetail::kMoney, ledger_end});
    std::vector<UsageEntry> batch;
    while (cursor->next(batch)) {
        for (const UsageEntry& entry : batch) {
            MerchantStatements::Known& billed = statements.of(entry.period);
            if (billed.statement && sums(*billed.statement, entry)) billed.recounted += entry.units;
            ReconciledDay* const day = dayOf(first, end, entry.at);
            if (day == nullptr) continue;
            addToLedger(day->ledger, entry);
            if (!day->statement) continue;
            addToStatement(*day->statement, entry, *statements.of(Period{day->day.span.starts}).statement);
        }
    }
    for (auto day = first; day != end; ++day) {
        if (!day->statement) continue;
        const MerchantStatements::Known& own = statements.of(Period{day->day.span.starts});
        day->statement->agrees = unitsOf(*own.statement) == own.recounted;
    }
}

/// Every number of the totals, for `text` and `parse`.
template <class Totals>
auto numbersOf(Totals& totals) {
    return std::to_array({&totals.days,
                          &totals.last_word,
                          &totals.open,
                          &totals.stale,
                          &totals.missing,
                          &totals.charges,
                          &totals.not_recognised,
                          &totals.corrections,
                          &totals.waivers,
                          &totals.unknown,
                          &totals.held,
                          &totals.released,
                          &totals.upstream_used,
                          &totals.upstream_billed,
                          &totals.causes.not_recognised,
                          &totals.causes.unknown_holds,
                          &totals.causes.waivers,
                          &totals.causes.corrections,
                          &totals.causes.settled_later,
                          &totals.causes.packs,
                          &totals.causes.used_elsewhere,
                          &totals.causes.tolerance,
                          &totals.causes.unexplained,
                          &totals.stated_days,
                          &totals.stated_units,
                          &totals.stated_billed,
                          &totals.disagreeing,
                          &totals.statement_causes.late_entries,
                          &totals.statement_causes.late_corrections,
                          &totals.statement_causes.unexplained});
}

}  // namespace

std::int64_t ReconciledDay::notRecognised() const {
    return std::max<std::int64_t>(0, day.used - ledger.charges);
}

std::int64_t ReconciledDay::running() const {
    return day.held - day.unknown;
}

std::int64_t ReconciledDay::upstreamDifference() const {
    return day.word ? day.word->told.used - ledger.billed() : 0;
}

void UsageReconciliationTotals::add(const ReconciledDay& day) {
    ++days;
    charges += day.ledger.charges;
    not_recognised += day.notRecognised();
    corrections += day.ledger.corrections;
    waivers += day.ledger.waivers;
    unknown += day.day.unknown;
    held += day.running();
    released += day.day.released;
    switch (day.word) {
        case WordState::kOpen: ++open; break;
        case WordState::kStale: ++stale; break;
        case WordState::kMissing: ++missing; break;
        case WordState::kLast:
            ++last_word;
            upstream_used += day.day.word->told.used;
            upstream_billed += day.ledger.billed();
            causes.add(*day.causes);
            break;
    }
    if (!day.statement) return;
    ++stated_days;
    stated_units += day.statement->units;
    stated_billed += day.ledger.billed();
    if (!day.statement->agrees) ++disagreeing;
    statement_causes.add(day.statement->causes);
}

std::string UsageReconciliationTotals::text() const {
    std::string text;
    for (const std::int64_t* number : numbersOf(*this)) text += (text.empty() ? "" : " ") + std::to_string(*number);
    return text;
}

std::optional<UsageReconciliationTotals> UsageReconciliationTotals::parse(std::string_view text) {
    UsageReconciliationTotals totals;
    const char* at = text.data();
    const char* const end = at + text.size();
    bool first = true;
    for (std::int64_t* number : numbersOf(totals)) {
        if (!first && (at == end || *at++ != ' ')) return std::nullopt;
        first = false;
        const auto [stopped, failure] = std::from_chars(at, end, *number);
        if (failure != std::errc{}) return std::nullopt;
        at = stopped;
    }
    return at == end ? std::optional{totals} : std::nullopt;
}

UsageReconciliationPage reconcileUsage(const UsageReconciliationSource& source, const UpstreamDayRange& range,
                                       const std::optional<UpstreamDayPlace>& after, std::size_t count, UtcTime now) {
    UpstreamDayPage found = source.days.list(range, after, count);
    UsageReconciliationPage page;
    page.days.reserve(found.days.size());
    for (UpstreamDay& day : found.days) {
        const WordState word = wordStateOf(day.span, day.word, now);
        page.days.push_back({std::move(day), {}, word, {}, {}});
    }
    bool more = found.more;
    std::ptrdiff_t merchants = 0;
    for (auto first = page.days.begin(); first != page.days.end();) {
        if (merchants++ == kMerchantsMax) {
            page.days.erase(first, page.days.end());
            more = true;
            break;
        }
        const auto end = std::find_if(
            first, page.days.end(), [&](const ReconciledDay& day) { return day.day.merchant != first->day.merchant; });
        addEntries(source, first, end, found.ledger_end);
        first = end;
    }
    for (ReconciledDay& day : page.days) {
        if (day.day.word) day.causes = sortUpstream(day.day, *day.day.word, day.ledger);
    }
    if (more && !page.days.empty()) {
        page.next = UpstreamDayPlace{page.days.back().day.merchant, page.days.back().day.span.starts};
    }
    return page;
}

std::optional<DaySpan> beijingDayNamed(std::string_view date) {
    if (date.size() != kDateLength) return std::nullopt;
    const auto noon = parseRfc3339(std::string{date} + "T04:00:00Z");  // noon in Beijing
    return noon ? std::optional{beijingDay(*noon)} : std::nullopt;
}

}  // namespace tenants
