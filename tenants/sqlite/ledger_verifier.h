#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "tenants/billing/statement_key.h"
#include "tenants/usage/ledger_check.h"

namespace tenants {

/// The name by which a head of the audit's chain is printed and known: no merchant has it.
inline constexpr std::string_view kAuditChain = "audit";

struct LedgerVerification {
    std::optional<MerchantId> merchant;  // none: all
    std::vector<KnownEntry> known;       // of the merchant kAuditChain: entries of the audit
    /// Keys that may have signed statements; none: those that the database itself lists.
    std::optional<std::vector<StatementPublicKey>> statement_keys;
    std::function<void(const UsageEntry& entry)> each;  // of every entry that could be read, as they lie; may be empty
};

/// Recomputes every chain of the database, that of the audit included, compares them with their heads, with what is known
/// from outside and with what statements and audit name, the rows that the audit keeps with what it says of them, and the sums
/// of windows and packs with the entries and holds that they are sums of. Reads one commit, changes nothing, and may run
/// beside a gateway that serves. Throws sqlite::DatabaseRefused where the file is not one of this version's.
LedgerReport verifyLedger(const std::filesystem::path& path, const LedgerVerification& asked);

}  // namespace tenants
