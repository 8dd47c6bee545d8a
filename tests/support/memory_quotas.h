#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tenants/billing/pack.h"
#include "tenants/billing/plan_directory.h"
#include "tenants/merchant/merchant.h"
#include "tenants/usage/usage_entry.h"

namespace test_support {

/// Limits, packs and WeChat's quota without a file: the same rules in the plainest form. Belongs to one thread at a time.
class MemoryQuotas {
public:
    /// WeChat's quota of one account, and the merchant's own limit.
    struct Account {
        std::int64_t day_limit = 0;
        std::optional<std::int64_t> day_free;
        std::int64_t pack_units = 0;
    };
    /// What a hold took its units from.
    struct Sources {
        std::optional<tenants::PlanVersionId> plan_version;
        std::optional<tenants::PackId> pack;
    };
    enum class End { kCharged, kNotCharged, kGivenBack };

    bool knows(const tenants::MerchantId& merchant) const { return accounts_.contains(merchant); }
    const Account& account(const tenants::MerchantId& merchant) const { return accounts_.at(merchant); }
    void add(const tenants::MerchantId& merchant, Account account) { accounts_[merchant] = account; }

    /// Takes the units from everything, or from nothing.
    std::variant<Sources, tenants::WindowFull> take(const tenants::Reservation& reservation);
    void end(const tenants::Reservation& reservation, const Sources& sources, End end);
    /// A charge was corrected at `now`.
    void takeBack(const tenants::Reservation& reservation, const Sources& sources, tenants::UtcTime now);
    void markUpstreamFull(const tenants::Reservation& reservation);

    void setDayLimit(const tenants::MerchantId& merchant, std::int64_t limit, tenants::UtcTime now);
    void setUpstream(const tenants::MerchantId& merchant, const tenants::UpstreamQuotaChange& change,
                     tenants::UtcTime now);
    void tellUpstream(const tenants::MerchantId& merchant, const tenants::UpstreamQuotaTold& told,
                      tenants::UtcTime now);
    void reopenUpstream(const tenants::MerchantId& merchant, tenants::UtcTime now);
    /// Windows that are open take the limits that count now.
    void takeTerms(const tenants::MerchantId& merchant, tenants::UtcTime now);

    /// Those open at `now`; how many of their units are unknown is for the ledger to say.
    std::vector<tenants::WindowView> openWindows(const tenants::MerchantId& merchant, tenants::UtcTime now) const;
    static tenants::DaySpan spanOf(const std::string& policy, const tenants::Reservation& reservation);

    tenants::PlanDirectory& plans() { return plans_; }
    std::vector<tenants::Pack>& packs() { return packs_; }
    /// Ends it at `now`, but after its span began and after what was given back to it.
    void expire(tenants::Pack& pack, tenants::UtcTime now) const;

private:
    struct Window {
        tenants::UtcTime ends;
        std::optional<std::int64_t> limit;
        std::int64_t used = 0;
        std::int64_t held = 0;
        std::int64_t used_elsewhere = 0;
        std::int64_t warned_percent = 0;
        std::int64_t taken() const { return used + held; }
    };
    struct Key {
        tenants::MerchantId merchant;
        std::string policy;
        tenants::UtcTime starts;
        auto operator<=>(const Key&) const = default;
    };
    static Key keyOf(const std::string& policy, const tenants::Reservation& reservation);
    std::optional<std::int64_t> limitOf(const std::string& policy, const tenants::MerchantId& merchant,
                                        tenants::UtcTime at) const;
    tenants::Pack* packFor(const tenants::Reservation& reservation);
    std::int64_t free(const Account& account, const Window& window) const;
    std::int64_t fromPacks(const Account& account, const Window& window) const;
    std::optional<std::int64_t> counted(const Account& account, const Window& window) const;
    bool fits(const Account& account, const std::string& policy, const Window& window, std::int64_t units) const;
    void limitTo(Window& window, std::optional<std::int64_t> limit);
    void hold(const tenants::MerchantId& merchant, const std::string& policy, Window& window, std::int64_t units);
    Window* openUpstream(const tenants::MerchantId& merchant, tenants::UtcTime now);
    static void warn(Window& window);

    std::map<tenants::MerchantId, Account> accounts_;
    std::map<Key, Window> windows_;
    std::vector<tenants::Pack> packs_;                           // in the order in which they were granted
    std::map<tenants::PackId, tenants::UtcTime> given_back_at_;  // the last one by the clock
    tenants::PlanDirectory plans_;
};

}  // namespace test_support
