#include "tenants/billing/billed_price.h"

#include <limits>

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

std::optional<Money> closedPrice(const BilledPriceSource& source, const MerchantId& merchant, std::int64_t number) {
    if (number < 1 || number == std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    const std::vector<UsageEntry> found = source.ledger.entries(merchant, number + 1, 1);
    if (found.empty() || found.front().number != number) return std::nullopt;
    const Period period = found.front().period;
    if (!source.statements.find(merchant, period)) return std::nullopt;
    const std::optional<EntryPrice> price = billedPrice(source.scan, source.plans, merchant, period, number);
    if (!price) return std::nullopt;
    return price->unit_price;
}

}  // namespace tenants
