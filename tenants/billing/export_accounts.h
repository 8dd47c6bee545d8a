#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tenants/billing/export_format.h"
#include "tenants/billing/statement_store.h"

namespace tenants {

/// What an export takes: one period, of one merchant or of all; or a range of one merchant's entries, whatever their period.
struct ExportScope {
    std::optional<Period> period;
    std::optional<MerchantId> merchant;
    std::optional<std::int64_t> first_number;  // these two with `merchant` and without `period`
    std::optional<std::int64_t> last_number;
    bool operator==(const ExportScope&) const = default;
};

/// kInvalidInput where the parts contradict each other.
Result<Done> checkScope(const ExportScope& scope);

/// Where the rows' names come from: the statements that are there when an export begins, and for what is open the
/// merchants' names of now.
class StatedAccounts final : public ExportAccounts {
public:
    /// Reads the statements of `scope`: blocks. `names`: of all merchants.
    StatedAccounts(const StatementStore& statements, const ExportScope& scope, std::map<MerchantId, std::string> names,
                   std::string issuer);

    const ExportAccount& find(const MerchantId& merchant, Period period) const override;
    /// Of the scope, in an order that stays.
    const std::vector<Statement>& statements() const noexcept { return statements_; }
    /// Whether nothing can be added to the scope any more: its period is closed for all whom it takes.
    bool complete() const noexcept { return complete_; }
    /// Of the newest statement; empty where there is none.
    std::optional<UtcTime> closedAt() const;

private:
    using Place = std::pair<MerchantId, int>;
    struct PlaceHash {
        std::size_t operator()(const Place& place) const noexcept {
            return std::hash<MerchantId>{}(place.first) ^ static_cast<std::size_t>(place.second);
        }
    };

    std::map<MerchantId, std::string> names_;
    std::string issuer_;
    std::vector<Statement> statements_;
    bool complete_ = false;
    mutable std::unordered_map<Place, ExportAccount, PlaceHash> accounts_;  // filled as they are asked for
};

}  // namespace tenants
