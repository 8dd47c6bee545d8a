#pragma once

#include <map>
#include <memory>
#include <optional>

#include "tenants/authorization/platform.h"
#include "tenants/base/async_mutex.h"

namespace tenants {

/// WeChat's own list of the accounts that are authorized to us, which brings lost refresh tokens back: one read in
/// flight, its outcome shared by all who asked meanwhile and for a short time by those who ask later. A thousand merchants
/// whose refresh tokens are refused at once cost one read. Safe from any thread.
class AuthorizerList {
public:
    struct Settings {
        std::chrono::seconds shared_for{60};         // a whole list
        std::chrono::seconds failure_shared_for{5};  // a failure, among those with the same component token
    };
    /// Accounts with their refresh tokens; null: listed without one.
    using Entries = std::map<AppId, SharedSecret>;
    using Reading = Result<std::shared_ptr<const Entries>>;

    AuthorizerList(Platform& platform, const Clock& clock, Settings settings)
        : platform_(platform), clock_(clock), settings_(settings) {}

    /// The list as it was a moment ago. The errors of Platform.
    Task<Reading> recent(SharedSecret component_token);
    /// The list as it is now.
    Task<Reading> readAnew(SharedSecret component_token);

private:
    struct Outcome {
        Reading reading;
        SharedSecret component_token;
        SteadyTime ended;
    };

    std::optional<Reading> shared(const SharedSecret& component_token) const;
    Task<Reading> readLocked(SharedSecret component_token);
    Task<Reading> readPages(SharedSecret component_token);

    Platform& platform_;
    const Clock& clock_;
    const Settings settings_;
    AsyncMutex lock_;
    std::optional<Outcome> last_;  // under `lock_`
};

}  // namespace tenants
