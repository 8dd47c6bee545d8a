#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "tenants/usage/ledger_check.h"

namespace tenants {

struct LedgerVerification {
    std::optional<MerchantId> merchant;  // none: all
    std::vector<KnownEntry> known;
    std::function<void(const UsageEntry& entry)> each;  // of every entry that could be read, as they lie; may be empty
};

/// Recomputes every chain of the database, compares them with their heads and with what is known from outside, and the
/// sums of windows and packs with the entries and holds that they are sums of. Reads one commit, changes nothing, and
/// may run beside a gateway that serves. Throws sqlite::DatabaseRefused where the file is not one of this version's.
LedgerReport verifyLedger(const std::filesystem::path& path, const LedgerVerification& asked);

}  // namespace tenants
