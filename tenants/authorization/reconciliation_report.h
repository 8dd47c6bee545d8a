#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenants/base/audit.h"
#include "tenants/base/clock.h"
#include "tenants/base/ids.h"
#include "tenants/base/result.h"
#include "tenants/base/task.h"

namespace tenants {

using ReconciliationId = Id<struct ReconciliationIdTag>;  // rec_…

/// Something in which WeChat's word and ours were not the same.
struct Difference {
    AppId appid;
    MerchantId merchant;  // empty: of an account that no merchant of ours has
    std::string kind;     // a stable short text, see difference_kinds
    bool mended = false;  // ours is as WeChat's now; else it is for the operator
    std::string detail;   // for the operator's eyes; no secret
};

namespace difference_kinds {
inline constexpr std::string_view kUnknownAccount = "unknown_account";  // authorized to us, bound to no merchant
inline constexpr std::string_view kNotListed = "not_listed";            // authorized by its info, but not listed
inline constexpr std::string_view kWithdrawn = "withdrawn";             // not authorized to us any more
inline constexpr std::string_view kRestored = "restored";               // withdrawn with us, authorized at WeChat
inline constexpr std::string_view kRefreshToken = "refresh_token";      // was missing or another one
inline constexpr std::string_view kGrantedSets = "granted_sets";        // others than we knew
inline constexpr std::string_view kAccount = "account";                 // kind, verification, status or name
inline constexpr std::string_view kPermission117Missing = "permission_117_missing";
inline constexpr std::string_view kNotEligible = "account_not_eligible";
inline constexpr std::string_view kNotChecked = "not_checked";  // WeChat would not say
}  // namespace difference_kinds

/// One comparison of all that we know of grants with all that WeChat tells.
struct ReconciliationReport {
    enum class State { kRunning, kDone, kFailed };
    enum class Trigger { kDaily, kOperator };

    ReconciliationId id;
    State state = State::kRunning;
    Trigger trigger = Trigger::kDaily;
    UtcTime started_at;
    std::optional<UtcTime> finished_at;
    std::int64_t listed = 0;    // accounts in WeChat's list
    std::int64_t to_check = 0;  // accounts of merchants of ours, and how many of them were compared
    std::int64_t checked = 0;
    std::int64_t differences_total = 0;
    std::string error;                    // why it failed, a stable short text
    std::vector<Difference> differences;  // the first kDifferencesKept of them
    static constexpr std::size_t kDifferencesKept = 1000;
};

std::string_view reconciliationStateText(ReconciliationReport::State state);        // running, done, failed
std::string_view reconciliationTriggerText(ReconciliationReport::Trigger trigger);  // daily, operator

/// The reports of one component platform. Changes are durable when their task ends; kStoreUnavailable where the store
/// cannot write. Safe from any thread.
class ReconciliationStore {
public:
    static constexpr std::size_t kReportsKept = 60;

    virtual ~ReconciliationStore() = default;
    /// Stores the report, in the place of an earlier one with its id, and forgets all but the newest kReportsKept. With a
    /// note, that an operator began it is in the audit.
    virtual Task<Result<Done>> save(ReconciliationReport report, std::optional<AuditNote> note = std::nullopt) = 0;
    virtual Task<std::optional<ReconciliationReport>> find(ReconciliationId id) = 0;
    /// Newest first, without their differences.
    virtual Task<std::vector<ReconciliationReport>> newest(std::size_t count) = 0;
};

}  // namespace tenants
