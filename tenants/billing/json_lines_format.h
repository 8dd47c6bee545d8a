#pragma once

#include "tenants/billing/entry_fields.h"
#include "tenants/billing/export_format.h"

namespace tenants {

/// One JSON object a line, ended by LF, with a member for each of `entryColumns`; nulls are written out.
class JsonLinesFormat final : public ExportFormat {
public:
    explicit JsonLinesFormat(const ExportAccounts& accounts) : accounts_(accounts) {}

    std::string_view extension() const override { return "jsonl"; }
    std::vector<ExportColumn> columns() const override;
    void header(std::string& /*out*/) const override {}
    void entry(const PricedEntry& priced, ExportText& out) override;
    void charge(const Statement& statement, const StatementLine& line, ExportText& out) override;
    bool drain(ExportText& /*out*/) override { return false; }

private:
    void row(const EntryFields& fields, ExportText& out);

    const ExportAccounts& accounts_;
    TimeText times_;
};

}  // namespace tenants
