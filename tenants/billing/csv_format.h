#pragma once

#include "tenants/billing/entry_fields.h"
#include "tenants/billing/export_format.h"

namespace tenants {

/// Appends CSV fields as RFC 4180 has them: null is empty, an empty text is `""`.
class CsvRow {
public:
    explicit CsvRow(std::string& out) : out_(out) {}

    CsvRow& null();
    CsvRow& number(std::int64_t value);
    CsvRow& numberOrNull(const std::optional<std::int64_t>& value);
    /// Quoted where it has to be.
    CsvRow& text(std::string_view value);
    CsvRow& textOrNull(const std::optional<std::string_view>& value);
    /// Words of somebody else: one that a spreadsheet would take for a formula gets an apostrophe in front.
    CsvRow& freeText(std::string_view value);
    CsvRow& freeTextOrNull(const std::optional<std::string_view>& value);
    void end() { out_.append("\r\n"); }

private:
    void separate();

    std::string& out_;
    bool first_ = true;
};

/// One row an entry, in the columns of `entryColumns`: UTF-8, a header line, CRLF.
class CsvFormat final : public ExportFormat {
public:
    explicit CsvFormat(const ExportAccounts& accounts) : accounts_(accounts) {}

    std::string_view extension() const override { return "csv"; }
    std::vector<ExportColumn> columns() const override;
    void header(std::string& out) const override;
    void entry(const PricedEntry& priced, ExportText& out) override;
    void charge(const Statement& statement, const StatementLine& line, ExportText& out) override;
    bool drain(ExportText& /*out*/) override { return false; }

private:
    void row(const EntryFields& fields, ExportText& out);

    const ExportAccounts& accounts_;
    TimeText times_;
};

}  // namespace tenants
