#include "tenants/billing/export_accounts.h"

#include <algorithm>

#include "tenants/base/digest.h"

namespace tenants {
namespace {

constexpr std::size_t kStatementsAtOnce = 256;
constexpr std::size_t kPeriodsMax = 12 * 100;  // of one merchant

Error invalid(std::string text) {
    return {ErrorCode::kInvalidInput, std::move(text)};
}

std::vector<Statement> statementsOf(const StatementStore& store, Period period) {
    std::vector<Statement> statements;
    std::optional<MerchantId> after;
    for (;;) {
        std::vector<SignedStatement> page = store.ofPeriod(period, after, kStatementsAtOnce);
        if (page.empty()) return statements;
        after = page.back().statement.merchant;
        for (SignedStatement& one : page) statements.push_back(std::move(one.statement));
    }
}

}  // namespace

Result<Done> checkScope(const ExportScope& scope) {
    const bool range = scope.first_number || scope.last_number;
    if (range && (!scope.merchant || scope.period))
        return invalid("A range of entries is of one merchant, without a period.");
    if (range && (scope.first_number.value_or(1) < 1 ||
                  scope.last_number.value_or(INT64_MAX) < scope.first_number.value_or(1))) {
        return invalid("The range of entries is empty.");
    }
    if (!range && !scope.period) return invalid("A period or a range of entries is needed.");
    return Done{};
}

StatedAccounts::StatedAccounts(const StatementStore& statements, const ExportScope& scope,
                               std::map<MerchantId, std::string> names, std::string issuer)
    : names_(std::move(names)), issuer_(std::move(issuer)) {
    if (!scope.period) {
        for (SignedStatement& one : statements.list(*scope.merchant, std::nullopt, kPeriodsMax)) {
            statements_.push_back(std::move(one.statement));
        }
    } else if (scope.merchant) {
        if (auto one = statements.find(*scope.merchant, *scope.period))
            statements_.push_back(std::move(one->statement));
        complete_ = !statements_.empty();
    } else {
        // Asked first: what is done before the statements are read is among them.
        const auto closing = statements.closing(*scope.period);
        complete_ = closing && closing->finished_at;
        statements_ = statementsOf(statements, *scope.period);
    }
    for (const Statement& statement : statements_) {
        ExportAccount account{statement.merchant_name, statement.issuer, statement.number(), {}};
        if (statement.last_number) account.chain_hash = hexText(statement.chain_hash);
        accounts_.emplace(Place{statement.merchant, statement.period.number()}, std::move(account));
    }
}

const ExportAccount& StatedAccounts::find(const MerchantId& merchant, Period period) const {
    Place place{merchant, period.number()};
    if (const auto known = accounts_.find(place); known != accounts_.end()) return known->second;
    const auto name = names_.find(merchant);
    ExportAccount open{name == names_.end() ? std::string{} : name->second, issuer_, {}, {}};
    return accounts_.emplace(std::move(place), std::move(open)).first->second;
}

std::optional<UtcTime> StatedAccounts::closedAt() const {
    std::optional<UtcTime> newest;
    for (const Statement& statement : statements_) {
        newest = newest ? std::max(*newest, statement.closed_at) : statement.closed_at;
    }
    return newest;
}

}  // namespace tenants
