#pragma once

#include "tenants/billing/statement_store.h"
#include "tenants/sqlite/statement_reader.h"

namespace tenants::sqlite {

/// The reading half of the port of statements; who may write adds the other half. The readers must outlive it.
class StatementReads : public StatementStore {
public:
    explicit StatementReads(ReaderPool& readers) : reader_(readers) {}

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
    std::vector<UndecidedScan> undecided(UtcTime before, std::size_t count) const override {
        return reader_.undecided(before, count);
    }
    std::optional<Closing> closing(Period period) const override { return reader_.closing(period); }
    std::vector<Closing> unfinishedClosings() const override { return reader_.unfinishedClosings(); }

private:
    const StatementReader reader_;
};

}  // namespace tenants::sqlite
