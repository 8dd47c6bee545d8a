#include "tenants/billing/running_sum.h"

#include <map>
#include <memory>

namespace tenants {

RunningSum runningSum(const LedgerScan& scan, const PlanTermsSource& plans, const MerchantId& merchant, Period period) {
    StatementBuilder builder{period, plans};
    std::map<UtcTime, DayUsage> days;
    const std::unique_ptr<LedgerCursor> cursor = scan.open({period, period, merchant, EntryDetail::kMoney, {}});
    std::vector<UsageEntry> batch;
    while (cursor->next(batch)) {
        for (const UsageEntry& entry : batch) {
            builder.add(entry);
            DayUsage& day = days[beijingDay(entry.at).starts];
            day.units += entry.units;
            ++day.entries;
        }
    }
    RunningSum sum{builder.sum(), {}};
    sum.statement.merchant = merchant;
    for (auto& [starts, day] : days) {
        day.starts = starts;
        sum.days.push_back(day);
    }
    return sum;
}

}  // namespace tenants
