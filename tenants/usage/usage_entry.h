#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenants/base/money.h"
#include "tenants/base/period.h"
#include "tenants/usage/hold.h"

namespace tenants {

enum class EntryKind {
    kCharge,      // one recognised scan: units 1
    kCorrection,  // takes an earlier charge back: units -1
    kWaiver,      // an unknown scan that was decided not to be billed: units 0
};
std::string_view entryKindText(EntryKind kind);  // charge, correction, waiver
std::optional<EntryKind> entryKindFromText(std::string_view text);
std::string_view entryOutcomeText(EntryKind kind);  // billed, of a waiver not_billed

/// One line of the ledger: never changed, never removed.
struct UsageEntry {
    EntryId id;
    MerchantId merchant;
    std::int64_t number = 0;  // 1, 2, 3 … of this merchant, without a gap: the order of the ledger
    EntryKind kind = EntryKind::kCharge;
    std::int64_t units = 0;  // 1, -1 or 0, as the kind says
    RequestId request;       // of the scan, in corrections too
    KeyId key;
    std::string x_request_id;
    UtcTime at;                // when the scan was held, in corrections too: the day it is billed in
    UtcTime recorded_at;       // when this line was written
    Period period{UtcTime{}};  // that it is billed in; later than `at` where that month was closed already
    std::optional<PlanVersionId> plan_version;  // none: the merchant had no plan
    std::optional<PackId> pack;                 // that paid for the unit beforehand
    std::optional<std::int64_t> corrects;       // number of the entry that a correction takes back
    std::optional<Money> price;                 // only in corrections of a closed period: what they give back
    std::string reason;                         // of corrections, waivers, and charges that were decided later
    ChainHash hash{};                           // of the chain up to here: docs/ledger-format.md
};

/// What there is to prove of it.
Receipt receiptOf(const UsageEntry& entry);

/// A hold as the operator sees it.
struct HoldView {
    RequestId request;
    HoldState state = HoldState::kHeld;
    std::int64_t units = 0;
    UtcTime at;
    std::string reason;  // why released or unknown; empty otherwise
    std::string x_request_id;
    std::int64_t row = 0;  // for paging
};

/// A window as the operator sees it. `held` counts every unit set aside, `unknown` how many of those are unknown.
struct WindowView {
    std::string policy;
    DaySpan span;
    std::optional<std::int64_t> limit;
    std::int64_t used = 0, held = 0, unknown = 0;
    std::int64_t used_elsewhere = 0;  // of WeChat's quota, without us: what is left to us of it is `limit`
    std::int64_t warned_percent = 0;  // 80 or 95, once so many are gone; 0: not yet
};

}  // namespace tenants
