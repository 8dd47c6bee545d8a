#include "tenants/billing/shadow_price.h"

#include <charconv>
#include <map>

namespace tenants {
namespace {

constexpr std::size_t kStatementsAtOnce = 256;

struct Account {
    StatementBuilder real;
    StatementBuilder shadow;
    std::optional<Statement> statement;
};
using Accounts = std::map<MerchantId, Account>;

Account& accountOf(Accounts& accounts, const MerchantId& merchant, Period period, const PlanTermsSource& plans) {
    return accounts
        .try_emplace(merchant, Account{StatementBuilder{period, plans}, StatementBuilder{period, plans}, std::nullopt})
        .first->second;
}

void addStatements(Accounts& accounts, const ShadowSource& source, Period period,
                   const std::optional<MerchantId>& only) {
    std::vector<SignedStatement> page;
    std::optional<MerchantId> after;
    do {
        if (only) {
            page.clear();
            if (auto one = source.statements.find(*only, period)) page.push_back(std::move(*one));
        } else {
            page = source.statements.ofPeriod(period, after, kStatementsAtOnce);
        }
        for (SignedStatement& one : page) {
            after = one.statement.merchant;
            accountOf(accounts, *after, period, source.plans).statement = std::move(one.statement);
        }
    } while (!only && !page.empty());
}

void addEntries(Accounts& accounts, const ShadowSource& source, Period period, const PlanVersionId& version,
                const std::optional<MerchantId>& only) {
    const std::unique_ptr<LedgerCursor> cursor = source.scan.open({period, period, only, EntryDetail::kMoney, {}});
    std::vector<UsageEntry> batch;
    while (cursor->next(batch)) {
        for (UsageEntry& entry : batch) {
            Account& account = accountOf(accounts, entry.merchant, period, source.plans);
            account.real.add(entry);
            if (!correctsClosedPeriod(entry)) entry.plan_version = version;
            account.shadow.add(entry);
        }
    }
}

ShadowPrice priceOf(const MerchantId& merchant, const Account& account, const PlanVersionId& version,
                    const PlanTerms& terms) {
    StatementTerms shadow_terms{MonthlyMinimum{version, terms.monthly_minimum}, {}};
    if (account.statement) {
        for (const StatementLine& line : account.statement->lines) {
            if (line.kind == LineKind::kPurchase) shadow_terms.sold.push_back({*line.pack, line.amount});
        }
    }
    const Statement real = account.statement ? *account.statement : account.real.finish({});
    return {merchant, real.entries(), real.payable(), account.shadow.finish(shadow_terms).payable()};
}

}  // namespace

std::optional<PlanVersionId> planVersionFromText(std::string_view text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos || at == 0) return std::nullopt;
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data() + at + 1, end, number);
    if (failure != std::errc{} || stopped != end || number < 1) return std::nullopt;
    return PlanVersionId{PlanId{std::string{text.substr(0, at)}}, number};
}

Result<std::vector<ShadowPrice>> shadowPrices(const ShadowSource& source, Period period, const PlanVersionId& version,
                                              const std::optional<MerchantId>& only) {
    const PlanTerms* const terms = source.plans.find(version);
    if (terms == nullptr) return Error{ErrorCode::kNotFound, "There is no plan version " + version.text() + "."};
    Accounts accounts;
    addStatements(accounts, source, period, only);
    addEntries(accounts, source, period, version, only);
    std::vector<ShadowPrice> prices;
    for (const auto& [merchant, account] : accounts) prices.push_back(priceOf(merchant, account, version, *terms));
    return prices;
}

}  // namespace tenants
