#pragma once

#include <array>
#include <string>

#include "tenants/usage/usage_entry.h"

namespace tenants {

/// Version 1 of docs/ledger-format.md, which describes these bytes for whoever writes a verifier of his own.
inline constexpr std::string_view kEntryFormat = "tollgate-entry-1";

/// Everything that an entry says but its hash, as the chain takes it in.
std::string canonicalBytes(const UsageEntry& entry);

/// SHA-256 of the hash before and the entry's canonical bytes; `entry.hash` is not looked at. Throws std::runtime_error
/// where the library cannot compute it. Any thread.
ChainHash chainHash(const ChainHash& before, const UsageEntry& entry);

}  // namespace tenants
