#include "tenants/billing/undecided_scans.h"

#include <string>
#include <utility>

#include "tenants/billing/usage_causes.h"

namespace tenants {
namespace {

constexpr std::size_t kScansAtOnce = 256;

std::string reasonOf(const UndecidedScan& scan, UtcTime now) {
    std::string reason = UndecidedScans::kReason;
    const UnknownVerdict verdict = judgeUnknown(scan.upstream_day, scan.word, scan.at, now);
    if (verdict == UnknownVerdict::kUndecided) return reason;
    const UpstreamWord& word = *scan.word;
    const std::string counts = "; WeChat counted " + std::to_string(word.told.used) + " of the day by " +
                               rfc3339(word.heard_at) + ", we " + std::to_string(word.used_here) + " and " +
                               std::to_string(word.held_here) + " without an answer: ";
    if (verdict == UnknownVerdict::kCounted) return reason + counts + "the answer was lost";
    if (verdict == UnknownVerdict::kNotCounted) return reason + counts + "none of those was counted";
    return reason + counts + "not clear which";
}

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
            decision.reason = reasonOf(scan, now);
            decision.now = now;
            decision.note = {KeyId{"tollgate"},
                             "hold.waive",
                             scan.merchant,
                             "holds/" + scan.request.text(),
                             decision.reason,
                             {},
                             now};
            const auto decided = runBlocking(ledger_.decide(std::move(decision)));
            if (decided) ++made;
            if (!decided && decided.error().code != ErrorCode::kConflict) return decided.error();
        }
        waived += made;
        if (scans.size() < kScansAtOnce || made == 0) return waived;
    }
}

}  // namespace tenants
