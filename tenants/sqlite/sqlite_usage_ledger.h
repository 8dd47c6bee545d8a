#pragma once

#include <string>

#include "tenants/base/key_ring.h"
#include "tenants/sqlite/ledger_reader.h"
#include "tenants/sqlite/ledger_tables.h"
#include "tenants/sqlite/writer.h"
#include "tenants/usage/usage_ledger.h"

namespace tenants::sqlite {

/// The ledger's port over the writer and the readers. All that it borrows must outlive it.
class SqliteUsageLedger final : public UsageLedger {
public:
    SqliteUsageLedger(Writer& writer, LedgerTables& tables, ReaderPool& readers, const KeyRing& ring,
                      std::string application);

    Task<Result<ReserveOutcome>> reserve(Reservation reservation) override;
    Task<Result<std::optional<Repeat>>> findRepeat(Reservation reservation) override;
    Task<Result<Settled>> settle(Settlement settlement) override;
    Task<Result<Done>> release(Release release) override;
    Task<Result<Done>> markUnknown(MerchantId merchant, RequestId request, std::string reason, UtcTime now) override;
    Task<Result<std::int64_t>> sweep(UtcTime before, UtcTime now) override;
    Task<Result<Done>> reopenUpstreamWindow(MerchantId merchant, UtcTime now, AuditNote note = {}) override;
    Task<Result<Done>> takeUpstreamQuota(MerchantId merchant, UpstreamQuotaTold told, UtcTime now) override;

    Task<Result<Receipt>> correct(Correction correction) override;
    Task<Result<Receipt>> decide(Decision decision) override;

    bool ready() const override { return writer_.ready(); }
    std::vector<UsageEntry> entries(const MerchantId& merchant, std::optional<std::int64_t> before,
                                    std::size_t count) const override;
    std::vector<HoldView> holds(const MerchantId& merchant, std::optional<HoldState> state,
                                std::optional<std::int64_t> before, std::size_t count) const override;
    std::vector<WindowView> openWindows(const MerchantId& merchant, UtcTime now) const override;

private:
    Writer& writer_;
    LedgerTables& tables_;
    const LedgerReader reader_;
    const KeyRing& ring_;
    const std::string application_;
};

}  // namespace tenants::sqlite
