#include "tenants/billing/closing.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "tenants/billing/statement_text.h"

namespace tenants {
namespace {

constexpr int kTries = 8;  // of a merchant whose ledger goes on with entries of the period

Error conflict(std::string text) {
    return {ErrorCode::kConflict, std::move(text)};
}

template <class Map>
auto valueOr(const Map& map, const MerchantId& merchant) {
    const auto found = map.find(merchant);
    return found == map.end() ? typename Map::mapped_type{} : found->second;
}

}  // namespace

std::optional<Error> PeriodClosing::refusal(Period period) const {
    if (parts_.clock.now() >= period.ends()) return std::nullopt;
    return conflict("The period " + period.text() + " ends at " + rfc3339(period.ends()) +
                    "; it cannot be closed before.");
}

Result<SignedStatement> PeriodClosing::closeOne(const MerchantId& merchant, Period period,
                                                const std::optional<AuditNote>& note) {
    if (std::optional<Error> refused = refusal(period)) return std::move(*refused);
    for (int attempt = 0; attempt < kTries; ++attempt) {
        if (auto statement = parts_.statements.find(merchant, period)) return std::move(*statement);
        const std::vector<OpenAccount> open = parts_.statements.openAccounts(period, merchant);
        if (open.empty()) return Error{ErrorCode::kNotFound, "There was no such merchant in " + period.text() + "."};
        if (open.front().first_open != period) {
            return conflict("The period " + open.front().first_open.text() +
                            " of this merchant has to be closed first.");
        }
        Accounts accounts;
        accounts.emplace(merchant, Account{open.front(), StatementBuilder{period, parts_.plans}});
        ClosingProgress progress;
        ClosingReport report;
        const std::int64_t summed_through = sum(accounts, period, merchant, progress);
        const auto moved = freeze(finish(accounts, period, merchant, summed_through), progress, report, note);
        if (!moved) return moved.error();
    }
    return conflict("Scans of the period keep coming in; try again.");
}

Result<ClosingReport> PeriodClosing::closeAll(Period period, ClosingProgress& progress, const AuditNote& note) {
    if (std::optional<Error> refused = refusal(period)) return std::move(*refused);
    const auto begun = runBlocking(parts_.statements.beginClosing(period, parts_.clock.now(), note));
    if (!begun) return begun.error();

    ClosingReport report;
    Accounts accounts;
    for (OpenAccount& open : parts_.statements.openAccounts(period, std::nullopt)) {
        if (open.first_open != period) {
            report.earlier_open.push_back(open.merchant);
            continue;
        }
        MerchantId merchant = open.merchant;
        accounts.emplace(std::move(merchant), Account{std::move(open), StatementBuilder{period, parts_.plans}});
    }
    progress.merchants_total = static_cast<std::int64_t>(accounts.size() + report.earlier_open.size());
    const std::int64_t summed_through = sum(accounts, period, std::nullopt, progress);
    const auto moved = freeze(finish(accounts, period, std::nullopt, summed_through), progress, report, std::nullopt);
    if (!moved) return moved.error();
    for (const MerchantId& merchant : *moved) {
        if (progress.stop) break;
        const auto again = closeOne(merchant, period);
        if (!again) return again.error();
        ++report.closed;
        ++progress.merchants_closed;
    }
    report.stopped = progress.stop;
    if (report.stopped || !report.earlier_open.empty()) return report;
    AuditNote end = note;
    end.at = parts_.clock.now();
    if (end.actor.empty()) end.actor = KeyId{"tollgate"};
    const auto ended = runBlocking(parts_.statements.endClosing(period, end.at, end));
    if (!ended) return ended.error();
    return report;
}

/// Gives the place in the ledger up to which all entries of the period are summed.
std::int64_t PeriodClosing::sum(Accounts& accounts, Period period, const std::optional<MerchantId>& only,
                                ClosingProgress& progress) const {
    const std::unique_ptr<LedgerCursor> cursor = parts_.scan.open({period, period, only, EntryDetail::kMoney});
    std::vector<UsageEntry> batch;
    while (!progress.stop && cursor->next(batch)) {
        for (const UsageEntry& entry : batch) {
            const auto account = accounts.find(entry.merchant);
            if (account != accounts.end()) account->second.builder.add(entry);  // else it has its statement already
        }
        const ScanProgress read = cursor->progress();
        progress.entries_total = read.total;
        progress.entries_read = read.done;
    }
    return cursor->end();
}

std::vector<ClosedSum> PeriodClosing::finish(const Accounts& accounts, Period period,
                                             const std::optional<MerchantId>& only, std::int64_t summed_through) const {
    const auto holds = parts_.statements.holds(period, only);
    const auto packs = parts_.statements.unbilledPacks(period, only);
    const auto minimums = parts_.statements.minimums(period, only);
    std::vector<ClosedSum> sums;
    sums.reserve(accounts.size());
    for (const auto& [merchant, account] : accounts) {
        StatementTerms terms;
        if (const auto minimum = minimums.find(merchant); minimum != minimums.end()) terms.minimum = minimum->second;
        terms.sold = valueOr(packs, merchant);
        Statement statement = account.builder.finish(terms);
        statement.merchant = merchant;
        statement.merchant_name = account.open.name;
        statement.issuer = parts_.issuer;
        statement.holds = valueOr(holds, merchant);
        sums.push_back({{std::move(statement), parts_.signer.publicKey(), {}}, summed_through});
    }
    std::sort(sums.begin(), sums.end(), [](const ClosedSum& one, const ClosedSum& other) {
        return one.signed_statement.statement.merchant < other.signed_statement.statement.merchant;
    });
    return sums;
}

/// Gives those whose ledger went on meanwhile.
Result<std::vector<MerchantId>> PeriodClosing::freeze(std::vector<ClosedSum> sums, ClosingProgress& progress,
                                                      ClosingReport& report, const std::optional<AuditNote>& note) {
    std::vector<MerchantId> moved;
    for (ClosedSum& sum : sums) {
        if (progress.stop) break;
        SignedStatement& statement = sum.signed_statement;
        statement.statement.closed_at = parts_.clock.now();
        statement.signature = parts_.signer.sign(canonicalText(statement.statement));
        const MerchantId merchant = statement.statement.merchant;
        const auto outcome = runBlocking(parts_.statements.close(std::move(sum), note));
        if (!outcome) return outcome.error();
        if (*outcome == CloseOutcome::kMoved) moved.push_back(merchant);
        if (*outcome == CloseOutcome::kNotNext) report.earlier_open.push_back(merchant);
        if (*outcome == CloseOutcome::kClosed || *outcome == CloseOutcome::kAlreadyClosed) {
            ++report.closed;
            ++progress.merchants_closed;
        }
        if (parts_.rest.count() > 0) std::this_thread::sleep_for(parts_.rest);
    }
    return moved;
}

}  // namespace tenants
