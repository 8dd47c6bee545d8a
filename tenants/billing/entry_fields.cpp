#include "tenants/billing/entry_fields.h"

#include <chrono>

namespace tenants {
namespace {

void putTwo(std::string& text, std::size_t at, std::int64_t number) {
    text[at] = static_cast<char>('0' + number / 10);
    text[at + 1] = static_cast<char>('0' + number % 10);
}

}  // namespace

std::string_view TimeText::utc(UtcTime time) {
    const Days day = std::chrono::floor<std::chrono::days>(time);
    if (day != day_) {
        text_ = rfc3339(UtcTime{day});
        day_ = day;
    }
    const std::int64_t millis = (time - day).count();
    putTwo(text_, 11, millis / 3'600'000);
    putTwo(text_, 14, millis / 60'000 % 60);
    putTwo(text_, 17, millis / 1'000 % 60);
    text_.resize(19);
    if (const std::int64_t fraction = millis % 1'000; fraction != 0) {
        text_.append(".000");
        text_[20] = static_cast<char>('0' + fraction / 100);
        putTwo(text_, 21, fraction % 100);
    }
    text_.push_back('Z');
    return text_;
}

std::string_view TimeText::date(UtcTime time) {
    const Days day = std::chrono::floor<std::chrono::days>(time + std::chrono::hours{8});
    if (day != beijing_day_) {
        date_ = beijingDate(time);
        beijing_day_ = day;
    }
    return date_;
}

UtcTime lastDayOf(Period period) {
    return beijingDay(period.ends() - std::chrono::milliseconds{1}).starts;
}

const std::array<ExportColumn, 22>& entryColumns() {
    static constexpr std::array<ExportColumn, 22> kColumns{{
        {"merchant_id", "STRING"},
        {"entry_number", "INTEGER"},
        {"entry_id", "STRING"},
        {"kind", "STRING"},
        {"units", "INTEGER"},
        {"scanned_at", "DATETIME"},
        {"recorded_at", "DATETIME"},
        {"charge_day", "DATE"},
        {"period", "STRING"},
        {"late", "BOOLEAN"},
        {"plan_version", "STRING"},
        {"tier", "INTEGER"},
        {"unit_price_micro_yuan", "INTEGER"},
        {"amount_micro_yuan", "INTEGER"},
        {"pack_id", "STRING"},
        {"corrects_number", "INTEGER"},
        {"reason", "STRING"},
        {"request_id", "STRING"},
        {"x_request_id", "STRING"},
        {"key_id", "STRING"},
        {"chain_hash", "STRING"},
        {"statement_number", "STRING"},
    }};
    return kColumns;
}

EntryFields fieldsOf(const PricedEntry& priced, const ExportAccount& account) {
    const UsageEntry& entry = priced.entry;
    EntryFields fields;
    fields.merchant = entry.merchant.text();
    fields.number = entry.number;
    fields.id = entry.id.text();
    fields.kind = entryKindText(entry.kind);
    fields.units = entry.units;
    fields.scanned_at = entry.at;
    fields.recorded_at = entry.recorded_at;
    fields.charge_day = entry.at;
    fields.period = entry.period;
    fields.late = isLate(entry);
    if (entry.plan_version) fields.plan_version = entry.plan_version->text();
    fields.tier = priced.price.tier;
    fields.unit_price = priced.price.unit_price;
    fields.amount = priced.price.amount;
    if (entry.pack) fields.pack = entry.pack->text();
    fields.corrects = entry.corrects;
    fields.reason = entry.reason;
    fields.request = entry.request.text();
    fields.x_request_id = entry.x_request_id;
    fields.key = entry.key.text();
    fields.hash = &entry.hash;
    fields.statement_number = account.statement_number;
    return fields;
}

EntryFields fieldsOf(const Statement& statement, const StatementLine& line, const std::string& statement_number) {
    EntryFields fields;
    fields.merchant = statement.merchant.text();
    fields.kind = lineKindText(line.kind);
    fields.recorded_at = statement.closed_at;
    fields.charge_day = lastDayOf(statement.period);
    fields.period = statement.period;
    if (line.plan_version) fields.plan_version = line.plan_version->text();
    fields.amount = line.amount;
    if (line.pack) fields.pack = line.pack->text();
    fields.statement_number = statement_number;
    return fields;
}

}  // namespace tenants
