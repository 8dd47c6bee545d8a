#pragma once

#include <chrono>
#include <cstddef>

#include "tenants/authorization/authorization_store.h"

namespace tenants {

/// Erases what onboarding leaves behind once it has no more use: handled events, links and invitations that have run
/// out, exchanged authorization codes. Never an event that is not handled. Safe from any thread.
class Retention {
public:
    struct Settings {
        /// After its end. Must be longer than twice the window of push timestamps: so long can a recorded push be played
        /// back, and until then its like must be found.
        std::chrono::hours keep{30 * 24};
        std::size_t batch_rows_max = 200;  // of each kind: what one change may hold the store's writer up for
        std::size_t batches_max = 50;      // a run; the rest waits for the next one
    };
    Retention(AuthorizationStore& store, const Clock& clock, Settings settings)
        : store_(store), clock_(clock), settings_(settings) {}

    /// Every few minutes: batch by batch, so that pushes and scans come in between. Gives the number of what was erased;
    /// kStoreUnavailable.
    Task<Result<std::size_t>> eraseEnded();

private:
    AuthorizationStore& store_;
    const Clock& clock_;
    const Settings settings_;
};

}  // namespace tenants
