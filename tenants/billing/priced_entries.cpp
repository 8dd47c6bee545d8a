#include "tenants/billing/priced_entries.h"

namespace tenants {

const PricedEntry* PricedEntries::next() {
    while (used_ == batch_.size()) {
        used_ = 0;
        if (!cursor_->next(batch_)) return nullptr;
    }
    current_.entry = std::move(batch_[used_++]);
    const Account account{current_.entry.merchant, current_.entry.period};
    const auto [known, is_new] = accounts_.try_emplace(account, pricers_.size());
    if (is_new) pricers_.emplace_back(plans_);
    current_.account = known->second;
    current_.price = pricers_[current_.account].price(current_.entry);
    return &current_;
}

}  // namespace tenants
