#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "tenants/authorization/grant_keeper.h"
#include "tenants/authorization/reconciliation_report.h"
#include "tenants/base/backoff.h"

namespace tenants {

/// Compares every grant that we know with WeChat's list and each account's info, daily and when the operator asks; mends
/// what is ours to mend and reports the rest. Events can be lost; this is what finds out. One run at a time, in small
/// steps, so that it neither crowds the platform's quota nor holds a shutdown up; a run that a crash cut short is begun
/// anew, which does no harm. Safe from any thread.
class Reconciliation {
public:
    struct Settings {
        std::chrono::hours every{24};
        std::chrono::minutes first_after{10};  // where none was ever done: a new installation has nothing to compare
        std::size_t per_step = 20;             // accounts, one call of WeChat's each
        std::size_t at_once = 4;
        Backoff pause_after_failure{std::chrono::minutes{5}, std::chrono::hours{6}};
    };
    Reconciliation(TokenKeeper& tokens, GrantKeeper& grants, const AuthorizationStore& authorizations,
                   ReconciliationStore& reports, const Clock& clock, Settings settings);
    ~Reconciliation();
    Reconciliation(const Reconciliation&) = delete;
    Reconciliation& operator=(const Reconciliation&) = delete;

    /// Begins a run, or gives the one that is under way; `advance` carries it on. kStoreUnavailable.
    Task<Result<ReconciliationReport>> start(std::optional<AuditNote> note = std::nullopt);
    /// One step: begins a run where one is due, compares some accounts, ends the run. Ends at once where there is
    /// nothing to do or another step is under way. Gives the report of a run that this step ended, and the error where
    /// the store could not write or read.
    Task<Result<std::optional<ReconciliationReport>>> advance();

    /// The run under way as far as it is, or a stored report.
    Task<std::optional<ReconciliationReport>> find(ReconciliationId id);
    /// Newest first, without their differences.
    Task<std::vector<ReconciliationReport>> newest(std::size_t count);

    /// Compares no more accounts from now on: a step that is under way ends with the calls that it has in flight.
    void stop() noexcept { stopped_ = true; }

private:
    struct Account {
        MerchantId merchant;
        AppId appid;
        bool listed = false;
        bool listed_with_token = false;
    };
    struct Run;

    Task<Result<Done>> lookBack();
    Task<Result<std::shared_ptr<Run>>> begin(ReconciliationReport::Trigger trigger,
                                             std::optional<AuditNote> note = std::nullopt);
    Task<Result<Done>> step(Run& run);
    void plan(Run& run, const AuthorizerList::Entries& listed);
    Task<void> checkFrom(Run& run);
    Task<void> check(Run& run, Account account);
    Task<void> restore(Run& run, Account account);
    void tell(Run& run, const Account& account, std::string_view kind, bool mended, std::string detail = {});
    void tellNotChecked(Run& run, const Account& account, const Error& error);
    void tellDifferences(Run& run, const Account& account, const GrantReading& reading);
    Task<Result<ReconciliationReport>> finish(std::shared_ptr<Run> run, std::optional<Error> failure);
    std::shared_ptr<Run> current() const;
    ReconciliationReport viewOf(const Run& run) const;

    TokenKeeper& tokens_;
    GrantKeeper& grants_;
    const AuthorizationStore& authorizations_;
    ReconciliationStore& reports_;
    const Clock& clock_;
    const Settings settings_;
    std::atomic<bool> stepping_{false};
    std::atomic<bool> stopped_{false};
    bool looked_back_ = false;  // at what an earlier process left behind; this and what follows: of the one step
    SteadyTime due_at_{};
    int failures_in_a_row_ = 0;
    mutable std::mutex mutex_;
    std::shared_ptr<Run> run_;  // under `mutex_`, and so is its report
};

}  // namespace tenants
