#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tenants/billing/priced_entries.h"
#include "tenants/billing/statement.h"

namespace tenants {

/// What a format has written since the caller last took it away.
struct ExportText {
    std::string bytes;
    std::int64_t rows = 0;  // without the header
    Money billed;           // the sum of their amounts
};

struct ExportColumn {
    std::string_view name;
    std::string_view type;  // STRING, INTEGER, DECIMAL, DATETIME, JSON
};

/// Whose rows a format writes: names as they were at closing, where the period is closed.
struct ExportAccount {
    std::string name;
    std::string issuer;
    std::string statement_number;  // empty: the period is open
    std::string chain_hash;        // of the statement's last entry, in hex; empty where there is none
};

/// Finds the account of a merchant's rows in a period.
class ExportAccounts {
public:
    virtual const ExportAccount& find(const MerchantId& merchant, Period period) const = 0;

protected:
    ~ExportAccounts() = default;
};

/// One format of export files. Rows come first of the entries, then of the statements' own charges; the same rows in the
/// same order give the same bytes. Not safe from several threads.
class ExportFormat {
public:
    virtual ~ExportFormat() = default;
    virtual std::string_view extension() const = 0;  // csv, jsonl
    virtual std::vector<ExportColumn> columns() const = 0;
    /// What every file begins with; not a row.
    virtual void header(std::string& out) const = 0;
    virtual void entry(const PricedEntry& priced, ExportText& out) = 0;
    /// A line of a statement that no entry stands behind: a pack sold, the minimum, the rounding.
    virtual void charge(const Statement& statement, const StatementLine& line, ExportText& out) = 0;
    /// Writes some of what the format has kept back until it had seen everything; false where nothing is left.
    virtual bool drain(ExportText& out) = 0;
};

enum class ExportFormatName { kCsv, kJsonLines, kFocus };
std::optional<ExportFormatName> exportFormatFromText(std::string_view text);  // csv, jsonl, focus
std::string_view exportFormatText(ExportFormatName name);

/// `accounts` must outlive the format.
std::unique_ptr<ExportFormat> makeExportFormat(ExportFormatName name, const ExportAccounts& accounts);

}  // namespace tenants
