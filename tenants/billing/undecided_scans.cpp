#include "tenants/billing/undecided_scans.h"

#include <utility>

namespace tenants {
namespace {

constexpr std::size_t kScansAtOnce = 256;

}  // namespace

Result<std::int64_t> UndecidedScans::waive() {
    const UtcTime now = clock_.now();
    const UtcTime before = beijingDay(now - wait_).starts;  // the day before it has been over for `wait_`
    std::int64_t waived = 0;
    for (;;) {
        const std::vector<UndecidedScan> scans = statements_.undecided(before, kScansAtOnce);
        std::int64_t made = 0;
        for (const UndecidedScan& scan : scans) {
            Decision decision;
            decision.merchant = scan.merchant;
            decision.request = scan.request;
            decision.reason = kReason;
            decision.now = now;
            decision.note = {
                KeyId{"tollgate"}, "hold.waive", scan.merchant, "holds/" + scan.request.text(), kReason, {}, now};
            const auto decided = runBlocking(ledger_.decide(std::move(decision)));
            if (decided) ++made;
            if (!decided && decided.error().code != ErrorCode::kConflict) return decided.error();
        }
        waived += made;
        if (scans.size() < kScansAtOnce || made == 0) return waived;
    }
}

}  // namespace tenants
