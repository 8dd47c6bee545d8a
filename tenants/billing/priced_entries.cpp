#include "tenants/billing/priced_entries.h"

namespace tenants {

const PricedEntry* PricedEntries::next() {
    while (used_ == batch_.size()) {
        used_ = 0;
        if (!cursor_->next(batch_)) return nullptr;
    }
    current_.entry = std::move(batch_[used_++]);
    Pricer& pricer =
        pricers_.try_emplace(Account{current_.entry.merchant, current_.entry.period}, plans_).first->second;
    current_.price = pricer.price(current_.entry);
    return &current_;
}

}  // namespace tenants
