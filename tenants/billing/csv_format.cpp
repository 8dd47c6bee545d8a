#include "tenants/billing/csv_format.h"

#include <array>
#include <charconv>

#include "tenants/base/digest.h"

namespace tenants {
namespace {

constexpr std::string_view kFormulaStarts = "=+-@\t\r";

}  // namespace

void CsvRow::separate() {
    if (!first_) out_.push_back(',');
    first_ = false;
}

CsvRow& CsvRow::null() {
    separate();
    return *this;
}

CsvRow& CsvRow::number(std::int64_t value) {
    separate();
    std::array<char, 24> digits{};
    const auto [end, failure] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out_.append(digits.data(), end);
    return *this;
}

CsvRow& CsvRow::numberOrNull(const std::optional<std::int64_t>& value) {
    return value ? number(*value) : null();
}

CsvRow& CsvRow::text(std::string_view value) {
    separate();
    if (!value.empty() && value.find_first_of(",\"\r\n") == std::string_view::npos) {
        out_.append(value);
        return *this;
    }
    out_.push_back('"');
    for (const char letter : value) {
        if (letter == '"') out_.push_back('"');
        out_.push_back(letter);
    }
    out_.push_back('"');
    return *this;
}

CsvRow& CsvRow::textOrNull(const std::optional<std::string_view>& value) {
    return value ? text(*value) : null();
}

CsvRow& CsvRow::freeText(std::string_view value) {
    if (value.empty() || kFormulaStarts.find(value.front()) == std::string_view::npos) return text(value);
    return text("'" + std::string{value});
}

CsvRow& CsvRow::freeTextOrNull(const std::optional<std::string_view>& value) {
    return value ? freeText(*value) : null();
}

std::vector<ExportColumn> CsvFormat::columns() const {
    return {entryColumns().begin(), entryColumns().end()};
}

void CsvFormat::header(std::string& out) const {
    CsvRow row{out};
    for (const ExportColumn& column : entryColumns()) row.text(column.name);
    row.end();
}

void CsvFormat::entry(const PricedEntry& priced, ExportText& out) {
    row(fieldsOf(priced, accounts_.find(priced.entry.merchant, priced.entry.period)), out);
}

void CsvFormat::charge(const Statement& statement, const StatementLine& line, ExportText& out) {
    row(fieldsOf(statement, line, statement.number()), out);
}

void CsvFormat::row(const EntryFields& fields, ExportText& out) {
    CsvRow row{out.bytes};
    row.text(fields.merchant).numberOrNull(fields.number).textOrNull(fields.id).text(fields.kind).number(fields.units);
    if (fields.scanned_at) {
        row.text(times_.utc(*fields.scanned_at));
    } else {
        row.null();
    }
    row.text(times_.utc(fields.recorded_at)).text(times_.date(fields.charge_day)).text(fields.period.text());
    row.text(std::string_view{fields.late ? "true" : "false"});
    row.textOrNull(fields.plan_version ? std::optional<std::string_view>{*fields.plan_version} : std::nullopt);
    row.number(fields.tier).number(fields.unit_price.microYuan()).number(fields.amount.microYuan());
    row.textOrNull(fields.pack).numberOrNull(fields.corrects);
    row.freeTextOrNull(fields.reason.empty() ? std::nullopt : std::optional{fields.reason});
    row.freeTextOrNull(fields.request).freeTextOrNull(fields.x_request_id).textOrNull(fields.key);
    if (fields.hash != nullptr) {
        row.text(std::string_view{hexText(*fields.hash)});
    } else {
        row.null();
    }
    row.textOrNull(fields.statement_number.empty() ? std::nullopt : std::optional{fields.statement_number});
    row.end();
    ++out.rows;
    out.billed = out.billed.plus(fields.amount);
}

}  // namespace tenants
