#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"

namespace tenants {

/// What an operator does, to be written in the transaction that does it: a deed that cannot be written down is not done.
struct AuditNote {
    KeyId actor;             // the admin token, adm_…
    std::string action;      // a stable word, such as usage_entry.correct
    MerchantId merchant;     // that it is about; empty: none
    std::string target;      // what of it, by its outside name; empty: the merchant itself
    std::string reason;      // the operator's words; empty where none are asked for
    std::string request_id;  // X-Request-Id of the call
    UtcTime at;
};

/// One line of the audit: never changed, never removed.
struct AuditEntry {
    std::int64_t number = 0;  // 1, 2, 3 … of the whole installation
    AuditNote note;
};

/// What operators did. Safe from any thread; reads may block on the disk.
class AuditLog {
public:
    virtual ~AuditLog() = default;

    /// Newest first: those with number < `before` (none: from the newest), at most `count`; of one merchant, or of all.
    virtual std::vector<AuditEntry> entries(const std::optional<MerchantId>& merchant,
                                            std::optional<std::int64_t> before, std::size_t count) const = 0;
};

}  // namespace tenants
