#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/exports/part_file.h"
#include "tenants/billing/export_accounts.h"
#include "tenants/billing/export_rows.h"

namespace gateway::exports {

/// What is asked for.
struct ExportRequest {
    tenants::ExportScope scope;
    tenants::ExportFormatName format = tenants::ExportFormatName::kCsv;
    bool gzip = false;
    bool byte_order_mark = false;          // of CSV, for spreadsheets that take UTF-8 for something else without it
    std::int64_t rows_per_part = 100'000;  // a part may get a few more
};

/// What an export has done so far; kept beside the parts, so that another try can go on.
struct ExportState {
    std::int64_t end = 0;         // place in the ledger that it ends at
    bool complete = false;        // nothing can be added to its scope any more
    tenants::UtcTime created_at;  // that the files stand for: of a complete one, its closing
    std::vector<PartFacts> parts;
};

/// The request in words that two equal requests share; part of both files.
std::string requestText(const ExportRequest& request);
/// What `requestText` wrote; empty where it is not whole or asks for what there is not.
std::optional<ExportRequest> readRequest(const std::string& text);

std::string stateText(const ExportRequest& request, const ExportState& state);
/// What `stateText` wrote; empty where it was for another request, or is not whole.
std::optional<ExportState> readState(const std::string& text, const ExportRequest& request);

/// The manifest: docs/exports.md. The same request over the same closed period gives the same bytes.
std::string manifestText(const ExportRequest& request, const ExportState& state, const tenants::ExportFormat& format,
                         const std::map<tenants::MerchantId, tenants::ExportedLedger>& ledgers,
                         const PartFacts& ledgers_file);
/// Whether `text` is a whole manifest of a complete export of this very request.
bool isManifestOf(const std::string& text, const ExportRequest& request);
/// One line of JSON a merchant: what of its ledger was taken.
std::string ledgersText(const std::map<tenants::MerchantId, tenants::ExportedLedger>& ledgers);
/// The metadata that FOCUS wants beside its data.
std::string focusMetadataText(const ExportState& state, const tenants::ExportFormat& format);

}  // namespace gateway::exports
