#include "tenants/authorization/reconciliation.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "tenants/base/concurrently.h"
#include "tenants/base/flag_scope.h"

namespace tenants {

using std::chrono::milliseconds;
using State = ReconciliationReport::State;

struct Reconciliation::Run {
    ReconciliationReport report;  // under the `mutex_` of the class
    bool planned = false;
    std::vector<Account> accounts;
    std::atomic<std::size_t> next{0};
    std::size_t step_ends = 0;
    std::atomic<std::size_t> platform_failures_in_a_row{0};
};

namespace {

constexpr std::string_view kInterrupted = "interrupted";

std::string textOf(const std::set<int>& sets) {
    std::string text;
    for (const int set : sets) text += (text.empty() ? "" : " ") + std::to_string(set);
    return text.empty() ? "none" : text;
}

std::string textOf(const AccountFacts& facts) {
    return std::string{accountKindText(facts.kind)} + (facts.verified ? " verified" : " unverified") + " status " +
           std::to_string(facts.account_status) + " \"" + facts.nick_name + "\"";
}

bool sameFacts(const AccountFacts& one, const AccountFacts& other) {
    return one.kind == other.kind && one.verified == other.verified && one.account_status == other.account_status &&
           one.nick_name == other.nick_name;
}

}  // namespace

std::string_view reconciliationStateText(State state) {
    switch (state) {
        case State::kRunning: return "running";
        case State::kDone: return "done";
        case State::kFailed: return "failed";
    }
    std::abort();  // a value outside the enumeration: memory is damaged
}

std::string_view reconciliationTriggerText(ReconciliationReport::Trigger trigger) {
    switch (trigger) {
        case ReconciliationReport::Trigger::kDaily: return "daily";
        case ReconciliationReport::Trigger::kOperator: return "operator";
    }
    std::abort();  // a value outside the enumeration: memory is damaged
}

Reconciliation::Reconciliation(TokenKeeper& tokens, GrantKeeper& grants, const AuthorizationStore& authorizations,
                               ReconciliationStore& reports, const Clock& clock, Settings settings)
    : tokens_(tokens),
      grants_(grants),
      authorizations_(authorizations),
      reports_(reports),
      clock_(clock),
      settings_(settings) {}

Reconciliation::~Reconciliation() = default;

std::shared_ptr<Reconciliation::Run> Reconciliation::current() const {
    const std::scoped_lock lock{mutex_};
    return run_;
}

ReconciliationReport Reconciliation::viewOf(const Run& run) const {
    const std::scoped_lock lock{mutex_};
    return run.report;
}

Task<Result<ReconciliationReport>> Reconciliation::start(std::optional<AuditNote> note) {
    auto run = co_await begin(ReconciliationReport::Trigger::kOperator, std::move(note));
    if (!run) co_return std::move(run).error();
    co_return viewOf(**run);
}

/// The run that is under way, or a new one, which is stored before it does anything.
Task<Result<std::shared_ptr<Reconciliation::Run>>> Reconciliation::begin(ReconciliationReport::Trigger trigger,
                                                                         std::optional<AuditNote> note) {
    auto run = std::make_shared<Run>();
    run->report.id = ReconciliationId{randomIdText("rec_")};
    run->report.trigger = trigger;
    run->report.started_at = clock_.now();
    {
        const std::scoped_lock lock{mutex_};
        if (run_ != nullptr) co_return run_;
        run_ = run;
    }
    auto saved = co_await reports_.save(viewOf(*run), std::move(note));
    if (saved) co_return run;
    const std::scoped_lock lock{mutex_};
    run_ = nullptr;
    co_return std::move(saved).error();
}

Task<Result<std::optional<ReconciliationReport>>> Reconciliation::advance() {
    std::optional<ReconciliationReport> ended;
    const FlagScope stepping{stepping_};
    if (stopped_ || !stepping.entered()) co_return ended;
    if (!looked_back_) {
        auto looked = co_await lookBack();
        if (!looked) co_return std::move(looked).error();
    }
    std::shared_ptr<Run> run = current();
    if (run == nullptr) {
        if (clock_.steady() < due_at_) co_return ended;
        auto begun = co_await begin(ReconciliationReport::Trigger::kDaily);
        if (!begun) co_return std::move(begun).error();
        run = *std::move(begun);
    }
    auto stepped = co_await step(*run);
    std::optional<Error> failure;
    if (!stepped) failure = std::move(stepped).error();
    if (!failure && (stopped_ || run->next < run->accounts.size())) co_return ended;
    auto finished = co_await finish(std::move(run), std::move(failure));
    if (!finished) co_return std::move(finished).error();
    ended = *std::move(finished);
    co_return ended;
}

/// What an earlier process began and did not end is closed and done again; else the daily run counts from the last that
/// was done.
Task<Result<Done>> Reconciliation::lookBack() {
    std::optional<UtcTime> last_done;
    bool interrupted = false;
    std::vector<ReconciliationReport> reports = co_await reports_.newest(ReconciliationStore::kReportsKept);
    for (ReconciliationReport& report : reports) {
        if (report.state == State::kDone && !last_done) last_done = report.finished_at;
        const auto running = current();
        const bool ours = running != nullptr && viewOf(*running).id == report.id;
        if (report.state != State::kRunning || ours) continue;
        interrupted = true;
        report.state = State::kFailed;
        report.error = kInterrupted;
        report.finished_at = clock_.now();
        auto closed = co_await reports_.save(std::move(report));
        if (!closed) co_return closed;
    }
    // By the wall clock, which may have been set either way since: never later than a whole period from now.
    const milliseconds whole = settings_.every;
    milliseconds left = settings_.first_after;
    if (last_done) left = std::clamp(whole - (clock_.now() - *last_done), milliseconds{0}, whole);
    if (interrupted) left = milliseconds{0};
    due_at_ = clock_.steady() + left;
    looked_back_ = true;
    co_return Done{};
}

Task<Result<Done>> Reconciliation::step(Run& run) {
    if (!run.planned) {
        const auto listed = co_await tokens_.listAuthorizers();
        if (!listed) co_return listed.error();
        plan(run, **listed);
    }
    run.step_ends = std::min(run.next + settings_.per_step, run.accounts.size());
    std::vector<Task<void>> workers;
    for (std::size_t i = 0; i < settings_.at_once; ++i) workers.push_back(checkFrom(run));
    co_await concurrently(std::move(workers));
    if (run.platform_failures_in_a_row >= settings_.at_once) {
        co_return Error{ErrorCode::kUpstreamUnreachable, "WeChat could not be asked."};
    }
    co_return Done{};
}

void Reconciliation::plan(Run& run, const AuthorizerList::Entries& listed) {
    for (const auto& known : authorizations_.expiringBefore(UtcTime::max())) {
        const auto entry = listed.find(known->appid);
        const bool is_listed = entry != listed.end();
        run.accounts.push_back({known->merchant, known->appid, is_listed, is_listed && entry->second != nullptr});
    }
    for (const auto& [appid, refresh_token] : listed) {
        const auto known = authorizations_.findByAppId(appid);
        const Account account{known == nullptr ? MerchantId{} : known->merchant, appid, true, refresh_token != nullptr};
        if (known == nullptr) tell(run, account, difference_kinds::kUnknownAccount, false);
        if (known != nullptr && known->withdrawn) run.accounts.push_back(account);
    }
    std::ranges::sort(run.accounts, {}, &Account::merchant);
    run.planned = true;
    const std::scoped_lock lock{mutex_};
    run.report.listed = static_cast<std::int64_t>(listed.size());
    run.report.to_check = static_cast<std::int64_t>(run.accounts.size());
}

Task<void> Reconciliation::checkFrom(Run& run) {
    while (!stopped_ && run.platform_failures_in_a_row < settings_.at_once) {
        std::size_t mine = run.next;
        do {
            if (mine >= run.step_ends) co_return;
        } while (!run.next.compare_exchange_weak(mine, mine + 1));
        co_await check(run, run.accounts[mine]);
        const std::scoped_lock lock{mutex_};
        ++run.report.checked;
    }
}

Task<void> Reconciliation::check(Run& run, Account account) {
    const auto known = authorizations_.find(account.merchant);
    if (known == nullptr || known->appid != account.appid) co_return;  // it changed since the list was read
    if (known->withdrawn) {
        // One that was withdrawn since is newer than the list; and without a token the code has to be exchanged first.
        const bool may_return = account.listed_with_token && known->changed_at < viewOf(run).started_at;
        if (may_return) co_await restore(run, std::move(account));
        co_return;
    }
    const auto reading = co_await grants_.compareGrants(account.merchant);
    if (reading) {
        run.platform_failures_in_a_row = 0;
        if (!account.listed) tell(run, account, difference_kinds::kNotListed, false);
        tellDifferences(run, account, *reading);
        co_return;
    }
    const auto now = authorizations_.find(account.merchant);
    if (now != nullptr && now->withdrawn) {
        run.platform_failures_in_a_row = 0;
        tell(run, account, difference_kinds::kWithdrawn, true, account.listed ? "although listed" : "");
        co_return;
    }
    tellNotChecked(run, account, reading.error());
}

Task<void> Reconciliation::restore(Run& run, Account account) {
    const auto reading = co_await grants_.restoreGrants(account.merchant);
    if (reading) {
        tell(run, account, difference_kinds::kRestored, true);
        tellDifferences(run, account, *reading);
    } else if (reading.error().code != ErrorCode::kMerchantNotAuthorized) {
        tellNotChecked(run, account, reading.error());
    }
}

void Reconciliation::tellNotChecked(Run& run, const Account& account, const Error& error) {
    const RefreshTrouble trouble = troubleOf(error);
    if (trouble.of_platform) ++run.platform_failures_in_a_row;
    tell(run, account, difference_kinds::kNotChecked, false, std::string{trouble.text});
}

void Reconciliation::tellDifferences(Run& run, const Account& account, const GrantReading& reading) {
    const Authorization& before = *reading.before;
    const Authorization& after = *reading.after;
    if (!sameSecret(before.refresh_token, after.refresh_token)) {
        tell(run, account, difference_kinds::kRefreshToken, true,
             before.refresh_token == nullptr ? "was missing" : "was another one");
    }
    if (before.granted_sets != after.granted_sets) {
        tell(run, account, difference_kinds::kGrantedSets, true,
             textOf(before.granted_sets) + " -> " + textOf(after.granted_sets));
    }
    if (!sameFacts(before.account, after.account)) {
        tell(run, account, difference_kinds::kAccount, true, textOf(before.account) + " -> " + textOf(after.account));
    }
    if (!after.allowsOcr()) {
        tell(run, account, difference_kinds::kPermission117Missing, false);
    } else if (!after.account.eligibleForOcr()) {
        tell(run, account, difference_kinds::kNotEligible, false, textOf(after.account));
    }
}

void Reconciliation::tell(Run& run, const Account& account, std::string_view kind, bool mended, std::string detail) {
    const std::scoped_lock lock{mutex_};
    ++run.report.differences_total;
    if (run.report.differences.size() >= ReconciliationReport::kDifferencesKept) return;
    run.report.differences.push_back({account.appid, account.merchant, std::string{kind}, mended, std::move(detail)});
}

Task<Result<ReconciliationReport>> Reconciliation::finish(std::shared_ptr<Run> run, std::optional<Error> failure) {
    ReconciliationReport report = viewOf(*run);
    report.state = failure ? State::kFailed : State::kDone;
    if (failure) report.error = troubleOf(*failure).text;
    report.finished_at = clock_.now();
    failures_in_a_row_ = failure ? failures_in_a_row_ + 1 : 0;
    const milliseconds until_next =
        failure ? settings_.pause_after_failure.pause(failures_in_a_row_, 0) : milliseconds{settings_.every};
    due_at_ = clock_.steady() + until_next;
    auto saved = co_await reports_.save(report);
    {
        const std::scoped_lock lock{mutex_};
        run_ = nullptr;
    }
    if (!saved) co_return std::move(saved).error();
    co_return report;
}

Task<std::optional<ReconciliationReport>> Reconciliation::find(ReconciliationId id) {
    if (const auto run = current(); run != nullptr) {
        ReconciliationReport view = viewOf(*run);
        if (view.id == id) co_return view;
    }
    co_return co_await reports_.find(std::move(id));
}

Task<std::vector<ReconciliationReport>> Reconciliation::newest(std::size_t count) {
    co_return co_await reports_.newest(count);
}

}  // namespace tenants
