#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tenants/usage/hold.h"

namespace tenants {

/// One line of the ledger: never changed, never removed.
struct UsageEntry {
    EntryId id;
    MerchantId merchant;
    std::int64_t number = 0;  // 1, 2, 3 … of this merchant, without a gap: the order of the ledger
    std::string kind;         // charge (corrections come later)
    std::int64_t units = 0;
    RequestId request;
    KeyId key;
    std::string x_request_id;
    UtcTime at;  // when the scan was held: the day it is billed in
    UtcTime recorded_at;
    Outcome outcome = Outcome::kRecognised;
};

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
};

}  // namespace tenants
