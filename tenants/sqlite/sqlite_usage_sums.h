#pragma once

#include "tenants/sqlite/reader_pool.h"
#include "tenants/usage/usage_sums.h"

namespace tenants::sqlite {

/// The ledger's sums over the readers. A period is found by walking the merchant's entries back from the newest, about
/// a microsecond each: no index is kept for what is asked a few times a day.
class SqliteUsageSums final : public UsageSums {
public:
    explicit SqliteUsageSums(ReaderPool& readers) : readers_(readers) {}

    std::vector<DayUsage> daysOf(const MerchantId& merchant, Period period) const override;

private:
    ReaderPool& readers_;
};

}  // namespace tenants::sqlite
