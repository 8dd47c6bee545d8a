#include "tenants/billing/shadow_price.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "tenants/base/json_text.h"

namespace tenants {
namespace {

constexpr std::size_t kStatementsAtOnce = 256;

}  // namespace

struct ShadowPricing::Account {
    Account(Period period, const PlanTermsSource& plans) : real(period, plans), shadow(period, plans) {}

    StatementBuilder real;
    StatementBuilder shadow;
    std::optional<Statement> statement;
};

/// The merchants that are asked for, and what their statements have besides entries.
struct ShadowPricing::Books {
    std::map<MerchantId, Account> accounts;
    std::map<MerchantId, std::vector<SoldPack>> packs;  // of periods that are open
    std::map<MerchantId, MonthlyMinimum> minimums;
    std::set<MerchantId> open;  // have no statement of the period yet
};

Result<ShadowPricing> ShadowPricing::of(const ShadowSource& source, Period period, const PlanVersionId& version) {
    const PlanTerms* const terms = source.plans.find(version);
    if (terms == nullptr) return Error{ErrorCode::kNotFound, "There is no plan version " + version.text() + "."};
    return ShadowPricing{source, period, version, *terms};
}

/// Who is open, and what their statements would have. A pack is billed once, by the first statement that can: where a month
/// before is open, that one has what it sold.
ShadowPricing::Books ShadowPricing::openBooks(const std::optional<MerchantId>& only) const {
    Books books{{}, source_.statements.unbilledPacks(period_, only), source_.statements.minimums(period_, only), {}};
    const auto earlier_packs = source_.statements.unbilledPacks(period_.previous(), only);
    for (OpenAccount& account : source_.statements.openAccounts(period_, only)) {
        const auto earlier = earlier_packs.find(account.merchant);
        if (account.first_open != period_ && earlier != earlier_packs.end()) {
            std::erase_if(books.packs[account.merchant], [&](const SoldPack& pack) {
                return std::ranges::find(earlier->second, pack.id, &SoldPack::id) != earlier->second.end();
            });
        }
        books.open.insert(std::move(account.merchant));
    }
    return books;
}

std::vector<ShadowPrice> ShadowPricing::prices(const std::optional<MerchantId>& only) const {
    Books books = openBooks(only);
    const auto accountOf = [&](const MerchantId& merchant) -> Account& {
        return books.accounts.try_emplace(merchant, period_, source_.plans).first->second;
    };
    std::optional<MerchantId> after;
    for (std::vector<SignedStatement> page;; page.clear()) {
        if (only) {
            if (auto one = source_.statements.find(*only, period_)) page.push_back(std::move(*one));
        } else {
            page = source_.statements.ofPeriod(period_, after, kStatementsAtOnce);
        }
        for (SignedStatement& one : page) {
            after = one.statement.merchant;
            accountOf(*after).statement = std::move(one.statement);
        }
        if (only || page.empty()) break;
    }
    for (const MerchantId& merchant : books.open) accountOf(merchant);
    addEntries(books, only);
    std::vector<ShadowPrice> prices;
    for (const auto& [merchant, account] : books.accounts) prices.push_back(priceOf(books, merchant, account));
    return prices;
}

std::vector<ShadowPrice> ShadowPricing::pricesOf(const std::vector<MerchantId>& merchants) const {
    Books books = openBooks(std::nullopt);
    std::vector<ShadowPrice> prices;
    for (const MerchantId& merchant : merchants) {
        auto found = source_.statements.find(merchant, period_);
        if (!found && books.open.count(merchant) == 0) continue;
        books.accounts.clear();
        Account& account = books.accounts.try_emplace(merchant, period_, source_.plans).first->second;
        if (found) account.statement = std::move(found->statement);
        addEntries(books, merchant);
        prices.push_back(priceOf(books, merchant, account));
    }
    return prices;
}

/// Of merchants that have an account; one that was made after they were looked for has none.
void ShadowPricing::addEntries(Books& books, const std::optional<MerchantId>& only) const {
    const auto cursor = source_.scan.open({period_, period_, only, EntryDetail::kMoney, {}});
    std::vector<UsageEntry> batch;
    while (cursor->next(batch)) {
        for (UsageEntry& entry : batch) {
            const auto account = books.accounts.find(entry.merchant);
            if (account == books.accounts.end()) continue;
            account->second.real.add(entry);
            if (!correctsClosedPeriod(entry)) entry.plan_version = version_;
            account->second.shadow.add(entry);
        }
    }
}

ShadowPrice ShadowPricing::priceOf(const Books& books, const MerchantId& merchant, const Account& account) const {
    StatementTerms terms;
    if (account.statement) {
        for (const StatementLine& line : account.statement->lines) {
            if (line.kind == LineKind::kPurchase) terms.sold.push_back({*line.pack, line.amount});
        }
    } else {
        if (const auto packs = books.packs.find(merchant); packs != books.packs.end()) terms.sold = packs->second;
        const auto minimum = books.minimums.find(merchant);
        if (minimum != books.minimums.end()) terms.minimum = minimum->second;
    }
    const Statement real = account.statement ? *account.statement : account.real.finish(terms);
    terms.minimum = MonthlyMinimum{version_, terms_->monthly_minimum};
    return {merchant, real.entries(), account.statement.has_value(), real.payable(),
            account.shadow.finish(terms).payable()};
}

std::optional<PlanVersionId> planVersionFromText(std::string_view text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos || at == 0) return std::nullopt;
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data() + at + 1, end, number);
    if (failure != std::errc{} || stopped != end || number < 1) return std::nullopt;
    return PlanVersionId{PlanId{std::string{text.substr(0, at)}}, number};
}

void appendJson(std::string& out, const ShadowPrice& price) {
    JsonObject object{out};
    object.add("merchant_id", price.merchant.text())
        .add("entries", price.entries)
        .addFlag("closed", price.closed)
        .add("payable_micro_yuan", price.payable.microYuan())
        .add("shadow_payable_micro_yuan", price.shadow_payable.microYuan())
        .add("difference_micro_yuan", price.shadow_payable.minus(price.payable).microYuan())
        .end();
}

}  // namespace tenants
