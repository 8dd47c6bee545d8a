#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenants/base/clock.h"
#include "tenants/base/hash_chain.h"
#include "tenants/base/ids.h"
#include "tenants/base/result.h"
#include "tenants/base/task.h"

namespace tenants {

/// What an operator does, to be written in the transaction that does it: a deed that cannot be written down is not done.
/// The caller says who, why, when and by which call; a store that makes the change says what it is and of what.
struct AuditNote {
    KeyId actor;             // the admin token, adm_…; `cli` of a command; `tollgate` of what it does by itself
    std::string action;      // a stable word, such as usage_entry.correct
    MerchantId merchant;     // that it is about; empty: none
    std::string target;      // what of it, by its outside name; empty: the merchant itself
    std::string reason;      // the operator's words; empty where none are asked for
    std::string request_id;  // X-Request-Id of the call
    UtcTime at;

    // Declared, because g++ 12 destroys an aggregate twice that is the default argument of a coroutine.
    AuditNote() = default;
    AuditNote(KeyId who, std::string what, MerchantId whose, std::string of_it, std::string why, std::string call,
              UtcTime when)
        : actor(std::move(who)),
          action(std::move(what)),
          merchant(std::move(whose)),
          target(std::move(of_it)),
          reason(std::move(why)),
          request_id(std::move(call)),
          at(when) {}

    /// The same with what was done, and to what.
    AuditNote on(std::string what, MerchantId whose, std::string of_it) const {
        AuditNote note = *this;
        note.action = std::move(what);
        note.merchant = std::move(whose);
        note.target = std::move(of_it);
        return note;
    }
};

/// One line of the audit: never changed, never removed.
struct AuditEntry {
    std::int64_t number = 0;  // 1, 2, 3 … of the whole installation
    AuditNote note;
    std::optional<std::string> content;  // JSON: what the target was afterwards; none: it is no row that is kept
    ChainHash hash{};                    // of the audit up to here: docs/ledger-format.md
};

/// Version 1 of the audit's chain in docs/ledger-format.md.
inline constexpr std::string_view kAuditFormat = "tollgate-audit-1";

/// The hash of `entry` behind one with `before`; `entry.hash` is not looked at. As linkHash.
ChainHash auditHash(const ChainHash& before, const AuditEntry& entry);

/// Whether lines of the audit can have this action.
bool isAuditAction(std::string_view action);

/// Which lines of the audit are asked for.
struct AuditFilter {
    std::optional<MerchantId> merchant;  // none: of all
    std::string action;                  // empty: any
};

/// What operators did. Safe from any thread; reads may block on the disk.
class AuditLog {
public:
    virtual ~AuditLog() = default;

    /// Newest first: those with number < `before` (none: from the newest), at most `count`.
    virtual std::vector<AuditEntry> entries(const AuditFilter& filter, std::optional<std::int64_t> before,
                                            std::size_t count) const = 0;
    /// Of a deed that is no change of the store. Durable when the task ends, before the deed is begun; kStoreUnavailable.
    virtual Task<Result<Done>> append(AuditNote note) = 0;
};

}  // namespace tenants
