#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <vector>

#include "tenants/authorization/token_keeper.h"

namespace tenants {

/// Renews the component's and every merchant's token ahead of its end, whether the merchant scans or not, so that a scan
/// never waits for a refresh and a merchant whose refresh token died is known before its next scan. Asked again and again
/// at any pace: what is due is told by the clocks and not by how often it was asked. Safe from any thread.
class TokenRenewal {
public:
    struct Settings {
        std::size_t at_once = 8;         // refresh calls in flight
        std::size_t per_pass_max = 500;  // merchants; the others come with the next pass
    };
    struct Report {
        std::size_t due = 0;  // merchants whose token is within its margin, the pausing ones apart
        std::size_t renewed = 0;
        std::size_t failed = 0;
        std::size_t left = 0;                    // for the next pass
        std::optional<Error> component_failure;  // then no merchant was looked at, unless the old token still works
    };
    TokenRenewal(TokenKeeper& tokens, const AuthorizationStore& store, const Clock& clock, Settings settings)
        : tokens_(tokens), store_(store), clock_(clock), settings_(settings) {}

    /// The component first, then the merchants, those first whose tokens end first. Ends at once where a pass is under
    /// way already. A pass is given up where WeChat fails whatever merchant it is asked for.
    Task<Report> renewDue();
    /// Takes no more merchants from now on: a pass that is under way ends with the calls that it has in flight.
    void stop() noexcept { stopped_ = true; }

private:
    struct Pass;
    struct Due {
        std::vector<MerchantId> merchants;  // the soonest end first
        bool of_all = false;                // everybody was looked at
        bool pausing_far_off = false;       // somebody who has to wait would not be found by the stored end
    };
    Due dueNow();
    Task<void> renewFrom(Pass& pass);

    TokenKeeper& tokens_;
    const AuthorizationStore& store_;
    const Clock& clock_;
    const Settings settings_;
    std::atomic<bool> running_{false};
    std::atomic<bool> stopped_{false};
    /// When every merchant was looked at, and not only those whose stored end comes near. None: to be done, at the start
    /// and after a leap of the wall clock, until nothing is left to mend. Touched by the one pass alone.
    std::optional<Moment> looked_at_all_;
};

}  // namespace tenants
