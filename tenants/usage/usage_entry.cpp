#include "tenants/usage/usage_entry.h"

namespace tenants {

std::string_view entryKindText(EntryKind kind) {
    switch (kind) {
        case EntryKind::kCharge: return "charge";
        case EntryKind::kCorrection: return "correction";
        case EntryKind::kWaiver: return "waiver";
    }
    return "";
}

std::optional<EntryKind> entryKindFromText(std::string_view text) {
    for (const EntryKind kind : {EntryKind::kCharge, EntryKind::kCorrection, EntryKind::kWaiver}) {
        if (entryKindText(kind) == text) return kind;
    }
    return std::nullopt;
}

Receipt receiptOf(const UsageEntry& entry) {
    return {entry.id, entry.number, entry.hash, entry.period};
}

std::string_view entryOutcomeText(EntryKind kind) {
    return kind == EntryKind::kWaiver ? "not_billed" : "billed";
}

}  // namespace tenants
