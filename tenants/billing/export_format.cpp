#include "tenants/billing/export_format.h"

#include <array>
#include <cstdlib>

#include "tenants/billing/csv_format.h"
#include "tenants/billing/focus_format.h"
#include "tenants/billing/json_lines_format.h"

namespace tenants {

std::string_view exportFormatText(ExportFormatName name) {
    switch (name) {
        case ExportFormatName::kCsv: return "csv";
        case ExportFormatName::kJsonLines: return "jsonl";
        case ExportFormatName::kFocus: return "focus";
    }
    return "";
}

std::optional<ExportFormatName> exportFormatFromText(std::string_view text) {
    static constexpr std::array kNames{ExportFormatName::kCsv, ExportFormatName::kJsonLines, ExportFormatName::kFocus};
    for (const ExportFormatName name : kNames) {
        if (exportFormatText(name) == text) return name;
    }
    return std::nullopt;
}

std::unique_ptr<ExportFormat> makeExportFormat(ExportFormatName name, const ExportAccounts& accounts) {
    switch (name) {
        case ExportFormatName::kCsv: return std::make_unique<CsvFormat>(accounts);
        case ExportFormatName::kJsonLines: return std::make_unique<JsonLinesFormat>(accounts);
        case ExportFormatName::kFocus: return std::make_unique<FocusFormat>(accounts);
    }
    std::abort();  // a format this table was never told of
}

}  // namespace tenants
