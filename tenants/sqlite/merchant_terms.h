#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"
#include "tenants/sqlite/prepared_statement.h"

namespace tenants::sqlite {

/// What a plan's version means for a hold; all empty where the merchant has no plan.
struct PlanInForce {
    std::optional<std::int64_t> version_row;
    std::optional<std::int64_t> day_limit;
    std::optional<std::int64_t> month_limit;
    bool packs_only = false;
};

/// What every hold asks of its merchant, as it stands in the writer's transaction.
struct MerchantTerms {
    struct Assignment {
        UtcTime starts_at;
        PlanInForce plan;
    };

    std::int64_t merchant_row = 0;
    MerchantId merchant;
    std::int64_t day_limit = 0;
    std::optional<std::int64_t> upstream_day_free;  // none: not known
    std::int64_t upstream_pack_units = 0;           // bought at WeChat, neither used nor held
    std::vector<Assignment> assignments;            // not cancelled; the one that counts last is last
    bool changed = false;

    const PlanInForce& planAt(UtcTime instant) const;
    /// The smaller one of the merchant's and its plan's.
    std::int64_t dayLimitAt(UtcTime instant) const;
};

/// The terms of merchants that scan, kept by the writer's thread and read anew after a change. What scans change in them
/// is written once a group. Belongs to one thread.
class MerchantTermsBook {
public:
    explicit MerchantTermsBook(SQLite::Database& database);

    /// Of a merchant that there is. Stays good until it is forgotten.
    MerchantTerms& of(std::int64_t merchant_row);
    /// To be told after each change of WeChat's numbers.
    void changed(MerchantTerms& terms);
    /// The tables were changed beside the book, or are about to be: writes what is open, and reads it anew next time.
    void forget(std::int64_t merchant_row);

    void write();
    void forget() noexcept;
    /// Those that the transaction changed; empties the list.
    std::vector<MerchantTerms> takeCommitted() noexcept;

private:
    void write(MerchantTerms& terms);

    PreparedStatement select_merchant_;
    PreparedStatement select_assignments_;
    PreparedStatement update_;
    std::unordered_map<std::int64_t, MerchantTerms> terms_;
    std::vector<MerchantTerms*> changed_;
    std::vector<MerchantTerms> written_;
};

}  // namespace tenants::sqlite
