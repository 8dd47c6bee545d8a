#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "tenants/billing/statement_store.h"
#include "tenants/sqlite/reader_pool.h"

namespace tenants::sqlite {

/// Within one read transaction of the caller's. Throws std::runtime_error where the rows say what no statement can say.
std::optional<SignedStatement> findStatement(SQLite::Database& database, const MerchantId& merchant, Period period);

/// The reads of StatementStore, as it promises them. Long ones are cut into read transactions that are short. Safe from
/// any thread; they block.
class StatementReader {
public:
    explicit StatementReader(ReaderPool& readers) : readers_(readers) {}

    std::optional<SignedStatement> find(const MerchantId& merchant, Period period) const;
    std::vector<SignedStatement> list(const MerchantId& merchant, std::optional<Period> before,
                                      std::size_t count) const;
    std::vector<SignedStatement> ofPeriod(Period period, const std::optional<MerchantId>& after,
                                          std::size_t count) const;
    std::vector<StatementPublicKey> keys() const;
    std::vector<OpenAccount> openAccounts(Period period, const std::optional<MerchantId>& only) const;
    std::map<MerchantId, HoldTally> holds(Period period, const std::optional<MerchantId>& only) const;
    std::map<MerchantId, std::vector<SoldPack>> unbilledPacks(Period period,
                                                              const std::optional<MerchantId>& only) const;
    std::vector<UndecidedScan> undecided(UtcTime before, std::size_t count) const;
    std::map<MerchantId, MonthlyMinimum> minimums(Period period, const std::optional<MerchantId>& only) const;
    std::optional<StatementStore::Closing> closing(Period period) const;
    std::vector<StatementStore::Closing> unfinishedClosings() const;

private:
    ReaderPool& readers_;
};

}  // namespace tenants::sqlite
