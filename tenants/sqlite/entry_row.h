#pragma once

#include <cstdint>
#include <string_view>

#include "tenants/sqlite/query.h"
#include "tenants/usage/usage_entry.h"

namespace tenants::sqlite {

/// What `entryOf` reads, in its order, of usage_entry and of what `kEntryNames` joins to it.
inline constexpr std::string_view kEntryColumns =
    "usage_entry.number, usage_entry.id, usage_entry.kind, usage_entry.units, usage_entry.request_id,"
    " usage_entry.key_id, usage_entry.x_request_id, usage_entry.at_ms, usage_entry.recorded_ms, usage_entry.period,"
    " entry_plan.id, entry_version.number, entry_pack.id, usage_entry.corrects_number, usage_entry.price_micro_yuan,"
    " usage_entry.reason, usage_entry.hash";
inline constexpr int kEntryColumnCount = 17;
/// The outside names of the plan version and the pack that an entry's row names by their rows.
inline constexpr std::string_view kEntryNames =
    " LEFT JOIN plan_version AS entry_version ON entry_version.row = usage_entry.plan_version_row"
    " LEFT JOIN plan AS entry_plan ON entry_plan.row = entry_version.plan_row"
    " LEFT JOIN pack AS entry_pack ON entry_pack.row = usage_entry.pack_row ";

/// The entry whose columns begin at `first`. Throws std::runtime_error where the row says what no entry can say.
UsageEntry entryOf(const Query& row, int first, const MerchantId& merchant);

/// Throws std::runtime_error where the number is no month's.
Period periodOf(std::int64_t number);
/// Throws std::runtime_error where there are not 32 bytes.
ChainHash hashOf(std::string_view bytes);
/// Valid while `hash` is.
std::string_view bytesOf(const ChainHash& hash);

}  // namespace tenants::sqlite
