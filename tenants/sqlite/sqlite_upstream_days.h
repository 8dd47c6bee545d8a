#pragma once

#include "tenants/sqlite/ledger_tables.h"
#include "tenants/sqlite/upstream_day_reads.h"
#include "tenants/sqlite/writer.h"

namespace tenants::sqlite {

/// The port of WeChat's windows over the writer and the readers. All that it borrows must outlive it.
class SqliteUpstreamDays final : public UpstreamDayReads {
public:
    SqliteUpstreamDays(Writer& writer, LedgerTables& tables, ReaderPool& readers)
        : UpstreamDayReads(readers), writer_(writer), tables_(tables) {}

    Task<Result<UnheardMerchants>> unheard(UtcTime now, std::chrono::milliseconds lead, std::int64_t after,
                                           std::size_t count) override;
    Task<Result<Done>> keepWord(MerchantId merchant, UpstreamQuotaTold told, UtcTime now) override;

private:
    Writer& writer_;
    LedgerTables& tables_;
};

}  // namespace tenants::sqlite
