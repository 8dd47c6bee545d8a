#include "tenants/billing/billed_price.h"

#include "tenants/billing/priced_entries.h"

namespace tenants {

std::optional<EntryPrice> billedPrice(const LedgerScan& scan, const PlanTermsSource& plans, const MerchantId& merchant,
                                      Period period, std::int64_t number) {
    PricedEntries entries{scan.open({period, period, merchant, EntryDetail::kMoney, {}}), plans};
    while (const PricedEntry* const priced = entries.next()) {
        if (priced->entry.number == number) return priced->price;
        if (priced->entry.number > number) break;
    }
    return std::nullopt;
}

}  // namespace tenants
