#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenants/billing/export_format.h"

namespace tenants {

/// RFC 3339 times and Beijing dates, made quickly: rows that follow each other are mostly of one day. One thread.
class TimeText {
public:
    /// As rfc3339 has it. Valid until the next call.
    std::string_view utc(UtcTime time);
    std::string_view date(UtcTime time);  // as beijingDate has it

private:
    using Days = std::chrono::sys_days;
    Days day_ = Days::min();
    Days beijing_day_ = Days::min();
    std::string text_;
    std::string date_;
};

/// One row of the entry formats (CSV, JSON Lines): the same columns under the same names in both.
struct EntryFields {
    std::string_view merchant;
    std::optional<std::int64_t> number;
    std::optional<std::string_view> id;
    std::string_view kind;
    std::int64_t units = 0;
    std::optional<UtcTime> scanned_at;
    UtcTime recorded_at;
    UtcTime charge_day;
    Period period{UtcTime{}};
    bool late = false;
    std::optional<std::string> plan_version;
    std::int64_t tier = 0;
    Money unit_price;
    Money amount;
    std::optional<std::string_view> pack;
    std::optional<std::int64_t> corrects;
    std::string_view reason;
    std::optional<std::string_view> request, x_request_id, key;
    const std::array<unsigned char, 32>* hash = nullptr;
    std::string_view statement_number;  // empty: none yet
};

/// The names and types of the fields, in the order of a row.
const std::array<ExportColumn, 22>& entryColumns();

/// Views into `priced` and `account`, valid while these are.
EntryFields fieldsOf(const PricedEntry& priced, const ExportAccount& account);
/// Of a statement's own charge: recorded at closing, on the last day of its period.
EntryFields fieldsOf(const Statement& statement, const StatementLine& line, const std::string& statement_number);

/// The Beijing day that a statement's own charges stand on.
UtcTime lastDayOf(Period period);

}  // namespace tenants
