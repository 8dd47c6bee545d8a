#include "tenants/sqlite/statement_check.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include "tenants/billing/statement_text.h"
#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/query.h"
#include "tenants/sqlite/statement_reader.h"
#include "tenants/sqlite/statement_tables.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelectStatements =
    "SELECT statement.merchant_row, merchant.id, period FROM statement LEFT JOIN merchant ON merchant.row = "
    "merchant_row "
    "WHERE :merchant IS NULL OR merchant.id = :merchant ORDER BY statement.merchant_row, period";
constexpr const char* kSelectMerchants =
    "SELECT merchant.row, merchant.id, created_ms, coalesce(closed_through, 0) FROM merchant "
    "LEFT JOIN ledger_head ON merchant_row = merchant.row WHERE :merchant IS NULL OR merchant.id = :merchant";
constexpr const char* kSelectClosed =
    "SELECT coalesce(max(period), 0) FROM period_closing WHERE finished_ms IS NOT NULL";

constexpr const char* kSelectUnusedKeys =
    "SELECT lower(hex(public_key)) FROM statement_key WHERE row NOT IN (SELECT key_row FROM statement)";

class StatementCheck {
public:
    StatementCheck(SQLite::Database& database, const std::optional<MerchantId>& merchant,
                   const std::optional<std::vector<StatementPublicKey>>& keys, LedgerReport& report)
        : database_(database), merchant_(merchant), keys_(keys), report_(report) {}

    std::vector<KnownEntry> run() {
        PreparedStatement select{database_, kSelectStatements};
        Query row{select};
        row.bind(":merchant", merchant_);
        while (row.next()) {
            if (row.isNull(1)) {
                report_.add("", "a statement of period " + row.text(2) + " was moved: it belongs to no merchant");
                continue;
            }
            try {
                const Period period = periodOf(row.number(2));
                periods_[row.number(0)].push_back(period);
                check(MerchantId{row.text(1)}, period);
            } catch (const std::runtime_error& fault) {
                report_.add(row.text(1), "the statement of period " + row.text(2) + " was changed: " + fault.what());
            }
        }
        checkPeriods();
        if (!merchant_) checkKeys();
        return std::move(named_);
    }

private:
    void check(const MerchantId& merchant, Period period) {
        const std::optional<SignedStatement> found = findStatement(database_, merchant, period);
        if (!found) throw std::runtime_error("its signing key is not listed");
        const Statement& statement = found->statement;
        if (keys_ && std::ranges::find(*keys_, found->key) == keys_->end()) {
            report_.add(merchant.text(), statement.number() + " is signed by a key that is not of this key ring");
        } else if (!isSignedBy(found->key, canonicalText(statement), found->signature)) {
            report_.add(merchant.text(), statement.number() + " was changed: its signature does not fit");
        } else if (statement.last_number) {
            named_.push_back(
                {merchant, *statement.last_number, statement.chain_hash, "the statement " + statement.number()});
        }
    }

    /// A key is listed with the first statement that it signs, and whoever asks is told of every key that is listed.
    void checkKeys() {
        PreparedStatement select{database_, kSelectUnusedKeys};
        Query row{select};
        while (row.next()) {
            report_.add("", "statement key " + row.text(0) + " was added: no statement is signed by it");
        }
    }

    void checkPeriods() {
        const std::int64_t closed_for_all = database_.execAndGet(kSelectClosed).getInt64();
        PreparedStatement select{database_, kSelectMerchants};
        Query row{select};
        row.bind(":merchant", merchant_);
        while (row.next()) {
            const std::string merchant = row.text(1);
            const std::vector<Period>& there = periods_[row.number(0)];
            const std::int64_t closed_through = row.number(3);
            const std::int64_t last = there.empty() ? 0 : there.back().number();
            if (closed_through < last) {
                report_.add(merchant, "closed_through was changed: it says " + std::to_string(closed_through) +
                                          ", but there is a statement of " + there.back().text());
            }
            const Period first = firstOpenPeriod(std::nullopt, row.time(2));
            const std::int64_t through =
                std::max({closed_through, last, closed_for_all >= first.number() ? closed_for_all : 0});
            std::vector<Period> missing;
            for (Period period = first; period.number() <= through && missing.size() < kMissingMax;
                 period = period.next()) {
                if (!std::ranges::binary_search(there, period)) missing.push_back(period);
            }
            for (const Period period : missing) {
                const bool for_all = period.number() > std::max(closed_through, last);
                report_.add(merchant, "the statement of " + period.text() + " is missing, though " +
                                          (for_all ? "that period was closed for all merchants"
                                                   : "closed_through or a later statement says that it was closed"));
            }
        }
    }

    static constexpr std::size_t kMissingMax = 12;  // of one merchant: who forges one number shall not fill the report

    SQLite::Database& database_;
    const std::optional<MerchantId>& merchant_;
    const std::optional<std::vector<StatementPublicKey>>& keys_;
    LedgerReport& report_;
    std::unordered_map<std::int64_t, std::vector<Period>> periods_;  // with a statement, by merchant row, in order
    std::vector<KnownEntry> named_;
};

}  // namespace

std::vector<KnownEntry> checkStatements(SQLite::Database& database, const std::optional<MerchantId>& merchant,
                                        const std::optional<std::vector<StatementPublicKey>>& keys,
                                        LedgerReport& report) {
    return StatementCheck{database, merchant, keys, report}.run();
}

}  // namespace tenants::sqlite
