#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "tenants/billing/csv_format.h"
#include "tenants/billing/export_format.h"

namespace tenants {

inline constexpr std::string_view kFocusVersion = "1.2";

/// FOCUS 1.2 as CSV: a row is one merchant × one day of scans × one price × one charge category, with its currency in
/// decimal yuan. Entries are counted up first and written by `drain`, by merchant, day and price: memory grows with
/// merchants × days × prices, not with entries. Columns and rules: docs/exports.md.
class FocusFormat final : public ExportFormat {
public:
    explicit FocusFormat(const ExportAccounts& accounts) : accounts_(accounts) {}

    std::string_view extension() const override { return "csv"; }
    std::vector<ExportColumn> columns() const override;
    void header(std::string& out) const override;
    void entry(const PricedEntry& priced, ExportText& out) override;
    void charge(const Statement& statement, const StatementLine& line, ExportText& out) override;
    bool drain(ExportText& out) override;

private:
    struct Price {
        std::optional<PlanVersionId> plan_version;
        std::int64_t tier = 0;
        Money unit_price;
        std::optional<PackId> pack;
        auto key() const { return std::tie(plan_version, tier, unit_price, pack); }
        bool operator<(const Price& other) const { return key() < other.key(); }
    };
    struct Place {
        MerchantId merchant;
        Period period;
        bool operator<(const Place& other) const {
            return std::tie(merchant, period) < std::tie(other.merchant, other.period);
        }
    };
    /// Of one merchant and period. Taken back scans are rows of their own.
    struct Group {
        UtcTime day;
        bool correction_of_closed = false;
        bool taken_back = false;
        const Price* price = nullptr;  // of `prices_`
        bool operator<(const Group& other) const;
    };
    struct Count {
        std::int64_t units = 0;
        std::int64_t first_number = 0;
        std::int64_t last_number = 0;
    };
    struct OwnCharge {
        StatementLine line;
        UtcTime day;
    };
    struct Account {
        std::map<Group, Count> groups;
        std::vector<OwnCharge> charges;
    };
    struct Row;

    void write(const Row& row, ExportText& out);
    void writeAccount(const Place& place, const Account& account, ExportText& out);

    const ExportAccounts& accounts_;
    std::map<Price, int> prices_;
    std::map<Place, Account> waiting_;
};

}  // namespace tenants
