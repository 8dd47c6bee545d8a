#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tenants/usage/usage_ledger.h"
#include "tests/support/memory_audit.h"
#include "tests/support/memory_quotas.h"
#include "tests/support/write_faults.h"

namespace test_support {

/// The ledger without a file: the rules of UsageLedger, guarded by one mutex, answered at once.
class MemoryLedger final : public tenants::UsageLedger {
public:
    MemoryLedger(WriteFaults& faults, MemoryAudit& audit) : faults_(faults), audit_(audit) {}

    tenants::Task<tenants::Result<tenants::ReserveOutcome>> reserve(tenants::Reservation reservation) override;
    tenants::Task<tenants::Result<std::optional<tenants::Repeat>>> findRepeat(
        tenants::Reservation reservation) override;
    tenants::Task<tenants::Result<tenants::Settled>> settle(tenants::Settlement settlement) override;
    tenants::Task<tenants::Result<tenants::Done>> release(tenants::Release release) override;
    tenants::Task<tenants::Result<tenants::Done>> markUnknown(tenants::MerchantId merchant, tenants::RequestId request,
                                                              std::string reason, tenants::UtcTime now) override;
    tenants::Task<tenants::Result<std::int64_t>> sweep(tenants::UtcTime before, tenants::UtcTime now) override;
    tenants::Task<tenants::Result<tenants::Done>> reopenUpstreamWindow(tenants::MerchantId merchant,
                                                                       tenants::UtcTime now,
                                                                       tenants::AuditNote note = {}) override;
    tenants::Task<tenants::Result<tenants::Done>> takeUpstreamQuota(tenants::MerchantId merchant,
                                                                    tenants::UpstreamQuotaTold told,
                                                                    tenants::UtcTime now) override;
    tenants::Task<tenants::Result<tenants::Receipt>> correct(tenants::Correction correction) override;
    tenants::Task<tenants::Result<tenants::Receipt>> decide(tenants::Decision decision) override;
    bool ready() const override { return !faults_.check("ready"); }
    std::vector<tenants::UsageEntry> entries(const tenants::MerchantId& merchant, std::optional<std::int64_t> before,
                                             std::size_t count) const override;
    std::vector<tenants::HoldView> holds(const tenants::MerchantId& merchant, std::optional<tenants::HoldState> state,
                                         std::optional<std::int64_t> before, std::size_t count) const override;
    std::vector<tenants::WindowView> openWindows(const tenants::MerchantId& merchant,
                                                 tenants::UtcTime now) const override;

    /// For the stores that change what limits depend on: `edit` is called with the quotas, alone.
    template <class Edit>
    auto withQuotas(const Edit& edit) const {
        const std::scoped_lock lock{mutex_};
        return edit(quotas_);
    }

private:
    struct Hold {
        std::int64_t row = 0;
        tenants::Reservation reservation;
        tenants::HoldState state = tenants::HoldState::kHeld;
        std::string reason;
        tenants::Outcome outcome = tenants::Outcome::kRecognised;
        tenants::Settled settled;
        tenants::SharedSecret reply;
        std::optional<tenants::UtcTime> reply_expires_at;
        MemoryQuotas::Sources sources;
    };
    using RequestKey = std::pair<tenants::MerchantId, tenants::RequestId>;

    tenants::Result<tenants::ReserveOutcome> reserveNow(const tenants::Reservation& reservation);
    tenants::Result<tenants::Settled> settleNow(const tenants::Settlement& settlement);
    tenants::Result<tenants::Done> releaseNow(const tenants::Release& release);
    tenants::Result<tenants::Receipt> correctNow(const tenants::Correction& correction);
    tenants::Result<tenants::Receipt> decideNow(const tenants::Decision& decision);
    static tenants::UsageEntry chargeOf(const Hold& hold);
    tenants::Repeat repeatOf(const Hold& hold, const tenants::Reservation& again) const;
    /// The one place where the ledger grows: number, id and hash are filled in here.
    tenants::Receipt append(const tenants::MerchantId& merchant, tenants::UsageEntry entry);

    WriteFaults& faults_;
    MemoryAudit& audit_;
    mutable std::mutex mutex_;
    std::map<RequestKey, Hold> holds_;
    mutable MemoryQuotas quotas_;
    std::map<tenants::MerchantId, std::vector<tenants::UsageEntry>> entries_;
    std::int64_t rows_ = 0;
};

}  // namespace test_support
