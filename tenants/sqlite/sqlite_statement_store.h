#pragma once

#include "tenants/billing/statement_store.h"
#include "tenants/sqlite/statement_reader.h"
#include "tenants/sqlite/statement_tables.h"
#include "tenants/sqlite/writer.h"

namespace tenants::sqlite {

/// The port of statements over the writer and the readers. All that it borrows must outlive it.
class SqliteStatementStore final : public StatementStore {
public:
    SqliteStatementStore(Writer& writer, StatementTables& tables, ReaderPool& readers)
        : writer_(writer), tables_(tables), reader_(readers) {}

    std::optional<SignedStatement> find(const MerchantId& merchant, Period period) const override {
        return reader_.find(merchant, period);
    }
    std::vector<SignedStatement> list(const MerchantId& merchant, std::optional<Period> before,
                                      std::size_t count) const override {
        return reader_.list(merchant, before, count);
    }
    std::vector<SignedStatement> ofPeriod(Period period, const std::optional<MerchantId>& after,
                                          std::size_t count) const override {
        return reader_.ofPeriod(period, after, count);
    }
    std::vector<StatementPublicKey> keys() const override { return reader_.keys(); }
    std::vector<OpenAccount> openAccounts(Period period, const std::optional<MerchantId>& only) const override {
        return reader_.openAccounts(period, only);
    }
    std::map<MerchantId, HoldTally> holds(Period period, const std::optional<MerchantId>& only) const override {
        return reader_.holds(period, only);
    }
    std::map<MerchantId, std::vector<SoldPack>> unbilledPacks(Period period,
                                                              const std::optional<MerchantId>& only) const override {
        return reader_.unbilledPacks(period, only);
    }
    std::map<MerchantId, MonthlyMinimum> minimums(Period period, const std::optional<MerchantId>& only) const override {
        return reader_.minimums(period, only);
    }
    Task<Result<std::vector<CloseOutcome>>> close(std::vector<ClosedSum> sums) override;
    Task<Result<Done>> beginClosing(Period period, UtcTime now) override;
    Task<Result<Done>> endClosing(Period period, UtcTime now) override;
    std::vector<UndecidedScan> undecided(UtcTime before, std::size_t count) const override {
        return reader_.undecided(before, count);
    }
    std::optional<Closing> closing(Period period) const override { return reader_.closing(period); }
    std::vector<Closing> unfinishedClosings() const override { return reader_.unfinishedClosings(); }

private:
    Writer& writer_;
    StatementTables& tables_;
    const StatementReader reader_;
};

}  // namespace tenants::sqlite
