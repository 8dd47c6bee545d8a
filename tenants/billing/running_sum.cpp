#include "tenants/billing/running_sum.h"

#include <memory>
#include <vector>

namespace tenants {

Statement runningSum(const LedgerScan& scan, const PlanTermsSource& plans, const MerchantId& merchant, Period period) {
    StatementBuilder builder{period, plans};
    const std::unique_ptr<LedgerCursor> cursor = scan.open({period, period, merchant, EntryDetail::kMoney, {}});
    std::vector<UsageEntry> batch;
    while (cursor->next(batch)) {
        for (const UsageEntry& entry : batch) builder.add(entry);
    }
    Statement sum = builder.sum();
    sum.merchant = merchant;
    return sum;
}

}  // namespace tenants
