#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "gateway/exports/manifest.h"
#include "tenants/base/clock.h"

namespace gateway::exports {

/// How far an export has come. Written by the one who exports, read by anybody.
struct ExportProgress {
    std::atomic<std::int64_t> entries_total{0};
    std::atomic<std::int64_t> entries_read{0};
    std::atomic<std::int64_t> rows{0};
    std::atomic<bool> stop{false};  // set by anybody: ends it between two portions; it can be gone on with
};

/// Where exports come from.
struct ExportSource {
    const tenants::LedgerScan& scan;
    const tenants::PlanTermsSource& plans;
    const tenants::StatementStore& statements;
    std::function<std::map<tenants::MerchantId, std::string>()> merchant_names;
    std::string issuer;
    const tenants::Clock& clock;
};

enum class ExportEnd {
    kDone,
    kAlreadyDone,  // the folder has the manifest of this very request: nothing was touched
    kStopped,
};

/// Writes an export into `folder`, which is made where there is none: `BILLING_PERIOD=2026-11/part-00001.csv` (a range of
/// entries: `ENTRIES/…`), `ledgers.jsonl`, and last `manifest.json`. A folder that an earlier try left is gone on with: finished parts stay.
/// Throws std::runtime_error where the folder has the manifest of another request, std::system_error where the disk
/// refuses. Blocks for as long as it takes: on a thread of its own.
ExportEnd writeExport(const ExportSource& source, const ExportRequest& request, const std::filesystem::path& folder,
                      ExportProgress& progress);

}  // namespace gateway::exports
