#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tenants/base/result.h"
#include "tenants/base/task.h"
#include "tenants/usage/decision.h"
#include "tenants/usage/hold.h"
#include "tenants/usage/usage_entry.h"

namespace tenants {

/// The money: holds, windows and entries. Each change is one transaction, whole or absent, and durable when its task
/// ends; at every commit `used + held <= limit` in every window that has a limit. A change that finds the store unable to write ends with
/// kStoreUnavailable and has had no effect, except where the commit itself failed: then the process stops.
/// Reads are consistent, may block on the disk (call them on a worker thread) and show no other merchant's rows.
/// Safe from any thread.
class UsageLedger {
public:
    virtual ~UsageLedger() = default;

    /// Takes the units from every window, or from none. A released hold with the same fingerprint is reopened.
    virtual Task<Result<ReserveOutcome>> reserve(Reservation reservation) = 0;
    /// What is known of the request already, a released one too; nothing where it is new. Changes nothing.
    virtual Task<Result<std::optional<Repeat>>> findRepeat(Reservation reservation) = 0;
    /// From held or unknown. A request settled before gives its first result again and changes nothing;
    /// kNotFound where there is no such hold, kConflict where it was released.
    virtual Task<Result<Settled>> settle(Settlement settlement) = 0;
    /// From held only; any other state is left as it is and gives kConflict.
    virtual Task<Result<Done>> release(Release release) = 0;
    /// From held only, likewise. `reason`: a stable code, such as upstream_timeout.
    virtual Task<Result<Done>> markUnknown(MerchantId merchant, RequestId request, std::string reason, UtcTime now) = 0;
    /// Turns every hold still held whose `expires_at` lies before `before` to unknown (reason `abandoned`), erases replies that expired
    /// before `now`, and says how many holds it turned. At start-up `before` is the end of time: nothing can run any more.
    virtual Task<Result<std::int64_t>> sweep(UtcTime before, UtcTime now) = 0;
    /// Opens the upstream window that is full, by WeChat's refusal or by our count, for an operator who bought a pack: it has
    /// no limit then until WeChat refuses.
    virtual Task<Result<Done>> reopenUpstreamWindow(MerchantId merchant, UtcTime now, AuditNote note = {}) = 0;
    /// WeChat's word on its quota: it becomes that of the merchant, and what the upstream window open at `now` did not
    /// count of the use is use elsewhere. kNotFound where there is no such merchant.
    virtual Task<Result<Done>> takeUpstreamQuota(MerchantId merchant, UpstreamQuotaTold told, UtcTime now) = 0;

    /// Takes a charge back, whole and once: into its period, or the first one that is not closed, then with what that gives back
    /// (docs/adr/0014-money.md). Its units go back to windows and a pack that are still open. The same correction again, by its reason, gives
    /// the first one's receipt and changes nothing. kInvalidInput without a reason, kNotFound where the merchant has no such
    /// entry, kConflict where it is no charge or was corrected for another reason.
    virtual Task<Result<Receipt>> correct(Correction correction) = 0;
    /// Ends an unknown scan: by a charge with the reason, or by a waiver and its units given back. The same decision again
    /// gives the first one's receipt. kInvalidInput without a reason, kNotFound, kConflict where the scan is not unknown.
    virtual Task<Result<Receipt>> decide(Decision decision) = 0;

    /// Whether a change that comes now would be tried. Asked with each scan, never blocks.
    virtual bool ready() const = 0;

    /// Of one merchant, newest first: entries with number < `before` (none: from the newest), at most `count`.
    virtual std::vector<UsageEntry> entries(const MerchantId& merchant, std::optional<std::int64_t> before,
                                            std::size_t count) const = 0;
    /// Of one merchant, newest first by row: `before` a row number, optionally only one state.
    virtual std::vector<HoldView> holds(const MerchantId& merchant, std::optional<HoldState> state,
                                        std::optional<std::int64_t> before, std::size_t count) const = 0;
    /// The windows open at `now`; those that no scan has opened yet are absent.
    virtual std::vector<WindowView> openWindows(const MerchantId& merchant, UtcTime now) const = 0;
};

}  // namespace tenants
